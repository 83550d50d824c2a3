"""A whole server in the process of the test, so that the boto3 client behind it can be got at."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc
from botocore.client import BaseClient
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tableadmin_server.config import EndpointConfig, ServerConfig
from tableadmin_server.server import Server
from tests.parity import CONTRACT

# Nothing listens at port 9 of this machine: what would leave the process fails.
NOWHERE = "http://127.0.0.1:9"


class InProcess:
    """A server's channel, and the boto3 clients of its endpoints by name."""

    def __init__(self, channel: grpc.aio.Channel, boto3: Mapping[str, BaseClient]) -> None:
        self._channel = channel
        self.boto3 = boto3

    async def call(
        self, method: MethodDescriptor, request: Message, endpoint: str
    ) -> tuple[Message, dict[str, str | bytes]]:
        """The answer of METHOD to REQUEST at ENDPOINT, over the wire, and its trailing metadata."""
        path = f"/{CONTRACT.full_name}/{method.name}"
        rpc = self._channel.unary_unary(
            path,
            request_serializer=type(request).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        call = rpc(request, timeout=60, metadata=(("tableadmin-endpoint", endpoint),))
        response: Message = await call
        return response, dict(await call.trailing_metadata())


@asynccontextmanager
async def serving(endpoints: dict[str, EndpointConfig]) -> AsyncIterator[InProcess]:
    """A server of ENDPOINTS, the first of them the default, on a free port, with a channel to it."""
    server = Server(
        ServerConfig(
            listen="127.0.0.1:0", grace_period=0, default_endpoint=next(iter(endpoints)), endpoints=endpoints
        )
    )
    await server.start()
    try:
        async with grpc.aio.insecure_channel(server.address) as channel:
            yield InProcess(
                channel, {name: server._endpoints.named(name)._calls._client for name in endpoints}
            )
    finally:
        await server.drain()
