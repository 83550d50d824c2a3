"""What bad input gets: one line on standard error, an exit code, and nothing created or lost."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, Run, runner
from tests.engines import Engine
from tests.server_process import ServerProcess

KEY = ["--hash-key", "A:S"]
CAPACITY = ["--read", "1", "--write", "1"]
GSI = "name=Idx,hash=G:S,read=1,write=1"


def _line(ran: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line that RAN wrote on standard error, after ending with CODE and no output."""
    assert (code, "") == (ran.returncode, ran.stdout)
    assert 1 == len(ran.stderr.splitlines()), ran.stderr
    assert ran.stderr.startswith("tablectl: ")
    return ran.stderr


@pytest.fixture
def strict(
    environment: dict[str, str],
    start_engine: Callable[[str], Engine],
    start_server: Callable[[Engine], ServerProcess],
) -> Run:
    """Run tablectl against DynamoDB Local, which is as strict as AWS."""
    server = start_server(start_engine("dynamodb-local"))
    return runner({**environment, "TABLEADMIN_SERVER": server.address})


def _file(**members: object) -> list[str]:
    return ["--cli-input-json", json.dumps(members)]


REFUSED = {
    "name of 2": (["Mu", *KEY, *CAPACITY], "table_name"),
    "name of 256": (["M" * 256, *KEY, *CAPACITY], "table_name"),
    "undefined key attribute": (
        ["NAME", *CAPACITY, *_file(KeySchema=[{"AttributeName": "A", "KeyType": "HASH"}])],
        "",
    ),
    "unused attribute definition": (
        [
            "NAME",
            *KEY,
            *CAPACITY,
            *_file(AttributeDefinitions=[{"AttributeName": "Z", "AttributeType": "S"}]),
        ],
        "",
    ),
    "missing throughput": (["NAME", *KEY, *_file(TableClass="STANDARD")], "provisioned_throughput"),
    "zero capacity": (["NAME", *KEY, "--read", "0", "--write", "1"], "read_capacity_units"),
    "21 indexes": (
        [
            "NAME",
            *KEY,
            *CAPACITY,
            *(each for n in range(21) for each in ("--gsi", GSI.replace("Idx", f"Idx{n}"))),
        ],
        "",
    ),
    "duplicate index": (["NAME", *KEY, *CAPACITY, "--gsi", GSI, "--gsi", GSI], ""),
    "local index without a range key": (
        [
            *("NAME", *KEY, *CAPACITY),
            *_file(LocalSecondaryIndexes=[{"IndexName": "Idx", "Projection": {"ProjectionType": "ALL"}}]),
        ],
        "",
    ),
    "INCLUDE without attributes": (["NAME", *KEY, *CAPACITY, "--gsi", f"{GSI},projection=INCLUDE"], ""),
    "stream without a view type": (
        ["NAME", *KEY, *CAPACITY, *_file(StreamSpecification={"StreamEnabled": True})],
        "",
    ),
}


