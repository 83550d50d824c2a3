"""The addresses that the server listens at, each a gRPC server of its own in front of the same services."""


class ListenError(Exception):
    """The address can't be listened at; the message says which and why."""
