"""What the store of operations promises, on real engines."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.dynamodb.endpoint import Answer, BackgroundCalls, Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.items import operation_item
from tableadmin_server.operations.storage.record import (
    Call,
    Operation,
    OperationError,
    OperationSpec,
    OperationStatus,
    Outcome,
    State,
)
from tableadmin_server.operations.storage.store import (
    Entry,
    LeaseLost,
    Page,
    RequestRecord,
    Selection,
    Store,
    StoredLease,
)
from tests.engines import Engine
from tests.engines.engine import REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 23, 12, 30, 15, 123456, tzinfo=UTC)
MONTH = timedelta(days=30)

MakeStore = Callable[..., Store]
MakeEndpoint = Callable[..., Endpoint]


class Repeating(BackgroundCalls):
    """Loses the answer of every write, and makes it once more, as botocore does."""

    async def call(self, operation: str, params: AwsDict) -> Answer:
        """The answer to the second."""
        if operation in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}:
            await super().call(operation, params)
        return await super().call(operation, params)


class Mute(BackgroundCalls):
    """Loses the answer of the first update, and says so."""

    muted = False

    async def call(self, operation: str, params: AwsDict) -> Answer:
        """The answer, if it is not lost."""
        answer = await super().call(operation, params)
        if operation == "UpdateItem" and not self.muted:
            self.muted = True
            raise Failure(Code.DEADLINE_EXCEEDED, "no answer", reason="ENDPOINT_TIMEOUT")
        return answer


class Counting(BackgroundCalls):
    """Counts what it is asked for."""

    def __init__(self, endpoint: Endpoint, config: EndpointConfig) -> None:
        super().__init__(endpoint, config)
        self.asked: list[str] = []

    async def call(self, operation: str, params: AwsDict) -> Answer:
        """The answer."""
        self.asked.append(operation)
        return await super().call(operation, params)


class Recording(BackgroundCalls):
    """Notes the values that updates send."""

    def __init__(self, endpoint: Endpoint, config: EndpointConfig) -> None:
        super().__init__(endpoint, config)
        self.sent: list[list[str]] = []

    async def call(self, operation: str, params: AwsDict) -> Answer:
        """The answer."""
        if operation == "UpdateItem":
            values = params["ExpressionAttributeValues"]
            assert isinstance(values, dict)
            self.sent.append([*values])
        return await super().call(operation, params)


def asked_of(endpoint: Endpoint) -> list[str]:
    """The operations that a counting ENDPOINT was asked for."""
    assert isinstance(endpoint.background, Counting)
    return endpoint.background.asked


def sent_by(endpoint: Endpoint) -> list[list[str]]:
    """The values of each update that a recording ENDPOINT has sent."""
    assert isinstance(endpoint.background, Recording)
    return endpoint.background.sent


@pytest.fixture(scope="module")
def boto3(engine: Engine) -> "DynamoDBClient":
    """A client of the engine itself."""
    return engine.boto3()


@pytest.fixture
def endpoints(engine: Engine, boto3: "DynamoDBClient", table_name: str) -> Iterator[MakeEndpoint]:
    """Make endpoints of the engine whose operations table is this test's own."""
    made: list[Endpoint] = []
    config = EndpointConfig(endpoint_url=engine.url, region=REGION, operations_table=table_name)

    def make(kind: type[BackgroundCalls] = BackgroundCalls) -> Endpoint:
        endpoint = Endpoint("test", config)
        endpoint.background = kind(endpoint, config)
        made.append(endpoint)
        return endpoint

    yield make
    for endpoint in made:
        endpoint.close()
    with suppress(boto3.exceptions.ResourceNotFoundException):
        delete(boto3, table_name)


@pytest.fixture
def make_store(endpoints: MakeEndpoint) -> MakeStore:
    """Make stores that share a table."""
    return lambda kind=BackgroundCalls: Store(endpoints(kind))


@pytest.fixture
async def store(make_store: MakeStore) -> Store:
    """A store whose table is there."""
    made = make_store()
    await made.ensure()
    return made


def operation(number: int = 1, *, table_spec: AwsDict | None = None, table: str = "Music") -> Operation:
    """A new operation whose id sorts by NUMBER."""
    spec = OperationSpec(
        operation_id=f"op-{number:04}",
        table_name=table,
        table_spec=table_spec
        or {"TableName": table, "Tags": [{"Key": "größe", "Value": "1"}], "X": [1, 2.5, None]},
        request_id="r-1",
        fingerprint="abc",
        allow_destructive=True,
        requested_by="someone",
        caller="ipv4:127.0.0.1:1",
        created=NOW,
    )
    return Operation(spec=spec, status=OperationStatus(state=State.PENDING, updated=NOW))