@pytest.mark.parametrize(("arguments", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_tables(strict: Run, table_name: str, arguments: list[str], field: str) -> None:
    """A refused table ends in one line with reason, field and request id, and is not created."""
    line = _line(
        strict("table", "create", *(table_name if each == "NAME" else each for each in arguments)), 1
    )
    for fact in ("VALIDATION_EXCEPTION; ", field, "request "):
        assert fact in line
    assert table_name not in strict("table", "list").stdout.splitlines()


def test_throughput_with_on_demand(tablectl: Run, table_name: str) -> None:
    """Capacity for a table on demand is refused by engines that look; DynamoDB Local does not."""
    line = _line(tablectl("table", "create", table_name, *KEY, *CAPACITY, "--on-demand"), 1)
    assert "VALIDATION_EXCEPTION; " in line
    assert table_name not in tablectl("table", "list").stdout.splitlines()


def test_unknown_table(tablectl: Run) -> None:
    """A table that is not there is NOT_FOUND in one line, whatever is asked of it."""
    for command in (
        ["table", "describe", "Nowhere"],
        ["table", "update", "Nowhere", "--read", "3"],
        ["table", "delete", "Nowhere", "--yes"],
        ["tag", "list", "Nowhere"],
        ["ttl", "show", "Nowhere"],
        ["index", "list", "Nowhere"],
    ):
        line = _line(tablectl(*command), 1)
        assert "RESOURCE_NOT_FOUND_EXCEPTION" in line
        assert "request " in line


def test_existing_table(tablectl: Run, table: str) -> None:
    """A table that exists is not created again."""
    line = _line(tablectl("table", "create", table, *KEY, *CAPACITY), 1)
    assert "RESOURCE_IN_USE_EXCEPTION" in line


def test_protected_table(tablectl: Run, table: str) -> None:
    """A table under deletion protection is not deleted."""
    tablectl("table", "update", table, "--deletion-protection")
    assert "protect" in _line(tablectl("table", "delete", table, "--yes"), 1)
    assert table in tablectl("table", "list").stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table", "create"], "Missing argument 'TABLE'"),
        (["table", "create", "Tab", "--hash-key", "Artist"], "such as Artist:S"),
        (["table", "create", "Tab", *KEY, "--read", "five"], "'five' is not a whole number"),
        (["table", "create", "Tab", *KEY, "--gsi", "nam=I"], "did you mean name=?"),
        (
            ["table", "create", "Tab", *KEY, "--gsi", "name=I,hash=A:N"],
            "A is S in one option and N in another",
        ),
        (["table", "create", "Tab", *KEY, "--lsi", "name=I"], "range= is missing"),
        (["table", "create", "Tab", *KEY, "--stream", "ALL"], "'ALL' is not one of"),
        (["table", "create", "Tab", *KEY, "--tag", "team"], "'team' is not KEY=VALUE"),
        (["table", "create", "Tab", *KEY, "--wait-timeout", "soon"], "'soon' is not a duration"),
        (["table", "create", "Tab", *KEY], "Give --read and --write, or --on-demand."),
        (["table", "list", "--query", "Table.["], "not a JMESPath expression: Incomplete expression. Try"),
        (["table", "update", "Tab"], "No changes given."),
        (["index", "update", "Tab", "Idx"], "No changes given."),
        (["index", "create", "Tab", "Idx"], "Missing option '--hash-key'"),
        (["index", "create", "Tab", "Idx", *KEY, "--projection", "SOME"], "is not ALL, KEYS_ONLY or INCLUDE"),
        (["tag", "set", "Tab", "team"], "'team' is not KEY=VALUE"),
        (["table", "list", "--timeout", "soon"], "'soon' is not a duration"),
        (["table", "list", "--max-items", "0"], "0 is not in the range"),
        (["call", "ListTables", "{"], "the argument is not valid JSON (line 1, column 2): "),
        (["call", "ListTables", "nowhere.json"], "nowhere.json: No such file or directory"),
        (["call", "ListTables", "-"], "standard input is not valid JSON (line "),
        (
            ["call", "ListTables", '{"Limt": 3}'],
            "Limt: unknown member of ListTablesRequest, did you mean 'Limit'?",
        ),
        (["call", "ListTables", '{"Limit": "3"}'], "Limit: must be a whole number of 32 bits"),
        (["table", "delete", "Tab"], "Without a terminal, tablectl requires --yes"),
        (["index", "delete", "Tab", "Idx"], "Without a terminal, tablectl requires --yes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(offline: Run, arguments: list[str], message: str) -> None:
    """Wrong usage ends with exit code 64 before anything is called."""
    assert message in _line(offline(*arguments), 64)


def test_a_list_is_no_request(offline: Run, tmp_path: Path) -> None:
    """A file that holds other JSON than an object, or no text, is refused by name."""
    file = tmp_path / "list.json"
    file.write_text("[1]")
    assert f"{file} must be a JSON object" in _line(offline("call", "ListTables", str(file)), 64)
    file.write_bytes(b"\xff\xfe{")
    assert f"{file}: not UTF-8" in _line(offline("table", "create", "--cli-input-json", str(file)), 64)


def test_no_server(offline: Run) -> None:
    """Where nothing listens, the line says how to start a server or name another, and the exit code is 1."""
    line = _line(offline("table", "list"), 1)
    assert "127.0.0.1:1" in line
    assert "tableadmin-server --embedded" in line
    assert "--server" in line


def test_unknown_endpoint(tablectl: Run) -> None:
    """An endpoint that the server does not have is named in the error."""
    assert "'nowhere'" in _line(tablectl("table", "list", "--endpoint", "nowhere"), 1)


def test_a_closed_pipe(served: dict[str, str], table: str) -> None:
    """A reader that leaves early, as head does, ends tablectl in silence."""
    describe = [str(PROGRAM), "call", "DescribeTable", json.dumps({"TableName": table})]
    with subprocess.Popen(
        describe, env=served, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "" == process.stderr.read()
    assert 141 == process.returncode


def test_a_full_disk(served: dict[str, str], table: str) -> None:
    """Output that can't be written is told in one line."""
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [PROGRAM, "table", "describe", table],
            env=served,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (1, b"tablectl: output: No space left on device\n") == (ran.returncode, ran.stderr)


def test_a_fault_of_its_own(offline: Run) -> None:
    """A fault of tablectl itself is one line too, and TABLEADMIN_TRACEBACK=1 shows where it is."""
    # A lone surrogate, which is how Python reads bytes that are no text, is nothing that gRPC takes.
    faulty = ["table", "list", "--server", "h\udcff:1"]
    assert "internal error in tablectl" in _line(offline(*faulty), 1)
    assert "Traceback" in offline(*faulty, TABLEADMIN_TRACEBACK="1").stderr
