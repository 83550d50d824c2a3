"""Poll loops that any number of watchers share, and the outages of endpoints."""
