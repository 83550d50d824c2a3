"""The servers that share an operations table: which ones run, and what they change."""
