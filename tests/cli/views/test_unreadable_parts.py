"""What tablectl shows of tables and parts that the service may not read."""

import json
from collections.abc import Iterator

import pytest

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.cli.views.unreadable_parts import unreadable_lines
from tableadmin.cli.views.wide_columns import COLUMNS, cells
from tableadmin.v1 import TableState
from tests.cli.commands.test_table_list_wide import MUSIC
from tests.cli.piping import piped
from tests.cli.running import PROGRAM, Run, process_runner, runner
from tests.cli.terminal import Terminal
from tests.server.harness.scripted_endpoint import Answer, Seen, answer, error, serving
from tests.server_process import running_server
from tests.watching.harness.account import active

DENIED = error("AccessDeniedException", "not authorized")
FORBIDDEN = {("DescribeTable", "Secret"), ("DescribeContinuousBackups", "Books")}


class Account:
    """A step that answers as an endpoint with three tables, where some of it is FORBIDDEN."""

    def __init__(self) -> None:
        self.forbidden = set(FORBIDDEN)

    def __call__(self, seen: Seen) -> Answer:
        """Answer reads."""
        name = str(json.loads(seen.body).get("TableName", ""))
        if (seen.operation, name) in self.forbidden:
            return DENIED(seen)
        answers: dict[str, object] = {
            "ListTables": {"TableNames": ["Books", "Music", "Secret"]},
            "DescribeTable": {"Table": active(name)},
            "DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
            "DescribeContinuousBackups": {
                "ContinuousBackupsDescription": {
                    "ContinuousBackupsStatus": "ENABLED",
                    "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
                }
            },
            "ListTagsOfResource": {"Tags": []},
        }
        return answer(answers[seen.operation])(seen)


@pytest.fixture
def account() -> Account:
    """What the endpoint answers in this test."""
    return Account()


@pytest.fixture
def guarded(environment: dict[str, str], account: Account) -> Iterator[dict[str, str]]:
    """The environment of a user whose service may not read everything."""
    with (
        serving(account) as endpoint,
        running_server(
            "--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", ""
        ) as server,
    ):
        yield {**environment, "TABLEADMIN_SERVER": server.address}


@pytest.fixture
def tablectl(guarded: dict[str, str]) -> Run:
    """Run tablectl as that user."""
    return runner(guarded)


TABLE_LINE = "tablectl: can't read table Secret: not authorized\n"
PART_LINE = "tablectl: can't read point-in-time recovery of table Books: not authorized\n"


def test_wide(tablectl: Run) -> None:
    """--wide names every table, says why of some there is nothing to see, and exits 1."""
    ran = tablectl("table", "list", "--wide")
    rows = {line.split()[0]: line.split() for line in ran.stdout.splitlines()[1:]}
    assert ["Secret", "UNREADABLE"] == rows["Secret"]
    assert ["Books", "ACTIVE", "PROVISIONED", "0", "DISABLED", "UNREADABLE"] == rows["Books"][:6]
    assert ["Music", "ACTIVE", "PROVISIONED", "0", "DISABLED", "ENABLED"] == rows["Music"][:6]
    assert (1, sorted([PART_LINE, TABLE_LINE])) == (
        ran.returncode,
        sorted(ran.stderr.splitlines(keepends=True)),
    )


def test_json(tablectl: Run) -> None:
    """-o json has the table with its name, and what can't be read with why."""
    ran = tablectl("table", "list", "--wide", "--filter", "table=Secret", "-o", "json")
    why = {"Part": "DESCRIPTION", "Code": 7, "Reason": "ACCESS_DENIED_EXCEPTION", "Message": "not authorized"}
    expected = {"Table": {"TableName": "Secret"}, "UnreadableParts": [why]}
    assert [expected] == [
        {key: value for key, value in each.items() if value} for each in json.loads(ran.stdout)["Tables"]
    ]
    assert (1, TABLE_LINE) == (ran.returncode, ran.stderr)


def test_filters(tablectl: Run) -> None:
    """What can't be read passes no filter, and is told of unless its name rules it out."""
    ran = tablectl("table", "list", "--filter", "status=ACTIVE", "--filter", "pitr=ENABLED")
    assert (1, "Music\n") == (ran.returncode, ran.stdout)
    assert {PART_LINE, TABLE_LINE} == set(ran.stderr.splitlines(keepends=True))
    ran = tablectl("table", "list", "--filter", "table=Music", "--sort", "size")
    assert (0, "Music\n", "") == (ran.returncode, ran.stdout, ran.stderr)
    assert "Secret\n" == tablectl("table", "list", "--filter", "status=unreadable").stdout


def test_names_alone_need_no_rights(tablectl: Run) -> None:
    """The plain list of names is as ever."""
    ran = tablectl("table", "list")
    assert (0, "Books\nMusic\nSecret\n", "") == (ran.returncode, ran.stdout, ran.stderr)


def test_watch_on_a_terminal(guarded: dict[str, str], account: Account) -> None:
    """A live table has them all, says which can't be read and why, and when that is over."""
    session = Terminal([str(PROGRAM), "watch", "--all"], guarded, columns=200)
    screen = session.read_until("watching 3 tables; can't read")
    assert "UNREADABLE" in screen
    assert "table Secret: not authorized" in screen
    account.forbidden.clear()
    session.read_until("ago: can be read again")
    session.type("\x03")
    assert 130 == session.end()


def test_watch_in_a_pipe(guarded: dict[str, str]) -> None:
    """In a pipe the line of such a table says what can't be read; a watch by its name is an error."""
    with piped(guarded, "watch", "--prefix", "S") as process:
        assert process.stdout is not None
        snapshot = json.loads(process.stdout.readline())
    assert ("SNAPSHOT", "Secret") == (snapshot["type"], snapshot["table"])
    assert ["DESCRIPTION"] == [each["Part"] for each in snapshot["state"]["UnreadableParts"]]
    ran = process_runner(guarded)("watch", "Secret")
    assert (1, "") == (ran.returncode, ran.stdout)
    assert "not authorized" in ran.stderr


def unreadable(name: str, part: str, message: str) -> TableState:
    """The state of a table of which PART can't be read."""
    why: AwsDict = {"Part": part, "Code": 7, "Reason": "ACCESS_DENIED_EXCEPTION", "Message": message}
    return from_aws({"Table": {"TableName": name}, "UnreadableParts": [why]}, TableState)


def test_one_line_for_many() -> None:
    """Many tables that can't be read for one reason are one line."""
    states = [unreadable(f"table-{number}", "DESCRIPTION", f"not {number}") for number in range(1000)]
    states += [MUSIC, unreadable("Books", "TAGS", "no tags"), unreadable("Music", "TAGS", "none")]
    assert [
        "can't read 1000 tables, table-0 among them: not 0",
        "can't read tags of 2 tables, Books among them: no tags",
    ] == list(unreadable_lines(states))


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("DESCRIPTION", ["Music", "UNREADABLE", "", "", "", "", "", "", ""]),
        ("TIME_TO_LIVE", ["Music", "", "PROVISIONED", "", "0", "UNREADABLE", "", "0 B", "0"]),
    ],
)
def test_rows(part: str, shown: list[str]) -> None:
    """A row says once that nothing is known of a table, and of a part that it is not known."""
    assert shown == cells(unreadable("Music", part, "no"), COLUMNS)
