"""Durable operations: they bring tables to their specs, also if the caller disconnects or a server stops.

An operation is a reconcile loop, not a script: it reads the table, plans, makes the first call, waits until
the table has settled, and repeats this until the plan is empty. A crash needs no recovery: the server that
takes over runs the same loop.
"""
