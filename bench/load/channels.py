"""Channels of the clients that make load, in the clear or with mutual TLS."""

from collections.abc import Sequence
from typing import NamedTuple

import grpc

from tableadmin.channel import channel_options, is_balanced


class ClientFiles(NamedTuple):
    """What a client trusts and proves itself with, in PEM."""

    ca: bytes
    key: bytes
    cert: bytes


def channel(
    address: str, files: ClientFiles | None, options: Sequence[tuple[str, int]] = ()
) -> grpc.aio.Channel:
    """A channel to ADDRESS, with mutual TLS where there are FILES; the client's own if there are several."""
    if is_balanced(address):
        return grpc.aio.insecure_channel(address, options=channel_options(address))
    if files is None:
        return grpc.aio.insecure_channel(address, options=options)
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(*files), options=options)
