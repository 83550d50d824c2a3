"""Servers in the process of a test, in front of a real engine."""

import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import UpdateTableRequest
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin_server.config import EndpointConfig, ServerConfig
from tableadmin_server.dynamodb.endpoint import Answer, Endpoint
from tableadmin_server.operations.membership import membership
from tableadmin_server.operations.storage.store import Store
from tableadmin_server.server import Server
from tests.engines import Engine
from tests.engines.engine import REGION
from tests.watching.harness.wire import channel

# Seconds between signs of life: fewer, so that tests need not wait for them.
BEAT_INTERVAL = 1.0


@dataclass
class Running:
    """A server in the process of the test, its endpoint, and a count of its calls of the endpoint."""

    server: Server
    endpoint: Endpoint
    calls: Counter[str]
    # Seconds of all calls together.
    seconds: defaultdict[str, float]

    @property
    def live_servers(self) -> int:
        """The servers that it knows to run."""
        return self.server._operations.of(self.endpoint).live_servers

    @property
    def says_that_it_watches(self) -> bool:
        """Whether its item says that it has streams."""
        return self.server._operations.of(self.endpoint)._membership._watches

    async def protect(self, table: str, *, enabled: bool) -> None:
        """Change TABLE through the server."""
        async with channel(self.server.address) as connection:
            request = UpdateTableRequest(table_name=table, deletion_protection_enabled=enabled)
            await TableAdminStub(connection).UpdateTable(request, timeout=60)


def config_of(engine: Engine, own_table: str) -> EndpointConfig:
    """The engine as an endpoint."""
    return EndpointConfig(endpoint_url=engine.url, region=REGION, operations_table=own_table)


@asynccontextmanager
async def running(
    engine: Engine, own_table: str, beat_interval: float = BEAT_INTERVAL
) -> AsyncIterator[Running]:
    """A server in front of ENGINE."""
    config = ServerConfig(
        listen="127.0.0.1:0", grace_period=1, endpoints={"default": config_of(engine, own_table)}
    )
    server = Server(config)
    endpoint = server._endpoints.named("default")
    calls: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endpoint, "call", counting(endpoint.call, calls, seconds))
        patch.setattr(membership, "BEAT_INTERVAL", beat_interval)
        await server.start()
        try:
            yield Running(server, endpoint, calls, seconds)
        finally:
            await server.drain()


def counting(
    call: Callable[..., Awaitable[Answer]], calls: Counter[str], seconds: dict[str, float]
) -> Callable[..., Awaitable[Answer]]:
    """CALL, which counts operations and their seconds."""

    async def counted(operation: str, params: AwsDict, *arguments: object) -> Answer:
        calls[operation] += 1
        began = time.monotonic()
        try:
            return await call(operation, params, *arguments)
        finally:
            seconds[operation] += time.monotonic() - began

    return counted


async def with_own_table(engine: Engine, name: str) -> str:
    """NAME, which is an operations table from now on."""
    endpoint = Endpoint("own", config_of(engine, name))
    await Store(endpoint).ensure()
    endpoint.close()
    return name


def create(engine: Engine, name: str) -> None:
    """Make a table."""
    engine.boto3().create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
