"""The operations table: the format of its items, conditional writes and consistent reads."""
