"""The program: the root command, settings, confirmation, and exit codes."""
