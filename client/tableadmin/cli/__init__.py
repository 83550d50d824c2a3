"""The command line, tablectl."""
