"""The commands of `tableadmin-server` beside serving."""
