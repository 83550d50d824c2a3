"""The log of the server on standard error."""
