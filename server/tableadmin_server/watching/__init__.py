"""Watching and waiting: poll loops that any number of callers share, and what follows from what they saw."""
