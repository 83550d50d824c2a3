"""The files of tools that describe tables among much else, each in a module of its own."""
