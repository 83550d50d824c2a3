"""Watching and waiting through a server, on real engines."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import grpc
import pytest
from botocore.exceptions import ClientError
from google.protobuf.duration_pb2 import Duration

from tableadmin.v1 import (
    DeleteTableRequest,
    ProvisionedThroughput,
    TablePart,
    UpdateTableRequest,
    WaitCondition,
    WaitRequest,
    WaitResponse,
    WatchEvent,
    WatchRequest,
)
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tests.engines import Engine, EngineUnavailable, dynalite, dynamodb_local
from tests.engines.fixtures import unavailable
from tests.measuring import async_first_that
from tests.server_process import ServerProcess, running_server
from tests.watching.harness.wire import (
    Stream,
    channel,
    complete,
    connected,
    each_event,
    events,
    outcome,
    reading,
    until,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIVE = WaitCondition.WAIT_CONDITION_TABLE_ACTIVE
DELETED = WaitCondition.WAIT_CONDITION_TABLE_DELETED
SETTLED = WaitCondition.WAIT_CONDITION_SETTLED

StartServer = Callable[[Engine], ServerProcess]


@pytest.fixture(scope="module")
def slow() -> Iterator[Engine]:
    """A dynalite whose tables take their time."""
    try:
        with dynalite(create_table_ms=3000, update_table_ms=3000, delete_table_ms=3000) as engine:
            yield engine
    except EngineUnavailable as error:
        unavailable(error)


@pytest.fixture
def table(engine: Engine, table_name: str) -> Iterator[str]:
    """A table of each engine in turn."""
    yield from made(engine, table_name)


@pytest.fixture(scope="module")
def slow_server(slow: Engine, start_server: StartServer) -> ServerProcess:
    """A server in front of it."""
    return start_server(slow)


@pytest.fixture
def slow_table(slow: Engine, slow_server: ServerProcess, table_name: str) -> Iterator[str]:
    """A table that is CREATING still."""
    del slow_server  # which is not to start meanwhile
    yield from made(slow, table_name)


def made(engine: Engine, name: str) -> Iterator[str]:
    """The table NAME, until it is deleted."""
    boto3 = engine.boto3()
    create(boto3, name)
    yield name
    with suppress(ClientError):  # it is deleted, or going
        boto3.delete_table(TableName=name)


def create(boto3: "DynamoDBClient", name: str) -> None:
    """Create a table with a key of one attribute."""
    boto3.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )


def throughput(name: str, units: int) -> UpdateTableRequest:
    """A change that every engine can make."""
    return UpdateTableRequest(
        table_name=name,
        provisioned_throughput=ProvisionedThroughput(read_capacity_units=units, write_capacity_units=1),
    )


def units(stream: Stream[WatchEvent]) -> int:
    """The read capacity units in the newest event."""
    return stream.responses[-1].table.state.table.provisioned_throughput.read_capacity_units


async def test_wait_for_a_table(engine: Engine, server: ServerProcess, table: str) -> None:
    """A wait for ACTIVE ends OK with the table, and one for its end when it is deleted."""
    async with connected(server.address) as stub:
        stream = await outcome(stub.Wait(WaitRequest(condition=ACTIVE, table_name=table), timeout=60))
        assert grpc.StatusCode.OK == stream.code
        assert (True, table) == (stream.responses[-1].done, stream.responses[-1].table.table.table_name)
        async with reading(stub.Wait(WaitRequest(condition=DELETED, table_name=table), timeout=60)) as end:
            await until(lambda: end.responses)
            assert ["table: ACTIVE"] == list(end.responses[0].pending)
            engine.boto3().delete_table(TableName=table)
            await until(lambda: end.ended)
        assert grpc.StatusCode.OK == end.code
        assert end.responses[-1].done


async def test_life_of_a_table(engine: Engine, server: ServerProcess, table_name: str) -> None:
    """A table that is made, changed and deleted: watches by name and by prefix are told of each."""
    async with (
        channel(server.address) as connection,
        connected(server.address) as stub,
        reading(each_event(stub.Watch(WatchRequest(table_names=[table_name])))) as by_name,
        reading(each_event(stub.Watch(WatchRequest(prefix=table_name[:-1])))) as by_prefix,
    ):
        tables = TableAdminStub(connection)
        settled = WaitRequest(condition=SETTLED, table_name=table_name)
        await until(lambda: complete(by_name) and complete(by_prefix))
        await asyncio.to_thread(create, engine.boto3(), table_name)
        await outcome(stub.Wait(settled))
        # Behind the service's back: the names are looked at again when it is their turn.
        await until(lambda: "created" in events(by_name) and "created" in events(by_prefix), 60)
        await tables.UpdateTable(throughput(table_name, 7))
        await until(lambda: units(by_name) == 7 == units(by_prefix))
        await outcome(stub.Wait(settled))
        await tables.DeleteTable(DeleteTableRequest(table_name=table_name))
        await until(lambda: events(by_name)[-1] == "deleted" == events(by_prefix)[-1])
    assert ["deleted", "created"] == events(by_name)[:2]
    assert "created" == events(by_prefix)[0]


async def test_what_is_written_through_the_service_is_told_at_once(
    start_engine: Callable[[str], Engine], start_server: StartServer, table_name: str
) -> None:
    """When a table has been still for long, a change through the service is told in a moment."""
    engine = start_engine("dynamodb-local")
    create(engine.boto3(), table_name)
    address = start_server(engine).address
    async with (
        channel(address) as connection,
        connected(address) as stub,
        reading(each_event(stub.Watch(WatchRequest(table_names=[table_name])))) as stream,
    ):
        wanted = count(7)

        async def seconds() -> float:
            await asyncio.sleep(4)  # by now more than a second passes between two looks
            changed = next(wanted)
            await TableAdminStub(connection).UpdateTable(throughput(table_name, changed))
            return await until(lambda: units(stream) == changed)

        assert 0.5 > await async_first_that(seconds, lambda taken: taken < 0.5)
    engine.boto3().delete_table(TableName=table_name)


async def test_transitions(slow: Engine, slow_server: ServerProcess, slow_table: str) -> None:
    """A wait tells of the statuses that a table goes through, and so does a watch."""
    async with (
        connected(slow_server.address) as stub,
        reading(each_event(stub.Watch(WatchRequest(table_names=[slow_table])))) as watch,
    ):
        wait = await outcome(stub.Wait(WaitRequest(condition=ACTIVE, table_name=slow_table)))
        assert [["table: CREATING"], []] == [list(response.pending) for response in wait.responses]
        slow.boto3().delete_table(TableName=slow_table)
        end = await outcome(stub.Wait(WaitRequest(condition=DELETED, table_name=slow_table)))
        assert [["table: DELETING"], []] == [list(response.pending) for response in end.responses]
        await until(lambda: events(watch)[-1] == "deleted")
        assert ["snapshot", "changed", "changed", "deleted"] == events(watch)


async def test_deleted_while_waited_for(slow: Engine, slow_server: ServerProcess, slow_table: str) -> None:
    """A wait ends in FAILED_PRECONDITION when the table goes before what it is waited for has come."""
    # A stream: a table that is not ACTIVE yet, or not again, can not be deleted.
    async with connected(slow_server.address) as stub:
        await outcome(stub.Wait(WaitRequest(condition=ACTIVE, table_name=slow_table)))
        request = WaitRequest(condition=WaitCondition.WAIT_CONDITION_STREAM_ENABLED, table_name=slow_table)
        async with reading(stub.Wait(request)) as wait:
            await until(lambda: wait.responses)
            assert ["stream: disabled"] == list(wait.responses[0].pending)
            slow.boto3().delete_table(TableName=slow_table)
            await until(lambda: wait.ended)
    assert (grpc.StatusCode.FAILED_PRECONDITION, "CONDITION_IMPOSSIBLE") == (wait.code, wait.reason)


@pytest.fixture
def slow_to_build() -> Iterator[Engine]:
    """DynamoDB Local, in which the building of an index takes seconds; else it may be over at once."""
    try:
        with dynamodb_local(delay_transient_statuses=True) as engine:
            yield engine
    except EngineUnavailable as error:
        unavailable(error)


async def test_index_build(slow_to_build: Engine, table_name: str) -> None:
    """The building of an index is waited for; a table that is ACTIVE all along is settled only then."""
    boto3 = slow_to_build.boto3()
    create(boto3, table_name)
    flags = ("--endpoint-url", slow_to_build.url, "--region", "us-west-2")
    with running_server(*flags) as server:
        await assert_index_build_is_waited_for(server.address, boto3, table_name)


async def assert_index_build_is_waited_for(address: str, boto3: "DynamoDBClient", table_name: str) -> None:
    """Build an index of the table, and see what waits for it show."""
    async with connected(address) as stub:
        boto3.update_table(
            TableName=table_name,
            AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "ByX",
                        "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    }
                }
            ],
        )
        streams = await asyncio.gather(
            *(
                outcome(stub.Wait(WaitRequest(condition=condition, table_name=table_name, index_name="ByX")))
                for condition in (
                    WaitCondition.WAIT_CONDITION_INDEX_ACTIVE,
                    WaitCondition.WAIT_CONDITION_INDEXES_ACTIVE,
                    SETTLED,
                )
            )
        )
        for stream in streams:
            assert grpc.StatusCode.OK == stream.code
            assert "index ByX: CREATING" in stream.responses[0].pending[0]
            assert ([], True) == (list(stream.responses[-1].pending), stream.responses[-1].done)


async def test_recovery_backup_export_and_import(
    start_engine: Callable[[str], Engine], start_server: StartServer, table_name: str
) -> None:
    """Recovery, a backup, an export and an import are waited for, each with its description in the end."""
    engine = start_engine("ministack")
    boto3 = engine.boto3()
    create(boto3, table_name)
    arn = boto3.describe_table(TableName=table_name)["Table"]["TableArn"]
    async with connected(start_server(engine).address) as stub:
        recovery = WaitRequest(
            condition=WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED, table_name=table_name
        )
        async with reading(stub.Wait(recovery)) as stream:
            await until(lambda: stream.responses)
            assert ["point-in-time recovery: DISABLED"] == list(stream.responses[0].pending)
            boto3.update_continuous_backups(
                TableName=table_name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
            await until(lambda: stream.ended)
            assert grpc.StatusCode.OK == stream.code
        backup = boto3.create_backup(TableName=table_name, BackupName="before")["BackupDetails"]["BackupArn"]
        export = boto3.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")["ExportDescription"]
        done = await outcome(
            stub.Wait(WaitRequest(condition=WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE, arn=backup))
        )
        assert backup == done.responses[-1].backup.backup_details.backup_arn
        done = await outcome(
            stub.Wait(
                WaitRequest(condition=WaitCondition.WAIT_CONDITION_EXPORT_COMPLETED, arn=export["ExportArn"]),
                timeout=60,
            )
        )
        assert export["ExportArn"] == done.responses[-1].export.export_arn
        assert grpc.StatusCode.OK == done.code
        imported = boto3.import_table(
            S3BucketSource={"S3Bucket": "bucket"},
            InputFormat="DYNAMODB_JSON",
            TableCreationParameters={
                "TableName": f"{table_name}-imported",
                "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )["ImportTableDescription"]["ImportArn"]
        done = await outcome(
            stub.Wait(
                WaitRequest(condition=WaitCondition.WAIT_CONDITION_IMPORT_COMPLETED, arn=imported),
                timeout=60,
            )
        )
        assert imported == getattr(done.responses[-1], "import").import_arn
        assert grpc.StatusCode.OK == done.code
    boto3.delete_table(TableName=f"{table_name}-imported")
    boto3.delete_table(TableName=table_name)


async def test_nothing_to_wait_for(embedded_server: ServerProcess, table_name: str) -> None:
    """A wait for what is not there ends in NOT_FOUND within some two seconds; for its end it is done."""
    async with connected(embedded_server.address) as stub:

        async def waited() -> tuple[float, Stream[WaitResponse]]:
            async with reading(stub.Wait(WaitRequest(condition=ACTIVE, table_name=table_name))) as wait:
                return await until(lambda: wait.ended), wait

        seconds, stream = await async_first_that(waited, lambda each: each[0] < 3.0)
        assert seconds < 3.0
        assert (grpc.StatusCode.NOT_FOUND, "NOTHING_TO_WAIT_FOR") == (stream.code, stream.reason)
        stream = await outcome(stub.Wait(WaitRequest(condition=DELETED, table_name=table_name)))
        assert grpc.StatusCode.OK == stream.code


async def test_deadline_and_heartbeat(engine: Engine, server: ServerProcess, table: str) -> None:
    """At the caller's deadline a wait ends with the last state; until then heartbeats say it is alive."""
    del engine
    request = WaitRequest(condition=DELETED, table_name=table, heartbeat_interval=Duration(seconds=1))
    async with connected(server.address) as stub:
        await outcome(stub.Wait(WaitRequest(condition=ACTIVE, table_name=table)))

        async def waited() -> Stream[WaitResponse]:
            return await outcome(stub.Wait(request, timeout=1.6))

        # A busy machine delays single responses, and the last one past the deadline.
        stream = await async_first_that(waited, lambda each: each.is_explained and 2 == len(each.responses))
    assert grpc.StatusCode.DEADLINE_EXCEEDED == stream.code
    assert "WAIT_DEADLINE_EXCEEDED" == stream.reason
    assert ["table: ACTIVE"] == list(stream.last.pending)
    assert table == stream.last.table.table.table_name
    assert 2 == len(stream.responses)


