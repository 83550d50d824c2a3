"""Which background calls go first."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import BackgroundCalls, Endpoint
from tableadmin_server.dynamodb.poll_order import PollPriority, Urgency
from tests.server.harness.scripted_endpoint import Held, serving

POOL = 2


@contextmanager
def slow() -> Iterator[tuple[Held, BackgroundCalls, list[str]]]:
    """An endpoint that answers once it is released, its background calls, and the tables that were read."""
    held, read = Held(), list[str]()
    with serving(held) as scripted:
        config = EndpointConfig(
            endpoint_url=scripted.url,
            region="us-west-2",
            pool_size=POOL,
            operations_table="",
            background_calls_per_second=10_000,
        )
        with closing(Endpoint("slow", config)) as endpoint:
            yield held, endpoint.background, read
        read += [json.loads(each.body)["TableName"] for each in scripted.seen]


async def waiting(background: BackgroundCalls, count: int) -> None:
    """Wait until COUNT calls wait behind those in the slots."""
    async with asyncio.timeout(60):
        while background._slots.waiting < count:  # noqa: ASYNC110  # no event says so
            await asyncio.sleep(0.01)


async def test_a_plan_does_not_wait_for_polls() -> None:
    """At an endpoint slower than its budget, a plan waits for the polls in the slots, and one more."""
    with slow() as (held, background, read):
        polls = [
            background.poll("DescribeTable", {"TableName": f"Polled{n}"}, PollPriority()) for n in range(50)
        ]
        tasks = [asyncio.create_task(each) for each in polls]
        for _ in range(POOL):
            await asyncio.to_thread(held.wait)
        await waiting(background, 50 - POOL)
        tasks.append(asyncio.create_task(background.call("DescribeTable", {"TableName": "Planned"})))
        await waiting(background, 51 - POOL)
        held.release()
        await asyncio.gather(*tasks)
    assert read.index("Planned") <= POOL + 1
    assert 51 == len(read)


@pytest.mark.parametrize("urgency", [Urgency.CHANGED, Urgency.AWAITED])
async def test_a_raised_poll_does_not_wait_for_others(urgency: Urgency) -> None:
    """A poll that becomes urgent while it waits goes next after those in the slots."""
    with slow() as (held, background, read):
        priorities = [PollPriority() for _ in range(50)]
        polls = [
            background.poll("DescribeTable", {"TableName": f"Polled{n}"}, priority)
            for n, priority in enumerate(priorities)
        ]
        tasks = [asyncio.create_task(each) for each in polls]
        for _ in range(POOL):
            await asyncio.to_thread(held.wait)
        await waiting(background, 50 - POOL)
        priorities[-1].raise_to(urgency)
        held.release()
        await asyncio.gather(*tasks)
    assert read.index("Polled49") <= POOL + 1
    assert 50 == len(read)
