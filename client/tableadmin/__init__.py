"""Client of the Table Admin service."""