async def test_inventory(engine: Engine, server: ServerProcess, table: str) -> None:
    """An inventory has each table with every part the endpoint has, names the others, and ends."""
    async with connected(server.address) as stub:
        request = WatchRequest(prefix=table, snapshot_only=True)
        stream = await outcome(each_event(stub.Watch(request, timeout=60)))
    assert grpc.StatusCode.OK == stream.code
    assert ["snapshot"] == events(stream)
    assert stream.responses[-1].HasField("checkpoint")
    state = stream.responses[0].table.state
    assert table == state.table.table_name
    assert state.HasField("time_to_live")
    lacking = {
        "ministack": [],
        "dynamodb-local": [TablePart.TABLE_PART_CONTINUOUS_BACKUPS, TablePart.TABLE_PART_TAGS],
        "dynalite": [TablePart.TABLE_PART_CONTINUOUS_BACKUPS],
    }
    assert lacking[engine.name] == list(state.unsupported_parts)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (WatchRequest(), "table_names"),
        (WatchRequest(table_names=["Music"], all_tables=True), "table_names"),
        (WatchRequest(prefix="M", all_tables=True), "table_names"),
        (WatchRequest(all_tables=True, parts=[TablePart.TABLE_PART_UNSPECIFIED]), "parts"),
        (WatchRequest(all_tables=True, parts=[99]), "parts"),  # type: ignore[list-item]  # there is none
        (
            WatchRequest(all_tables=True, checkpoint_interval=Duration(nanos=999_999_999)),
            "checkpoint_interval",
        ),
        (WatchRequest(all_tables=True, checkpoint_interval=Duration(seconds=3601)), "checkpoint_interval"),
        (WatchRequest(all_tables=True, checkpoint_interval=Duration(seconds=-1)), "checkpoint_interval"),
        (WaitRequest(), "condition"),
        (WaitRequest(condition=ACTIVE), "table_name"),
        (
            WaitRequest(condition=ACTIVE, table_name="Music", heartbeat_interval=Duration()),
            "heartbeat_interval",
        ),
    ],
)
async def test_bad_requests(
    embedded_server: ServerProcess, request_: WatchRequest | WaitRequest, field: str
) -> None:
    """A request that makes no sense is INVALID_ARGUMENT, and the message names the field."""
    async with connected(embedded_server.address) as stub:
        stream: Stream[WatchEvent] | Stream[WaitResponse]
        if isinstance(request_, WatchRequest):
            stream = await outcome(each_event(stub.Watch(request_, timeout=60)))
        else:
            stream = await outcome(stub.Wait(request_, timeout=60))
    assert grpc.StatusCode.INVALID_ARGUMENT == stream.code
    assert field in stream.fields


