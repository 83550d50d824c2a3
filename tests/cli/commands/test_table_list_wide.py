"""`tablectl table list --wide`, --sort and --filter."""

import json
from collections.abc import Callable, Iterator

import pytest

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.cli.views.wide_columns import COLUMNS, cells, parse_filter, select_tables
from tableadmin.v1 import TableState
from tests.cli.running import Run
from tests.cli.terminal import Terminal


def state(name: str, **members: object) -> TableState:
    """The state of a table with these MEMBERS of DescribeTable."""
    table = {"TableName": name, "TableStatus": "ACTIVE", "ItemCount": 0, "TableSizeBytes": 0, **members}
    whole: AwsDict = {
        "Table": table,  # type: ignore[dict-item] # members are whatever a test gives
        "TimeToLive": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"},
        "ContinuousBackups": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
        },
    }
    return from_aws(whole, TableState)


MUSIC = state(
    "Music",
    ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 5},
    GlobalSecondaryIndexes=[
        {"IndexName": "Artist", "IndexStatus": "ACTIVE"},
        {"IndexName": "Genre", "IndexStatus": "CREATING", "Backfilling": True},
    ],
    LocalSecondaryIndexes=[{"IndexName": "Year"}],
    ItemCount=9,
    TableSizeBytes=2048,
)
FILMS = state("Films", BillingModeSummary={"BillingMode": "PAY_PER_REQUEST"}, ItemCount=10, TableSizeBytes=1)
BARE = TableState(table=from_aws({"Table": {"TableName": "bare"}}, TableState).table)
STATES = [MUSIC, FILMS, BARE]


def test_a_row_says_what_is_worth_knowing() -> None:
    """A row has everything about a table at a glance; what is not known stays empty."""
    assert [
        *("Music", "ACTIVE", "PROVISIONED", "10 read, 5 write", "3; Genre CREATING, backfilling"),
        *("ENABLED expires", "ENABLED", "2.0 KiB", "9"),
    ] == cells(MUSIC, COLUMNS)
    assert "PAY_PER_REQUEST" == cells(FILMS, ["billing"])[0]
    assert ["bare", "", "PROVISIONED", "", "0", "", "", "0 B", "0"] == cells(BARE, COLUMNS)


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("table", ["Films", "Music", "bare"]),
        ("status", ["bare", "Films", "Music"]),
        ("size", ["Music", "Films", "bare"]),
        ("items", ["Films", "Music", "bare"]),
        ("capacity", ["Music", "Films", "bare"]),
        ("indexes", ["Music", "Films", "bare"]),
    ],
)
def test_texts_go_up_and_numbers_down(sort: str, names: list[str]) -> None:
    """Texts sort from A to Z, numbers as numbers and the largest first, and names decide between equals."""
    assert names == [each.table.table_name for each in select_tables(STATES, [], sort)]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["status=active"], ["Films", "Music"]),
        (["status=ACTIVE", "Billing=PROVISIONED"], ["Music"]),
        (["table=*us*"], ["Music"]),
        (["indexes=CREATING"], ["Music"]),
        (["indexes=3"], ["Music"]),
        (["ttl="], ["bare"]),
        (["ttl=expires"], ["Films", "Music"]),
        (["items=1"], []),
        (["items=1?"], ["Films"]),
    ],
    ids=str,
)
def test_filters(filters: list[str], names: list[str]) -> None:
    """All filters have to pass: by the cell or one word of it, in any case, with * and ?."""
    found = select_tables(STATES, [parse_filter(each) for each in filters], "table")
    assert names == [each.table.table_name for each in found]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--filter", "status"], "'status' should be COLUMN=VALUE"),
        (["--filter", "statsu=ACTIVE"], "there is no column 'statsu'; did you mean status?"),
        (["--filter", "colour=red"], "it is one of table, status,"),
        (["--sort", "colour"], "'colour' is not one of 'table', 'status'"),
    ],
)
def test_no_such_column(offline: Run, given: list[str], said: str) -> None:
    """A column that is none is a matter of usage."""
    ran = offline("table", "list", *given)
    assert (64, "") == (ran.returncode, ran.stdout)
    assert said in ran.stderr


@pytest.fixture
def tables(tablectl: Run, table_name: str) -> Iterator[str]:
    """Three tables whose names begin so: -a is provisioned, -b is on demand, -c has time to live."""
    for suffix in "abc":
        capacity = ["--read", "3", "--write", "4"] if suffix == "a" else ["--on-demand"]
        tablectl("table", "create", f"{table_name}-{suffix}", "--hash-key", "A:S", *capacity)
    tablectl("ttl", "enable", f"{table_name}-c", "expires")
    yield table_name
    for suffix in "abc":
        tablectl("table", "delete", f"{table_name}-{suffix}", "--yes")


def test_wide(tablectl: Run, tables: str) -> None:
    """--wide has a row for each table, with what else is to be asked for: TTL and PITR."""
    ran = tablectl("table", "list", "--wide", "--filter", f"table={tables}*")
    assert (0, "") == (ran.returncode, ran.stderr)
    heads, *rows = [line.split() for line in ran.stdout.splitlines()]
    assert [column.upper() for column in COLUMNS] == heads
    assert [f"{tables}-{suffix}" for suffix in "abc"] == [row[0] for row in rows]
    assert ["ACTIVE", "PROVISIONED", "3", "read,", "4", "write", "0", "DISABLED"] == rows[0][1:9]
    assert ["ACTIVE", "PAY_PER_REQUEST", "0", "ENABLED", "expires"] == rows[2][1:6]


def test_names_alone(tablectl: Run, tables: str) -> None:
    """Without --wide, --filter and --sort list names, one a line, for a script."""
    mine = ["--filter", f"table={tables}*"]
    ran = tablectl("table", "list", *mine, "--filter", "billing=PROVISIONED")
    assert f"{tables}-a\n" == ran.stdout
    ran = tablectl("table", "list", *mine, "--sort", "ttl", "--max-items", "2", "-o", "json")
    assert {"TableNames": [f"{tables}-a", f"{tables}-b"]} == json.loads(ran.stdout)
    assert "no tables\n" == tablectl("table", "list", "--filter", "table=none").stderr


def test_wide_json(tablectl: Run, tables: str) -> None:
    """-o json is the whole state of each table, as boto3 describes it."""
    ran = tablectl("table", "list", "-w", "--filter", f"table={tables}-c", "-o", "json")
    (found,) = json.loads(ran.stdout)["Tables"]
    described = json.loads(tablectl("table", "describe", f"{tables}-c", "-o", "json").stdout)
    assert described["Table"] == found["Table"]
    assert "expires" == found["TimeToLive"]["AttributeName"]


def test_a_bar_while_it_streams(terminal: Callable[..., Terminal], tables: str) -> None:
    """On a terminal a bar counts the tables as they come and leaves nothing behind."""
    session = terminal("table", "list", "--wide", "--filter", f"table={tables}*", columns=140)
    assert 0 == session.end()
    assert "0/" in session.screen
    assert session.raw.index("tables") < session.raw.index("\x1b[1A\x1b[2K") < session.raw.index("TABLE")
