"""The subcommands of `tableadmin-server`."""
