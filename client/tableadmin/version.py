"""The version of this distribution; a constant, because looking it up costs more than a call."""

__version__ = "0.1.0"
