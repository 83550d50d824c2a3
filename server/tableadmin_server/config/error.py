"""The error of an invalid configuration."""


class ConfigError(Exception):
    """The configuration is invalid. The message has the key and the problem."""
