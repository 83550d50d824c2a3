"""The reconcile loop of one operation, the lease under which it runs, and the decisions it makes."""
