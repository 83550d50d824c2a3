"""The listeners of the server: a gRPC server for each address, all with the same services."""


class ListenError(Exception):
    """The server can't listen at an address. The message has the address and the cause."""
