"""The version of this distribution. A constant, because reading the metadata takes longer than a call."""

__version__ = "0.1.0"