def running(step: int = 1) -> OperationStatus:
    """How an operation may stand that is under way."""
    call = Call(
        summary="update table",
        operation="UpdateTable",
        params={"TableName": "Music", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "A"}}]},
        server="here",
        began=NOW,
        outcome=Outcome.ACCEPTED,
        aws_request_id="R",
        attempts=step,
    )
    return OperationStatus(
        state=State.RUNNING,
        updated=NOW + timedelta(seconds=step),
        server="here",
        calls=(call,),
        changed={Cooldown.TAGS: NOW},
        waits=("index A is DELETING",),
        remaining_calls=3,
    )


def failed() -> OperationStatus:
    """How an operation may stand that has ended."""
    error = OperationError(code=Code.INVALID_ARGUMENT, reason="R", message="no", left=("ACTIVE",))
    return msgspec.structs.replace(running(), state=State.FAILED, error=error, ended=NOW)


async def acquired(store: Store, lease_holder: str = "me") -> StoredLease:
    """The right to write a new operation."""
    lease = (await store.add(operation(), lease_holder)).lease_of(lease_holder)
    assert lease is not None
    return lease


async def there(store: Store, operation_id: str = "op-0001") -> Entry:
    """The operation, which is there."""
    entry = await store.get(operation_id)
    assert entry is not None
    return entry


def key(kind: str, id_: str) -> dict[str, dict[str, str]]:
    """The key of an item."""
    return {"Id": {"S": f"{kind}/{id_}"}}


def item(boto3: "DynamoDBClient", table: str, kind: str, id_: str) -> dict[str, dict[str, object]]:
    """An item as it is in the table."""
    found = boto3.get_item(TableName=table, Key=key(kind, id_), ConsistentRead=True).get("Item", {})
    return {name: dict(value) for name, value in found.items()}


def exists(boto3: "DynamoDBClient", table: str) -> bool:
    """Whether the engine has the table."""
    with suppress(boto3.exceptions.ResourceNotFoundException):
        return bool(boto3.describe_table(TableName=table))
    return False


def delete(boto3: "DynamoDBClient", table: str) -> None:
    """Delete the table, which is protected where the engine can, and return when it is deleted."""
    if boto3.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        boto3.update_table(TableName=table, DeletionProtectionEnabled=False)
    boto3.delete_table(TableName=table)
    deadline = time.monotonic() + 60
    while exists(boto3, table):
        assert time.monotonic() < deadline
        time.sleep(0.05)


# The table


@pytest.mark.usefixtures("store")
async def test_table_is_made(boto3: "DynamoDBClient", table_name: str) -> None:
    """The table that is made is ACTIVE, paid for by request, and has the keys that it is read by."""
    table = boto3.describe_table(TableName=table_name)["Table"]
    assert "ACTIVE" == table["TableStatus"]
    assert "PAY_PER_REQUEST" == table["BillingModeSummary"]["BillingMode"]
    assert [("Id", "HASH")] == [(each["AttributeName"], each["KeyType"]) for each in table["KeySchema"]]
    indexes = table["GlobalSecondaryIndexes"]
    assert {("Listing", "ACTIVE"), ("Open", "ACTIVE"), ("Members", "ACTIVE")} == {
        (each["IndexName"], each["IndexStatus"]) for each in indexes
    }


@pytest.mark.usefixtures("store")
async def test_table_is_protected(boto3: "DynamoDBClient", table_name: str, engine: Engine) -> None:
    """The table is protected against deletion where the endpoint can."""
    table = boto3.describe_table(TableName=table_name)["Table"]
    assert (engine.name != "dynalite") == bool(table.get("DeletionProtectionEnabled"))


@pytest.mark.usefixtures("store")
async def test_items_expire(boto3: "DynamoDBClient", table_name: str, engine: Engine) -> None:
    """Items expire by ExpiresAt where the endpoint has time to live; one that has not serves too."""
    found = boto3.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"]
    if engine.name == "dynalite":
        assert "DISABLED" == found["TimeToLiveStatus"]
    else:
        assert ("ENABLED", "ExpiresAt") == (found["TimeToLiveStatus"], found["AttributeName"])


async def test_time_to_live_is_switched_on(
    make_store: MakeStore, boto3: "DynamoDBClient", table_name: str, engine: Engine
) -> None:
    """Time to live is switched on for a table that somebody else has made."""
    if engine.name == "dynalite":
        pytest.skip("it has no UpdateTimeToLive")
    await make_store().ensure()
    boto3.update_time_to_live(
        TableName=table_name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ExpiresAt"}
    )
    await make_store().ensure()
    found = boto3.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"]
    assert "ENABLED" == found["TimeToLiveStatus"]


async def test_two_make_the_table_at_once(make_store: MakeStore) -> None:
    """Two servers that need the table at once get one, and both can use it."""
    first, second = make_store(), make_store()
    await asyncio.gather(first.ensure(), second.ensure(), second.ensure())
    await first.add(operation(), "")
    assert "op-0001" == await first.hold_table("Music", "op-0001")
    assert "op-0001" == await second.hold_table("Music", "op-0002")


