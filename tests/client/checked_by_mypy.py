"""The types of the clients' methods: mypy reads this, and fails if a type is not as it says."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import assert_type

from tableadmin import Client, Operations, aio, v1
from tableadmin.streams.stream import Stream

RUNNING = v1.OperationState.OPERATION_STATE_RUNNING
SETTLED = v1.WaitCondition.WAIT_CONDITION_SETTLED


def sync_types(client: Client) -> None:
    """Each method takes its own request or the fields of it, and returns its own response."""
    assert_type(client.describe_table(table_name="Music"), v1.DescribeTableResponse)
    assert_type(client.describe_table(v1.DescribeTableRequest(), timeout=3), v1.DescribeTableResponse)
    assert_type(client.describe_table(table_name="Music", timeout=3), v1.DescribeTableResponse)
    assert_type(client.list_tables(limit=7), v1.ListTablesResponse)
    assert_type(client.with_options(timeout=None, endpoint="staging"), Client)
    assert_type(client.watch(prefix="M"), Stream[v1.WatchEvent])
    assert_type(client.wait(SETTLED, table_name="Music", timeout=3), Stream[v1.WaitResponse])
    assert_type(client.wait_for(SETTLED, table_name="Music"), v1.WaitResponse)
    assert_type(client.apply([v1.TableSpec()], fingerprints={"Music": ""}), Operations)
    assert_type(client.operations(["id"]), Operations)
    assert_type(list(client.operations(["id"])), list[v1.Operation])
    assert_type(client.operations(["id"]).result(timeout=3), list[v1.Operation])
    assert_type(client.operations(["id"]).latest, list[v1.Operation])
    assert_type(client.get_operation("id"), v1.Operation)
    assert_type(client.list_operations(states=[RUNNING], page_size=7), Iterator[v1.Operation])
    client.apply(["Music"])  # type: ignore[list-item] # a name is no spec
    client.watch(names=["Music"])  # type: ignore[call-arg] # that is no field of WatchRequest
    client.describe_table(table_name=3)  # type: ignore[call-overload] # a name is text
    client.describe_table(limit=7)  # type: ignore[call-overload] # that is a field of ListTablesRequest
    client.describe_table(v1.ListTablesRequest())  # type: ignore[call-overload] # another RPC's request
    client.with_options(limit=7)  # type: ignore[call-arg] # not an option


async def async_types(client: aio.Client) -> None:
    """The same, awaited."""
    assert_type(await client.describe_table(table_name="Music"), v1.DescribeTableResponse)
    assert_type(await client.describe_table(v1.DescribeTableRequest(), timeout=3), v1.DescribeTableResponse)
    assert_type(client.with_options(timeout=None, endpoint="staging"), aio.Client)
    assert_type(client.watch(prefix="M"), AsyncGenerator[v1.WatchEvent])
    assert_type(await client.wait_for(SETTLED, table_name="Music"), v1.WaitResponse)
    assert_type(await client.apply([v1.TableSpec()], fingerprints={"Music": ""}), aio.Operations)
    assert_type(client.operations(["id"]), aio.Operations)
    assert_type([each async for each in client.operations(["id"])], list[v1.Operation])
    assert_type(await client.operations(["id"]).result(timeout=3), list[v1.Operation])
    assert_type(await client.cancel_operation("id"), v1.Operation)
    assert_type(client.list_operations(table_name="Music"), AsyncIterator[v1.Operation])
    await client.describe_table(limit=7)  # type: ignore[call-overload] # that is a field of ListTablesRequest
