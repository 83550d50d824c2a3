"""The servers that share an operations table: which of them run, and which tables they change."""