async def test_found_table_is_remembered(endpoints: MakeEndpoint) -> None:
    """A table that was found is not looked at again."""
    endpoint = endpoints(Counting)
    store = Store(endpoint)
    await store.ensure()
    asked_of(endpoint).clear()
    await store.ensure()
    assert [] == asked_of(endpoint)


async def test_unusable_table(make_store: MakeStore, boto3: "DynamoDBClient", table_name: str) -> None:
    """A table of that name with other keys is not touched: who needs it is told to choose another name."""
    boto3.create_table(
        TableName=table_name,
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    store = make_store()
    await told(store.ensure(), Code.FAILED_PRECONDITION, "OPERATIONS_TABLE_UNUSABLE", table_name)
    await told(store.get("op-0001"), Code.FAILED_PRECONDITION, "OPERATIONS_TABLE_UNUSABLE", table_name)


async def test_hidden_from_lists(endpoints: MakeEndpoint, boto3: "DynamoDBClient", table_name: str) -> None:
    """The operations table is not among the tables that callers list."""
    endpoint = endpoints()
    await Store(endpoint).ensure()
    before = table_name[:-1]
    assert table_name in boto3.list_tables(ExclusiveStartTableName=before)["TableNames"]
    listed = (await endpoint.call("ListTables", {"ExclusiveStartTableName": before})).data["TableNames"]
    assert isinstance(listed, list)
    assert table_name not in listed


async def test_no_table_reads_as_empty(
    make_store: MakeStore, boto3: "DynamoDBClient", table_name: str
) -> None:
    """Where there is no table yet nothing is remembered, and no reading makes one."""
    store = make_store()
    assert await store.get("op-0001") is None
    assert await store.request("r-1") is None
    assert await store.request_cancel("op-0001") is None
    assert {} == await store.holders(["Music"])
    assert {} == await store.open_operations()
    assert Page({}, "") == await store.page(Selection(), before="", limit=10)
    assert not exists(boto3, table_name)


async def test_table_goes(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """When somebody has deleted the table, writing says so, reading finds nothing, and it is made anew."""
    lease = await acquired(store)
    delete(boto3, table_name)
    writes = [
        store.save(lease, running()),
        store.release(lease),
        store.hold_table("Music", "op-0001"),
        store.forget("op-0001"),
        store.add(operation(), ""),
        store.add_request("r-1", RequestRecord("d", NOW, {})),
    ]
    for write in writes:
        await told(write, Code.FAILED_PRECONDITION, "OPERATIONS_TABLE_GONE", table_name)
    assert await store.get("op-0001") is None
    await store.ensure()
    await acquired(store)


# Requests


async def test_request_is_remembered(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """A request is remembered for 30 days, with the operations that came of it."""
    request = RequestRecord("digest", NOW, {"Music": "op-0001", "Art": "op-0002"})
    assert await store.request("r-1") is None
    assert request == await store.add_request("r-1", request)
    assert request == await store.request("r-1")
    expires = item(boto3, table_name, "request", "r-1")["ExpiresAt"]
    assert {"N": str(int((NOW + MONTH).timestamp()))} == expires


async def test_first_request_stands(make_store: MakeStore, store: Store) -> None:
    """Of two requests with one id the first stands, and both callers get that one."""
    requests = [RequestRecord(f"digest-{number}", NOW, {"Music": f"op-{number}"}) for number in range(2)]
    answers = await asyncio.gather(
        store.add_request("r-1", requests[0]), make_store().add_request("r-1", requests[1])
    )
    assert answers[0] == answers[1]
    assert answers[0] in requests
    assert answers[0] == await store.request("r-1")


# Tables and the operations that hold them


async def test_one_holds_the_table(store: Store) -> None:
    """A table is held by one operation until that operation has ended; others learn its id."""
    lease = await acquired(store)
    await store.add(operation(2), "")
    await store.add(operation(3, table="Art"), "")
    assert "op-0001" == await store.hold_table("Music", "op-0001")
    assert "op-0001" == await store.hold_table("Music", "op-0001")
    assert "op-0001" == await store.hold_table("Music", "op-0002")
    assert "op-0003" == await store.hold_table("Art", "op-0003")
    await store.save(lease, failed())
    assert "op-0002" == await store.hold_table("Music", "op-0002")
    assert "op-0002" == await store.hold_table("Music", "op-0004")


async def test_holder_without_a_record(store: Store) -> None:
    """An operation whose record is deleted has ended: its table is free."""
    await acquired(store)
    await store.hold_table("Music", "op-0001")
    await store.forget("op-0001")
    await store.add(operation(2), "")
    assert "op-0002" == await store.hold_table("Music", "op-0002")


async def test_holders(store: Store) -> None:
    """The operations that hold tables are found by the names of the tables, those that ended left out."""
    lease = await acquired(store)
    await store.add(operation(2, table="Art"), "")
    for table, operation_id in (("Music", "op-0001"), ("Art", "op-0002")):
        await store.hold_table(table, operation_id)
    names = ["Music", "Art", "Other"]
    assert {"Music": await there(store), "Art": await there(store, "op-0002")} == await store.holders(names)
    await store.save(lease, failed())
    assert {"Art"} == (await store.holders(names)).keys()
    assert {} == await store.holders(["Other"])


async def test_many_take_a_table_at_once(store: Store, make_store: MakeStore) -> None:
    """Of operations that want a table at once one gets it, and all learn which."""
    names = [f"op-{number:04}" for number in range(1, 9)]
    for number in range(1, 9):
        await store.add(operation(number), "")
    stores = [make_store() for _ in names]
    holders = await asyncio.gather(
        *(each.hold_table("Music", name) for each, name in zip(stores, names, strict=True))
    )
    assert 1 == len(set(holders))


async def test_many_open_operations(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """Every operation that has not ended is found, and one that has is not."""
    lease = await acquired(store)
    for number in range(2, 131):
        boto3.put_item(
            TableName=table_name,
            Item={**key("operation", f"op-{number:04}"), "Open": {"S": "yes"}, "Pad": {"S": "x" * 20_000}},
        )
    assert {f"op-{number:04}" for number in range(1, 131)} == set(await store.open_operations())
    await store.save(lease, failed())
    found = await store.open_operations()
    assert "op-0001" not in found
    assert set(found) == (await store.entries(found)).keys()


# Operations


async def test_operation_is_remembered(store: Store) -> None:
    """An operation is read as it was written."""
    entry = await store.add(operation(), "")
    assert Entry(operation(), fencing_token=0, revision=0, lease_holder="") == entry
    assert entry == await store.get("op-0001")
    assert await store.get("op-0002") is None


async def test_first_operation_stands(store: Store, make_store: MakeStore) -> None:
    """Of two operations with one id the first stands, and both who add one learn whose it is."""
    one, two = await asyncio.gather(
        store.add(operation(), "one"), make_store().add(operation(table="Art"), "two")
    )
    assert one == two
    assert 1 == sum(one.lease_of(lease_holder) is not None for lease_holder in ("one", "two"))


async def test_many_operations_take_few_calls(endpoints: MakeEndpoint, engine: Engine) -> None:
    """Operations are written 100 a call where the engine has transactions, elsewhere each by itself."""
    endpoint = endpoints(Counting)
    store = Store(endpoint)
    await store.ensure()
    asked_of(endpoint).clear()
    operations = [operation(number) for number in range(102)]
    entries = await store.add_all(operations, "me")
    calls = Counter(asked_of(endpoint))
    transactions = {"TransactWriteItems": 2}
    assert calls == (transactions | {"PutItem": 102} if engine.name == "dynalite" else transactions)
    assert [Entry(each, fencing_token=0, revision=0, lease_holder="me") for each in operations] == entries
    assert {each.operation.spec.operation_id: each for each in entries} == await store.entries(
        each.spec.operation_id for each in operations
    )
    asked_of(endpoint).clear()
    await store.add_all([operation(number) for number in (200, 201)], "me")
    assert ("TransactWriteItems" in asked_of(endpoint)) == (engine.name != "dynalite")


async def test_of_many_operations_the_first_stands_too(store: Store, make_store: MakeStore) -> None:
    """Of two who write the same operations at once, each operation is one's, and both learn whose."""
    await store.add(operation(7, table="Art"), "first")
    stores = {each: make_store() for each in ("one", "two")}
    operations = [operation(number) for number in range(20)]
    one, two = await asyncio.gather(*(each.add_all(operations, name) for name, each in stores.items()))
    assert one == two
    assert ["first"] == [each.lease_holder for each in one if each.operation.spec.table_name == "Art"]
    assert {each.lease_holder for each in one} <= {"first", "one", "two"}
    assert [each.spec.operation_id for each in operations] == [
        each.operation.spec.operation_id for each in one
    ]


async def test_many_large_operations(store: Store) -> None:
    """Operations that exceed a transaction together are written, and one too large is refused."""
    specs: list[AwsDict] = [{"TableName": "x" * 390_000}] * 12
    entries = await store.add_all([operation(n, table_spec=each) for n, each in enumerate(specs)], "me")
    assert 12 == len(entries)
    with pytest.raises(Failure) as caught:
        await store.add_all([operation(20), operation(21, table_spec={"TableName": "x" * 410_000})], "me")
    assert "OPERATION_TOO_LARGE" == caught.value.reason


async def test_progress_is_remembered(store: Store) -> None:
    """A status is read as it was saved; each save counts, and leaves the owner."""
    lease = await acquired(store)
    for step in (1, 2):
        assert not await store.save(lease, running(step))
        entry = await there(store)
        assert (running(step), step, 0, "me") == (
            entry.operation.status,
            entry.revision,
            entry.fencing_token,
            entry.lease_holder,
        )
        assert operation().spec == entry.operation.spec


async def test_ended(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """One that has ended is nobody's, and is forgotten 30 days later."""
    lease = await acquired(store)
    await store.save(lease, running())
    assert "ExpiresAt" not in item(boto3, table_name, "operation", "op-0001")
    await store.save(lease, failed())
    entry = await there(store)
    assert ("", failed()) == (entry.lease_holder, entry.operation.status)
    expires = item(boto3, table_name, "operation", "op-0001")["ExpiresAt"]
    assert {"N": str(int((NOW + MONTH).timestamp()))} == expires


async def test_claim_of_a_free_one(store: Store) -> None:
    """A free operation is whose claims it, who writes it from then on."""
    entry = await store.add(operation(), "")
    lease = await store.acquire_lease(entry, "me")
    assert lease is not None
    assert "me" == (await there(store)).lease_holder
    await store.save(lease, running())
    assert running() == (await there(store)).operation.status


async def test_two_claim_at_once(store: Store, make_store: MakeStore) -> None:
    """Of those who claim an operation at once one gets it."""
    entry = await store.add(operation(), "")
    owners = [f"server-{number}" for number in range(6)]
    stores = [make_store() for _ in owners]
    claims = await asyncio.gather(
        *(each.acquire_lease(entry, lease_holder) for each, lease_holder in zip(stores, owners, strict=True))
    )
    winner = (await there(store)).lease_holder
    assert [winner] == [lease_holder for lease_holder, lease in zip(owners, claims, strict=True) if lease]


async def test_claim_of_one_that_lives(store: Store) -> None:
    """An operation that was saved since it was looked at is not claimed."""
    lease = await acquired(store)
    seen = await there(store)
    await store.save(lease, running())
    assert await store.acquire_lease(seen, "other") is None
    assert not await store.save(lease, running(2))


async def test_lease_lost(store: Store, make_store: MakeStore) -> None:
    """Who has lost an operation to another writes no more of it, neither saves nor releases."""
    lease = await acquired(store)
    await store.save(lease, running())
    other = make_store()
    theirs = await other.acquire_lease(await there(store), "other")
    assert theirs is not None
    with pytest.raises(LeaseLost):
        await store.save(lease, running(2))
    await store.release(lease)
    entry = await there(store)
    assert ("other", running()) == (entry.lease_holder, entry.operation.status)
    await other.save(theirs, running(3))


async def test_save_of_one_that_is_gone(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """An operation that somebody has deleted is not written anew."""
    lease = await acquired(store)
    boto3.delete_item(TableName=table_name, Key=key("operation", "op-0001"))
    with pytest.raises(LeaseLost):
        await store.save(lease, running())
    await store.release(lease)
    assert await store.get("op-0001") is None


async def test_release(store: Store) -> None:
    """A released operation is free, as it was saved last."""
    lease = await acquired(store)
    await store.save(lease, running())
    await store.release(lease)
    entry = await there(store)
    assert ("", running()) == (entry.lease_holder, entry.operation.status)
    assert await store.acquire_lease(entry, "other") is not None


# Writes that are repeated on the way


async def test_repeated_writes(store: Store, make_store: MakeStore) -> None:
    """Writes that botocore repeats, since an answer was lost, end as if they were made once."""
    repeating = make_store(Repeating)
    request = RequestRecord("digest", NOW, {})
    assert request == await repeating.add_request("r-1", request)
    await acquired(repeating)
    many = [operation(2), operation(3)]
    assert many == [each.operation for each in await repeating.add_all(many, "")]
    assert "op-0001" == await repeating.hold_table("Music", "op-0001")
    free = await there(repeating)
    lease = await repeating.acquire_lease(free, "other")
    assert lease is not None
    for step in (1, 2):
        assert not await repeating.save(lease, running(step))
    await repeating.save(lease, failed())
    entry = await there(store)
    assert (failed(), 3, 1, "") == (
        entry.operation.status,
        entry.revision,
        entry.fencing_token,
        entry.lease_holder,
    )


async def test_repeated_save_says_cancel(store: Store, make_store: MakeStore) -> None:
    """A save that is repeated on the way says all the same that the operation was asked to stop."""
    lease = await acquired(store)
    await store.request_cancel("op-0001")
    assert await make_store(Repeating).save(lease, running())


async def test_save_after_one_without_answer(store: Store, make_store: MakeStore) -> None:
    """After a save that nobody answered the next one is made, whether the first was or not."""
    lease = await acquired(store)
    mute = make_store(Mute)
    await told(mute.save(lease, running()), Code.DEADLINE_EXCEEDED, "ENDPOINT_TIMEOUT", "")
    assert running() == (await there(store)).operation.status
    # The same once more is a sign of life of its own.
    for revision, step in enumerate((1, 2, 3), start=(await there(store)).revision + 1):
        await mute.save(lease, running(step))
        assert revision <= (await there(store)).revision
        assert running(step) == (await there(store)).operation.status


async def test_late_save(store: Store, make_store: MakeStore) -> None:
    """A save that arrives after a later one changes nothing."""
    lease = await acquired(store)
    late = replace(lease)
    await store.save(lease, running(1))
    await store.save(lease, running(2))
    # What was under way in the network is the same write, made without looking what stands.
    assert await make_store()._save(late, running(1)) is None
    assert running(2) == (await there(store)).operation.status


# Cancelling


async def test_cancel(store: Store) -> None:
    """The holder of an operation learns with its next save that it is to stop, and with every later one."""
    lease = await acquired(store)
    entry = await store.request_cancel("op-0001")
    assert entry is not None
    assert entry.operation.cancel_requested
    assert entry == await store.request_cancel("op-0001")
    assert await store.save(lease, running(1))
    assert await store.save(lease, running(2))


async def test_cancel_of_one_that_ended(store: Store) -> None:
    """Cancelling changes nothing of an operation that has ended, and there is none of another id."""
    await store.save(await acquired(store), failed())
    entry = await there(store)
    assert entry == await store.request_cancel("op-0001")
    assert not entry.operation.cancel_requested
    assert await store.request_cancel("op-0002") is None


# Pages


async def listed(store: Store, selection: Selection, limit: int) -> list[list[str]]:
    """The ids of every page of SELECTION."""
    pages: list[list[str]] = []
    before = ""
    while True:
        page = await store.page(selection, before=before, limit=limit)
        pages.append([*page.found])
        before = page.before
        if not before:
            return pages


async def test_pages(store: Store) -> None:
    """Operations are listed newest first, page by page, and none twice or left out."""
    for number in (3, 1, 5, 2, 4):
        await store.add(operation(number), "")
    await store.hold_table("Music", "op-0001")
    pages = await listed(store, Selection(), 2)
    assert all(len(page) <= 2 for page in pages)
    assert [f"op-{number:04}" for number in (5, 4, 3, 2, 1)] == [each for page in pages for each in page]
    assert ["op-0001"] == [*(await store.page(Selection(), before="op-0002", limit=9)).found]


async def test_large_pages(store: Store, engine: Engine) -> None:
    """Operations too large for one answer of DynamoDB are listed, over as many pages as that takes."""
    # MiniStack's answers have no limit, and one over 16 MB is not taken for an answer of DynamoDB.
    count = 40 if engine.name == "ministack" else 50
    for number in range(count):
        await store.add(operation(number, table_spec={"TableName": "x" * 390_000}), "")
    pages = await listed(store, Selection(), 50)
    expected = [f"op-{number:04}" for number in reversed(range(count))]
    assert expected == [each for page in pages for each in page]
    assert set(expected) == (await store.entries(expected)).keys()


async def test_selected(store: Store) -> None:
    """Operations of one table, or in some states, are listed alone."""
    lease = await acquired(store)
    await store.save(lease, failed())
    await store.add(operation(2), "")
    await store.add(operation(3, table="Art"), "")
    assert [["op-0003"]] == await listed(store, Selection(table_name="Art"), 9)
    assert [["op-0001"]] == await listed(store, Selection(states=frozenset({"FAILED"})), 9)
    pending = Selection("Music", frozenset({"PENDING", "RUNNING"}))
    assert [["op-0002"]] == await listed(store, pending, 9)


async def test_of_a_request(store: Store) -> None:
    """The operations of a request are listed newest first, page by page, and in the selected states alone."""
    operations = {f"Table{number}": f"op-{number:04}" for number in range(1, 6)}
    await store.add_request("r-1", RequestRecord("d", NOW, operations))
    lease = await acquired(store)
    await store.save(lease, failed())
    for number in range(2, 6):
        await store.add(operation(number), "")
    pages = await listed(store, Selection(request_id="r-1"), 2)
    assert [["op-0005", "op-0004"], ["op-0003", "op-0002"], ["op-0001"]] == pages
    ended = Selection(states=frozenset({"FAILED"}), request_id="r-1")
    assert [["op-0001"]] == await listed(store, ended, 9)
    assert [[]] == await listed(store, Selection(request_id="other"), 9)


async def test_calls_of_a_listing(endpoints: MakeEndpoint, boto3: "DynamoDBClient", engine: Engine) -> None:
    """With 10,000 operations the newest page takes two calls, and so do the operations of a request."""
    if engine.name == "dynalite":
        pytest.skip("dynalite takes minutes to write 10,000 items")
    endpoint = endpoints(Counting)
    store = Store(endpoint)
    await store.ensure()
    await store.add_request(
        "r-1", RequestRecord("d", NOW, {f"T{number}": f"op-{number:04}" for number in range(9)})
    )
    template = operation_item(operation(), "")
    for first in range(0, 10_000, 25):
        items = [{**template, **key("operation", f"op-{first + each:04}")} for each in range(25)]
        requests = [{"PutRequest": {"Item": each}} for each in items]
        boto3.batch_write_item(RequestItems={endpoint.own_table: requests})  # type: ignore[dict-item]  # written by the store
    asked_of(endpoint).clear()
    newest = await store.page(Selection(), before="", limit=100)
    assert [f"op-{number:04}" for number in range(9999, 9899, -1)] == [*newest.found]
    assert ["Query", "BatchGetItem"] == asked_of(endpoint)
    asked_of(endpoint).clear()
    assert 9 == len((await store.page(Selection(request_id="r-1"), before="", limit=100)).found)
    assert ["GetItem", "BatchGetItem"] == asked_of(endpoint)


# Records that can't be


def spoil(boto3: "DynamoDBClient", table: str, kind: str, id_: str, attribute: str, value: object) -> None:
    """Overwrite an attribute of an item by hand."""
    boto3.update_item(
        TableName=table,
        Key=key(kind, id_),
        UpdateExpression="SET #spoilt = :value",
        ExpressionAttributeNames={"#spoilt": attribute},
        ExpressionAttributeValues={":value": value},  # type: ignore[dict-item]  # whatever the test wants
    )


async def test_unreadable(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """A record that somebody has made unreadable is DATA_LOSS, and the line says which item it is."""
    await store.add(operation(), "")
    await store.add_request("r-1", RequestRecord("d", NOW, {}))
    await store.hold_table("Music", "op-0001")
    spoil(boto3, table_name, "operation", "op-0001", "Spec", {"S": "{"})
    spoil(boto3, table_name, "request", "r-1", "Operations", {"S": "{"})
    spoil(boto3, table_name, "table", "Music", "Operation", {"N": "7"})
    reads = {
        "operation/op-0001": store.get("op-0001"),
        "request/r-1": store.request("r-1"),
        "table/Music": store.hold_table("Music", "op-0003"),
    }
    for name, read in reads.items():
        await told(read, Code.DATA_LOSS, "OPERATION_UNREADABLE", name)


async def test_unreadable_beside_others(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """An unreadable record is named in listings, and only its own table can't be held."""
    for number, table in ((1, "Music"), (2, "Art"), (3, "Film")):
        await store.add(operation(number, table=table), "")
        await store.hold_table(table, f"op-{number:04}")
    spoil(boto3, table_name, "operation", "op-0001", "Status", {"S": "?"})
    spoil(boto3, table_name, "table", "Film", "Operation", {"N": "7"})
    found = (await store.page(Selection(), before="", limit=9)).found
    assert ["op-0003", "op-0002", "op-0001"] == [*found]
    assert [False, False, True] == [isinstance(each, Failure) for each in found.values()]
    holders = await store.holders(["Music", "Art", "Film", "Other"])
    assert {"Music": True, "Art": False, "Film": True} == {
        table: isinstance(each, Failure) for table, each in holders.items()
    }
    assert "op-0004" == await store.hold_table("Other", "op-0004")
    await store.forget("op-0001")
    await store.add(operation(5), "")
    assert "op-0005" == await store.hold_table("Music", "op-0005")


async def test_later_version(store: Store, boto3: "DynamoDBClient", table_name: str) -> None:
    """A record that a later version of the service wrote is refused in words, and named in listings."""
    await store.add(operation(), "")
    spoil(boto3, table_name, "operation", "op-0001", "Version", {"N": "4"})
    await told(
        store.get("op-0001"), Code.FAILED_PRECONDITION, "OPERATION_FORMAT_NEWER", "upgrade this server"
    )
    found = (await store.page(Selection(), before="", limit=9)).found["op-0001"]
    assert isinstance(found, Failure)
    assert "format 4, not 3" in found.message


@pytest.mark.parametrize("attribute", ["Spec", "Status", "FencingToken", "Revision", "Version"])
async def test_incomplete(store: Store, boto3: "DynamoDBClient", table_name: str, attribute: str) -> None:
    """A record that lacks an attribute is DATA_LOSS."""
    await store.add(operation(), "")
    boto3.update_item(
        TableName=table_name,
        Key=key("operation", "op-0001"),
        UpdateExpression="REMOVE #gone",
        ExpressionAttributeNames={"#gone": attribute},
    )
    await told(store.get("op-0001"), Code.DATA_LOSS, "OPERATION_UNREADABLE", "op-0001")


async def test_too_large(store: Store) -> None:
    """What is larger than an item may be is refused, whether new or saved, and what stands is kept."""
    large: AwsDict = {"TableName": "x" * 410_000}
    await told(
        store.add(operation(2, table_spec=large), ""),
        Code.RESOURCE_EXHAUSTED,
        "OPERATION_TOO_LARGE",
        "400 KB",
    )
    lease = await acquired(store)
    status = msgspec.structs.replace(running(), waits=("x" * 410_000,))
    await told(store.save(lease, status), Code.RESOURCE_EXHAUSTED, "OPERATION_TOO_LARGE", "400 KB")
    await store.save(lease, running())
    assert running() == (await there(store)).operation.status


async def test_large_spec(store: Store) -> None:
    """The spec of a table with 20 indexes of long names has room, and the journal of making them too."""
    indexes: list[AwsValue] = [
        {
            "IndexName": f"{number:02}".ljust(255, "i"),
            "KeySchema": [{"AttributeName": "k" * 255, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a" * 255] * 5},
        }
        for number in range(20)
    ]
    lease = (await store.add(operation(table_spec={"GlobalSecondaryIndexes": indexes}), "me")).lease_of("me")
    assert lease is not None
    call = running().calls[0]
    calls = tuple(
        msgspec.structs.replace(call, params={"GlobalSecondaryIndexUpdates": [{"Create": index}]})
        for index in indexes
    )
    status = msgspec.structs.replace(running(), calls=calls)
    await store.save(lease, status)
    assert status == (await there(store)).operation.status


async def test_unreachable_endpoint() -> None:
    """Where the endpoint can't be reached the store says so as every other call does."""
    endpoint = Endpoint(
        "nowhere", EndpointConfig(endpoint_url="http://127.0.0.1:1", region=REGION, max_attempts=1)
    )
    store = Store(endpoint)
    for call in (store.ensure(), store.get("op-0001"), store.hold_table("Music", "op-0001")):
        await told(call, Code.UNAVAILABLE, "ENDPOINT_UNREACHABLE", "")
    endpoint.close()


async def test_writes_of_an_operation(endpoints: MakeEndpoint) -> None:
    """Each promise costs one write, and nothing is read where a write says it all."""
    endpoint = endpoints(Counting)
    store = Store(endpoint)
    await store.ensure()
    asked_of(endpoint).clear()
    await store.add_request("r-1", RequestRecord("d", NOW, {"Music": "op-0001"}))
    entry = await store.add(operation(), "")
    await store.hold_table("Music", "op-0001")
    lease = await store.acquire_lease(entry, "me")
    assert lease is not None
    await store.save(lease, running())
    await store.release(lease)
    assert ["PutItem"] * 3 + ["UpdateItem"] * 3 == asked_of(endpoint)


async def test_saves_write_what_changed(endpoints: MakeEndpoint) -> None:
    """A save sends the calls that are new or have changed, and none that were saved before."""
    endpoint = endpoints(Recording)
    store = Store(endpoint)
    await store.ensure()
    lease = await acquired(store)
    call = running().calls[0]
    for number in range(1, 4):
        sent_by(endpoint).clear()
        await store.save(lease, msgspec.structs.replace(running(), calls=(call,) * number))
        (sent,) = sent_by(endpoint)
        assert [f":Call{number - 1:04}"] == [name for name in sent if name.startswith(":Call")]
    assert (call,) * 3 == (await there(store)).operation.status.calls


async def told(call: Awaitable[object], code: int, reason: str, in_line: str) -> None:
    """CALL fails with CODE and REASON, in one line that has IN_LINE."""
    with pytest.raises(Failure) as caught:
        await call
    assert (code, reason) == (caught.value.code, caught.value.reason)
    assert in_line in caught.value.message


async def test_heartbeats(store: Store, make_store: MakeStore) -> None:
    """Each heartbeat of a server differs from the last, for whoever looks."""
    assert {} == await store.heartbeats(["one", "two"])
    await store.heartbeat("one", ())
    first = await make_store().heartbeats(["one", "two"])
    await store.heartbeat("two", ())
    await store.heartbeat("one", ())
    assert {"one"} == first.keys()
    second = await make_store().heartbeats(["one", "two", "three"])
    assert {"one", "two"} == second.keys()
    assert first["one"] != second["one"]
    assert {} == await make_store().heartbeats([])


async def test_told_to_stop(store: Store) -> None:
    """A server learns with its signs of life what to stop, until it says that it was told."""
    await store.heartbeat("one", ())
    await store.notify_cancel("one", "op-1")
    await store.notify_cancel("one", "op-2")
    assert {"op-1", "op-2"} == await store.heartbeat("one", ())
    assert {"op-2"} == await store.heartbeat("one", ["op-1"])
    assert set() == await store.heartbeat("one", ["op-1", "op-2"])
    await store.notify_cancel("gone", "op-1")
    assert {"one"} == (await store.heartbeats(["one", "gone"])).keys()


async def test_sign_of_life_without_a_table(make_store: MakeStore) -> None:
    """Without the table no sign of life can be given, and none is seen."""
    with pytest.raises(Failure) as raised:
        await make_store().heartbeat("one", ())
    assert "OPERATIONS_TABLE_GONE" == raised.value.reason
    assert {} == await make_store().heartbeats(["one"])
