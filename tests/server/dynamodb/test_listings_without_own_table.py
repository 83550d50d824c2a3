"""Listings do not show the service's own table: neither in a page nor as a cursor."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from tableadmin import Client
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.listings import LISTINGS
from tests.engines import Engine
from tests.parity import CONTRACT
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, serving
from tests.server_process import ServerProcess, running_server

REGION = "us-west-2"
OWN = "m-operations"
ARN = f"arn:aws:dynamodb:{REGION}:123456789012"

# What an item of each listing looks like that is of a table.
ITEMS: dict[str, Callable[[str], Any]] = {
    "ListBackups": lambda table: {"TableName": table, "BackupArn": f"{ARN}:table/{table}/backup/1"},
    "ListBulkOperations": lambda table: {"BulkOperationArn": f"{ARN}:table/{table}/bulk-operation/1"},
    "ListContributorInsights": lambda table: {"TableName": table},
    "ListExports": lambda table: {"ExportArn": f"{ARN}:table/{table}/export/1"},
    "ListGlobalTables": lambda table: {"GlobalTableName": table},
    "ListImports": lambda table: {"TableArn": f"{ARN}:table/{table}", "ImportArn": "arn"},
    "ListTables": lambda table: table,
}
# With the own table first, in the middle, last, alone, missing, and several times, as backups may be.
TABLES: Sequence[Sequence[str]] = (
    (OWN, "n", "o", "p"),
    ("a", "b", OWN, "n", "o"),
    ("a", "b", "c", OWN),
    (OWN,),
    ("a", "b", "c"),
    (),
)
BACKED_UP = ("a", OWN, OWN, "b", OWN, OWN, OWN, "c", OWN)


def paged(operation: str, tables: Sequence[str]) -> Callable[[Seen], Answer]:
    """An endpoint that pages through one item a table as AWS does: a full page has a cursor."""
    listing, item = LISTINGS[operation], ITEMS[operation]

    def step(seen: Seen) -> Answer:
        asked = json.loads(seen.body)
        start = int(str(asked.get(listing.token_in, "x-0")).rpartition("-")[2])
        end = start + asked.get(listing.page_size, 3)
        body: dict[str, Any] = {listing.items: [item(table) for table in tables[start:end]]}
        if end < len(tables) or (end == len(tables) and start != end):
            body[listing.token_out] = f"{ARN}:{tables[end - 1]}{'':x>112}-{end}"
        return Answer(body=json.dumps(body).encode())

    return step


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEndpoint]:
    """An endpoint of the test's own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with serving() as endpoint:
        yield endpoint


Pages = list[tuple[list[Any], str | None, int]]
PagesOf = Callable[..., Coroutine[Any, Any, Pages]]


@pytest.fixture
async def pages_of(scripted: ScriptedEndpoint) -> AsyncIterator[PagesOf]:
    """Page through a listing: the items, the cursor and the number of calls to the endpoint of each page."""
    endpoint = Endpoint(
        "scripted", EndpointConfig(endpoint_url=scripted.url, region=REGION, operations_table=OWN)
    )

    async def all_pages(operation: str, limit: int | None, **asked: str) -> Pages:
        listing = LISTINGS[operation]
        pages: Pages = []
        params: dict[str, Any] = {**asked, **({} if limit is None else {str(listing.page_size): limit})}
        while True:
            scripted.seen.clear()
            page: dict[str, Any] = (await endpoint.call(operation, params)).data
            token = page.get(listing.token_out)
            pages.append((page[listing.items], token, len(scripted.seen)))
            if token in {None, params.get(listing.token_in)}:
                return pages
            params[listing.token_in] = token

    yield all_pages
    endpoint.close()


def test_each_listing_is_covered() -> None:
    """Each RPC that lists is here, but for the one whose items are of the resource that is asked for."""
    listing = {method.name for method in CONTRACT.methods if method.name.startswith("List")}
    assert listing == {*LISTINGS, "ListTagsOfResource"}
    assert ITEMS.keys() == LISTINGS.keys()


@pytest.mark.parametrize("operation", LISTINGS)
async def test_pages(scripted: ScriptedEndpoint, pages_of: PagesOf, operation: str) -> None:
    """Pages are full until the last, hold all the rest once and in order, and no cursor names the table."""
    several = () if operation in {"ListTables", "ListGlobalTables"} else (BACKED_UP,)
    for tables, limit in itertools.product((*TABLES, *several), (1, 2, 3, 10, None)):
        scripted.step = paged(operation, tables)
        pages = await pages_of(operation, limit)
        items = [item for page, _, _ in pages for item in page]
        assert [ITEMS[operation](table) for table in tables if table != OWN] == items
        for page, cursor, _ in pages[:-1]:
            assert len(page) == (limit or 3)
            assert cursor is not None
            assert OWN not in cursor


@pytest.mark.parametrize("operation", LISTINGS)
async def test_calls(scripted: ScriptedEndpoint, pages_of: PagesOf, operation: str) -> None:
    """A page that does not meet the table takes one call, and the one that does takes one more."""
    scripted.step = paged(operation, ("a", "b", "c", OWN, "n", "o", "p"))
    assert [1, 2, 1] == [calls for _, _, calls in await pages_of(operation, 2)][:3]


async def test_asked_for_by_name(scripted: ScriptedEndpoint, pages_of: PagesOf) -> None:
    """Who asks for what is of the table is told: reads of it are free."""
    scripted.step = paged("ListBackups", (OWN, OWN))
    pages = await pages_of("ListBackups", None, TableName=OWN)
    assert [2] == [len(items) for items, _, _ in pages]


async def test_a_cursor_that_stays(scripted: ScriptedEndpoint, pages_of: PagesOf) -> None:
    """An endpoint whose cursor never moves is not asked for ever."""
    stuck = {"TableNames": [OWN], "LastEvaluatedTableName": "zzz"}
    scripted.step = lambda _: Answer(body=json.dumps(stuck).encode())
    assert [2, 2] == [calls for _, _, calls in await pages_of("ListTables", 1)]


@pytest.fixture(scope="module")
def reserving(engine: Engine) -> Iterator[ServerProcess]:
    """A server in front of each engine in turn, with an own table that sorts among those of the test."""
    flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "m-5-operations")
    boto3 = engine.boto3()
    names = [f"m-{number}" for number in range(10)]
    for name in (*names, "m-5-operations"):
        boto3.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    with running_server(*flags) as server:
        yield server
    for name in (*names, "m-5-operations"):
        boto3.delete_table(TableName=name)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_engines(reserving: ServerProcess, limit: int) -> None:
    """An engine's tables are listed once each in full pages, whatever their size, without the own one."""
    with Client(reserving.address, timeout=60) as client:
        pages = list(client.list_tables.pages(limit=limit))
        assert "m-5-operations" not in {page.last_evaluated_table_name for page in pages}
        names = [name for page in pages for name in page.table_names]
        assert [f"m-{number}" for number in range(10)] == sorted(
            name for name in names if name.startswith("m-")
        )
        assert {limit} >= {len(page.table_names) for page in pages[:-1]}


def test_watches(reserving: ServerProcess) -> None:
    """A watch of all tables does not show it."""
    with Client(reserving.address, timeout=60) as client:
        seen = {
            event.table.table_name
            for event in client.watch(all_tables=True, snapshot_only=True)
            if event.WhichOneof("event") == "table"
        }
    assert {f"m-{number}" for number in range(10)} <= seen
    assert "m-5-operations" not in seen
