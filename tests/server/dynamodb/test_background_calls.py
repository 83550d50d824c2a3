"""Which background calls go first."""

import asyncio
import json
from contextlib import closing

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tests.server.harness.scripted_endpoint import Held, serving

POOL = 2


async def test_a_plan_does_not_wait_for_polls() -> None:
    """At an endpoint slower than its budget, a plan waits for at most as many polls as there are slots."""
    held = Held()
    with serving(held) as scripted:
        config = EndpointConfig(
            endpoint_url=scripted.url,
            region="us-west-2",
            pool_size=POOL,
            operations_table="",
            background_calls_per_second=10_000,
        )
        with closing(Endpoint("slow", config)) as endpoint:
            background = endpoint.background
            calls = [background.poll("DescribeTable", {"TableName": f"Polled{n}"}) for n in range(50)]
            tasks = [asyncio.create_task(each) for each in calls]
            for _ in range(POOL):
                await asyncio.to_thread(held.wait)
            tasks.append(asyncio.create_task(background.call("DescribeTable", {"TableName": "Planned"})))
            async with asyncio.timeout(30):
                # Of the waiting calls the queue holds as many polls as there are slots, and the plan's.
                while background._under_way.held < 2 * POOL + 1:  # noqa: ASYNC110  # no event says so
                    await asyncio.sleep(0.01)
            held.release()
            await asyncio.gather(*tasks)
        order = [json.loads(each.body)["TableName"] for each in scripted.seen]
    assert order.index("Planned") <= 2 * POOL
    assert 51 == len(order)