async def test_no_such_endpoint(embedded_server: ServerProcess) -> None:
    """An endpoint that the server does not have is NOT_FOUND."""
    async with connected(embedded_server.address) as stub:
        call = stub.Watch(WatchRequest(all_tables=True), metadata=(("tableadmin-endpoint", "nowhere"),))
        stream = await outcome(each_event(call))
    assert (grpc.StatusCode.NOT_FOUND, "ENDPOINT_NOT_FOUND") == (stream.code, stream.reason)


async def test_resuming(embedded_server: ServerProcess) -> None:
    """A token resumes over the wire; garbage ends in ABORTED with the reason to begin again."""
    async with connected(embedded_server.address) as stub:
        inventory = await outcome(
            each_event(stub.Watch(WatchRequest(all_tables=True, snapshot_only=True), timeout=60))
        )
        token = inventory.responses[-1].resume_token
        again = WatchRequest(all_tables=True, snapshot_only=True, resume_token=token)
        assert [] == events(await outcome(each_event(stub.Watch(again, timeout=60))))
        stream = await outcome(
            each_event(stub.Watch(WatchRequest(all_tables=True, resume_token=b"x"), timeout=60))
        )
    assert (grpc.StatusCode.ABORTED, "RESUME_TOKEN_EXPIRED") == (stream.code, stream.reason)
