"""What ends the start of a server whose configuration is wrong."""


class ConfigError(Exception):
    """A configuration that can't be served: the message names the key and says what is wrong with it."""
