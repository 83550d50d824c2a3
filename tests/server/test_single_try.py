"""The calls with which operations change tables: tried once, while they are wanted, within the budget."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.single_try import Unwanted
from tableadmin_server.failure import Failure
from tests.server.scripted_endpoint import ScriptedEndpoint, error, serving

PARAMS: AwsDict = {"TableName": "Music", "TableClass": "STANDARD"}


@pytest.fixture
def scripted() -> Iterator[ScriptedEndpoint]:
    """An endpoint of the test's own."""
    with serving() as endpoint:
        yield endpoint


@asynccontextmanager
async def changing(
    scripted: ScriptedEndpoint, rate: float = 1000.0
) -> AsyncIterator[Callable[[Callable[[], bool]], "asyncio.Task[object]"]]:
    """Begin a change of the endpoint, which may take RATE background calls a second, if it is wanted."""
    config = EndpointConfig(
        endpoint_url=scripted.url, region="us-west-2", background_calls_per_second=rate, max_attempts=3
    )
    endpoint = Endpoint("scripted", config)
    try:
        yield lambda wanted: asyncio.ensure_future(endpoint.single_call("UpdateTable", PARAMS, wanted))
    finally:
        endpoint.close()


async def test_wanted(scripted: ScriptedEndpoint) -> None:
    """A change that is wanted is made, and asked about in the thread that makes it."""
    async with changing(scripted) as change:
        await change(lambda: True)
    assert ["UpdateTable"] == [seen.operation for seen in scripted.seen]


async def test_unwanted(scripted: ScriptedEndpoint) -> None:
    """A change that is not wanted any more is not sent."""
    async with changing(scripted) as change:
        with pytest.raises(Unwanted):
            await change(lambda: False)
    assert [] == scripted.seen


@pytest.mark.parametrize("code", ["InternalServerError", "ThrottlingException"])
async def test_tried_once(scripted: ScriptedEndpoint, code: str) -> None:
    """What botocore would try again is not: by then the change may not be wanted."""
    scripted.step = error(code, status=500 if code == "InternalServerError" else 400)
    async with changing(scripted) as change:
        with pytest.raises(Failure) as raised:
            await change(lambda: True)
    assert raised.value.code in {Code.INTERNAL, Code.RESOURCE_EXHAUSTED}
    assert 1 == len(scripted.seen)


async def test_within_the_budget(scripted: ScriptedEndpoint) -> None:
    """Changes share the budget of calls a second that polls and plans have."""
    async with changing(scripted, rate=10) as change:
        begin = time.monotonic()
        await asyncio.gather(*(change(lambda: True) for _ in range(15)))
        # Ten at once, for the second before, and five spaced.
        assert 0.4 <= time.monotonic() - begin
