"""The reconcile loop of one operation, its lease, and its decisions."""
