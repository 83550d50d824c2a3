"""The operations table: the format of its items, and conditional writes and consistent reads of them."""
