"""`CopyItems` through a server in front of each engine: what is copied, what is refused, and what is said."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tableadmin import Client, aio
from tableadmin.errors import FailedPrecondition, InvalidArgument
from tableadmin.v1 import CopyItemsResponse, CopyPhase, ItemProblemType
from tests.engines import Engine
from tests.server_process import ServerProcess, running_server

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FLAGS = (
    "--region",
    "us-west-2",
    "--max-attempts",
    "1",
    "--copy-max-items",
    "2000",
    "--copy-max-bytes",
    "500000",
)
Item = Mapping[str, Mapping[str, Any]]


class Copying(NamedTuple):
    """A server that may copy items, its log and audit file, and the engine behind it."""

    server: ServerProcess
    engine: "DynamoDBClient"
    audit: Path

    def client(self) -> Client:
        """A client of the server."""
        return Client(self.server.address)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Engine], Copying]]:
    """Start a server that may copy items in front of an engine, or return it."""
    with ExitStack() as running:

        @cache
        def started(engine: Engine) -> Copying:
            audit = tmp_path_factory.mktemp("audit") / "records"
            flags = ("--endpoint-url", engine.url, *_FLAGS, "--audit-file", str(audit))
            server = running.enter_context(running_server(*flags))
            return Copying(server, engine.boto3(), audit)

        yield started


@pytest.fixture
def copying(engine: Engine, start: Callable[[Engine], Copying]) -> Copying:
    """A server that may copy items in front of each engine in turn."""
    return start(engine)


@pytest.fixture
def embedded(start_engine: Callable[[str], Engine], start: Callable[[Engine], Copying]) -> Copying:
    """A server that may copy items in front of the embedded engine, where the engine does not matter."""
    return start(start_engine("ministack"))


def item(number: int, **more: Mapping[str, Any]) -> Item:
    """An item with the key of `source` and that of `target`, and an attribute of each type."""
    return {
        "Artist": {"S": f"artist {number}"},
        "Title": {"S": f"title {number:04}"},
        "Year": {"N": str(1900 + number)},
        "Cover": {"B": bytes([number % 256, 0, 255])},
        "Tags": {"SS": ["b", "a", f"{number}"]},
        "Charts": {"NS": ["10", "2.50"]},
        "Parts": {"L": [{"S": ""}, {"NULL": True}, {"M": {"deep": {"BOOL": number % 2 == 0}}}]},
        **more,
    }


def without(number: int, attribute: str) -> Item:
    """An item that lacks an attribute."""
    return {name: value for name, value in item(number).items() if name != attribute}


def make(engine: "DynamoDBClient", name: str, items: Sequence[Item] = (), *, title_key: bool = False) -> str:
    """Make a table, by default with the key Artist, else with the key Title and Year, and put ITEMS."""
    keys = {"Title": "S", "Year": "N"} if title_key else {"Artist": "S"}
    engine.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": kind} for each, kind in keys.items()],  # type: ignore[typeddict-item]  # literal types
        KeySchema=[
            {"AttributeName": each, "KeyType": kind}  # type: ignore[typeddict-item]  # literal types
            for each, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    wait_active(engine, name)
    put(engine, name, items)
    return name


def wait_active(engine: "DynamoDBClient", name: str) -> None:
    """Wait until a table is ACTIVE."""
    while engine.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.02)


def put(engine: "DynamoDBClient", name: str, items: Sequence[Item]) -> None:
    """Put ITEMS into a table."""
    for start in range(0, len(items), 25):
        requests: Any = [{"PutRequest": {"Item": dict(each)}} for each in items[start : start + 25]]
        assert not engine.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]


def scanned(engine: "DynamoDBClient", name: str) -> list[Any]:
    """The items of a table."""
    pages = engine.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    return [each for page in pages for each in page["Items"]]


def normal(items: Sequence[Item]) -> list[str]:
    """ITEMS in an order and with sets in an order."""
    return sorted(
        json.dumps({name: _value(value) for name, value in each.items()}, sort_keys=True, default=list)
        for each in items
    )


def _value(value: Mapping[str, Any]) -> object:
    ((kind, content),) = value.items()
    if kind == "NS":
        return sorted(map(float, content))
    return sorted(content) if kind in {"SS", "BS"} else value


def result(client: Client, source: str, target: str, **options: Any) -> CopyItemsResponse:  # noqa: ANN401  # fields
    """The last response of a copy."""
    *_, last = client.copy_items(source, target, **options)
    return last


def findings(client: Client, source: str, target: str) -> dict[tuple[str, str, str, str, str], int]:
    """The problems that a check finds, with their numbers of items."""
    last = result(client, source, target, validate_only=True)
    return {
        (
            ItemProblemType.Name(each.type).removeprefix("ITEM_PROBLEM_TYPE_"),
            each.attribute_name,
            each.index_name,
            each.expected_type,
            each.found_type,
        ): each.items
        for each in last.problems
    }


def test_items_get_other_keys(copying: Copying, table_name: str) -> None:
    """All items with all their attributes are in the target, and the numbers are exact."""
    items = [item(number) for number in range(510)]
    source = make(copying.engine, table_name, items)
    target = make(copying.engine, f"{table_name}-new", title_key=True)
    with copying.client() as client:
        last = result(client, source, target)
    assert normal(scanned(copying.engine, target)) == normal(items)
    assert (last.written_items, last.skipped_items) == (510, 0)
    assert (last.source_items, last.target_items) == (510, 510)
    compared = last.comparison
    assert (compared.equal_items, compared.missing_items) == (510, 0)
    assert (compared.different_items, compared.extra_items) == (0, 0)
    assert last.phase == CopyPhase.COPY_PHASE_FINISHED
    assert last.read_units > 0
    assert last.write_units >= 510


def test_check_writes_nothing(embedded: Copying, table_name: str) -> None:
    """With `validate_only`, the numbers are there and the target stays empty."""
    source = make(embedded.engine, table_name, [item(1), item(2)])
    target = make(embedded.engine, f"{table_name}-new", title_key=True)
    with embedded.client() as client:
        last = result(client, source, target, validate_only=True)
    assert (last.source_items, last.comparison.missing_items, last.written_items) == (2, 2, 0)
    assert scanned(embedded.engine, target) == []


async def test_asyncio_client(embedded: Copying, table_name: str) -> None:
    """The asyncio client yields the progress, phase by phase, and the result."""
    source = make(embedded.engine, table_name, [item(1), item(2)])
    target = make(embedded.engine, f"{table_name}-new", title_key=True)
    async with aio.Client(embedded.server.address) as client:
        responses = [each async for each in client.copy_items(source, target)]
    assert responses[0].phase == CopyPhase.COPY_PHASE_CHECKING
    assert (responses[-1].phase, responses[-1].written_items) == (CopyPhase.COPY_PHASE_FINISHED, 2)


def test_second_call_finishes(copying: Copying, table_name: str) -> None:
    """A call after an interrupted one writes only the items that the target lacks."""
    items = [item(number) for number in range(9)]
    source = make(copying.engine, table_name, items)
    target = make(copying.engine, f"{table_name}-new", items[:4], title_key=True)
    with copying.client() as client:
        first = result(client, source, target)
        second = result(client, source, target)
    assert (first.written_items, first.skipped_items) == (5, 4)
    assert (second.written_items, second.skipped_items) == (0, 9)
    assert normal(scanned(copying.engine, target)) == normal(items)


def test_a_killed_server(embedded: Copying, start_engine: Callable[[str], Engine], table_name: str) -> None:
    """After a server was killed in the middle of a copy, a copy by another server writes the rest."""
    items = [item(number) for number in range(40)]
    source = make(embedded.engine, table_name, items)
    target = make(embedded.engine, f"{table_name}-new", title_key=True)
    slow = ("--region", "us-west-2", "--copy-max-items", "99", "--copy-units-per-second", "20")
    with (
        running_server("--endpoint-url", start_engine("ministack").url, *slow) as server,
        Client(server.address) as client,
    ):
        stream = client.copy_items(source, target)
        next(each for each in stream if each.phase == CopyPhase.COPY_PHASE_WRITING and each.written_items)
        server.process.kill()
        stream.close()
    with embedded.client() as client:
        last = result(client, source, target)
    assert 0 < last.skipped_items < 40
    assert last.written_items + last.skipped_items == 40
    assert normal(scanned(embedded.engine, target)) == normal(items)


def test_problems_are_counted(copying: Copying, table_name: str) -> None:
    """Items without a key attribute, with a wrong type, and with the same key are counted by kind."""
    source = make(
        copying.engine,
        table_name,
        [
            item(1),
            without(2, "Title"),
            without(3, "Title"),
            item(4, Year={"S": "1904"}),
            item(5, Title={"S": ""}),
            item(6, Title={"S": "x" * 2049}),
            item(7, Title={"S": "twice"}, Year={"N": "1"}),
            item(8, Title={"S": "twice"}, Year={"N": "1.0"}),
            item(9, Title={"S": "twice"}, Year={"N": "1"}),
        ],
    )
    target = make(copying.engine, f"{table_name}-new", title_key=True)
    with copying.client() as client:
        found = findings(client, source, target)
        with pytest.raises(
            FailedPrecondition,
            match=r"nothing was written: 3 items with the same new key.*; and 2 more kinds of problems",
        ) as info:
            result(client, source, target)
    assert found == {
        ("DUPLICATE_KEY", "", "", "", ""): 3,
        ("ATTRIBUTE_MISSING", "Title", "", "S", ""): 2,
        ("WRONG_TYPE", "Year", "", "N", "S"): 1,
        ("EMPTY_VALUE", "Title", "", "S", ""): 1,
        ("VALUE_TOO_LONG", "Title", "", "S", ""): 1,
    }
    assert info.value.reason == "ITEMS_NOT_COPYABLE"
    assert scanned(copying.engine, target) == []


def test_keys_of_indexes(copying: Copying, table_name: str) -> None:
    """An item may lack the key of an index, but not have it with another type."""
    source = make(copying.engine, table_name, [item(1), without(2, "Year"), item(3, Year={"S": "x"})])
    target = f"{table_name}-new"
    copying.engine.create_table(
        TableName=target,
        AttributeDefinitions=[
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "Title", "AttributeType": "S"},
            {"AttributeName": "Year", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "Title", "KeyType": "RANGE"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "ByYear",
                "KeySchema": [
                    {"AttributeName": "Artist", "KeyType": "HASH"},
                    {"AttributeName": "Year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    wait_active(copying.engine, target)
    with copying.client() as client:
        assert findings(client, source, target) == {("WRONG_TYPE", "Year", "ByYear", "N", "S"): 1}
        copying.engine.delete_item(TableName=source, Key={"Artist": {"S": "artist 3"}})
        assert result(client, source, target).written_items == 2


@pytest.mark.parametrize("foreign", [item(99), item(1, Price={"N": "1"})], ids=["strange", "changed"])
def test_other_items_stay(copying: Copying, table_name: str, foreign: Item) -> None:
    """A target with an item that the source does not have, or has otherwise, is left as it is."""
    source = make(copying.engine, table_name, [item(1), item(2)])
    target = make(copying.engine, f"{table_name}-new", [foreign], title_key=True)
    with copying.client() as client, pytest.raises(FailedPrecondition) as info:
        result(client, source, target)
    assert info.value.reason == "TARGET_HAS_OTHER_ITEMS"
    assert normal(scanned(copying.engine, target)) == normal([foreign])


@pytest.mark.parametrize("limits", [{"max_items": 2}, {"max_bytes": 200}])
def test_too_large(embedded: Copying, table_name: str, limits: dict[str, int]) -> None:
    """A table with more items or bytes than the request allows is not copied."""
    source = make(embedded.engine, table_name, [item(number) for number in range(3)])
    target = make(embedded.engine, f"{table_name}-new", title_key=True)
    with embedded.client() as client, pytest.raises(FailedPrecondition) as info:
        result(client, source, target, **limits)
    assert info.value.reason == "COPY_TOO_LARGE"
    assert next(iter(limits)) in str(info.value)
    assert scanned(embedded.engine, target) == []


def test_no_item_in_log_audit_or_error(embedded: Copying, table_name: str) -> None:
    """Log, audit records, responses and errors contain no value of an item, also when a copy fails."""
    secret = "Geheimnis-4711"
    source = make(
        embedded.engine, table_name, [item(1, Title={"S": secret}), item(2, Title={"N": "47114711"})]
    )
    target = make(embedded.engine, f"{table_name}-new", title_key=True)
    with embedded.client() as client:
        with pytest.raises(FailedPrecondition) as info:
            result(client, source, target)
        embedded.engine.delete_item(TableName=source, Key={"Artist": {"S": "artist 2"}})
        last = result(client, source, target)
    audit = embedded.audit.read_text()
    for text in (embedded.server.log, audit, str(info.value), repr(vars(info.value)), str(last)):
        assert secret not in text
        assert "47114711" not in text
    records = [json.loads(line) for line in audit.splitlines() if source in line]
    assert [each["status"] for each in records] == ["Intent", "Failure", "Intent", "Success"]
    assert {name["name"] for name in records[0]["resources"]} == {source, target}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"target_table_name": ""}, "target_table_name"),
        ({"target_table_name": "Music"}, "target_table_name"),
        ({"source_table_name": "arn:aws:dynamodb:us-west-2:111122223333:table/Music"}, "source_table_name"),
        ({"max_items": 2001}, "max_items"),
        ({"max_items": 0}, "max_items"),
        ({"max_bytes": 500_001}, "max_bytes"),
        ({"max_units_per_second": 100_001.0}, "max_units_per_second"),
        ({"max_units_per_second": 0.5}, "max_units_per_second"),
        ({"max_units_per_second": float("nan")}, "max_units_per_second"),
    ],
)
def test_invalid_requests(embedded: Copying, fields: dict[str, Any], field: str) -> None:
    """A request beyond the limits of the operator names the field."""
    named = {"source_table_name": "Music", "target_table_name": "MusicNew", **fields}
    with embedded.client() as client, pytest.raises(InvalidArgument) as info:
        result(client, named.pop("source_table_name"), named.pop("target_table_name"), **named)
    assert [each.field for each in info.value.field_violations] == [field]


def test_operations_table_is_not_copied(embedded: Copying) -> None:
    """The table of operations is neither source nor target."""
    with embedded.client() as client:
        for tables in (("tableadmin-operations", "Music"), ("Music", "tableadmin-operations")):
            with pytest.raises(FailedPrecondition) as info:
                result(client, *tables)
            assert info.value.reason == "RESERVED_TABLE"


def test_off_by_default(server: ServerProcess) -> None:
    """A server whose operator has not enabled copies reads no items, and says how to enable them."""
    with Client(server.address) as client, pytest.raises(FailedPrecondition, match="copy_max_items") as info:
        result(client, "Music", "MusicNew")
    assert info.value.reason == "COPIES_DISABLED"
