"""Watches and waits. Any number of callers share the poll loops of an endpoint."""
