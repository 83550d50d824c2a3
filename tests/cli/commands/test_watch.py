"""`tablectl watch`, as a user has it on a terminal and a script has it in a pipe."""

import json
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
import yaml

from tableadmin.cli.commands.watch import PARTS
from tableadmin.v1 import TablePart
from tests.cli.piping import piped
from tests.cli.running import PROGRAM, Run, process_runner
from tests.cli.terminal import Terminal
from tests.engines import Engine
from tests.measuring import least
from tests.server_process import running_server

StartTerminal = Callable[..., Terminal]

ON_DEMAND = ("--hash-key", "A:S", "--on-demand", "--wait")


def line(process: "subprocess.Popen[str]") -> dict[str, object]:
    """The next line that PROCESS writes, from JSON."""
    assert process.stdout is not None
    read: dict[str, object] = json.loads(process.stdout.readline())
    return read


def test_a_pipe_gets_a_json_object_a_line(served: dict[str, str], tablectl: Run, table: str) -> None:
    """Each event is one line: when, what, which table, what has changed, and the table as boto3 shows it."""
    with piped(served, "watch", table) as process:
        snapshot = line(process)
        assert ["time", "type", "table", "changes", "state"] == list(snapshot)
        assert ("SNAPSHOT", table, []) == (snapshot["type"], snapshot["table"], snapshot["changes"])
        described = json.loads(tablectl("table", "describe", table, "-o", "json").stdout)
        assert isinstance(snapshot["state"], dict)
        assert described["Table"] == snapshot["state"]["Table"]
        assert "DISABLED" == snapshot["state"]["TimeToLive"]["TimeToLiveStatus"]
        assert ["time", "type"] == list(checkpoint := line(process))
        assert "CHECKPOINT" == checkpoint["type"]
        tablectl("tag", "set", table, "team=audio")
        changed = line(process)
        tags = {"aspect": "TAGS", "subject": "", "before": None, "after": {"team": "audio"}}
        assert ("CHANGED", [tags]) == (changed["type"], changed["changes"])
        tablectl("table", "delete", table, "--yes", "--wait")
        seen = [line(process)]
        while seen[-1]["type"] != "DELETED":
            seen.append(line(process))
        assert seen[-1]["state"] is None


def test_every_part_of_the_contract_has_a_word() -> None:
    """What the contract can watch, the command can."""
    words = {name.removeprefix("TABLE_PART_").lower().replace("_", "-") for name in TablePart.keys()[1:]}
    assert words == set(PARTS)


def test_parts(served: dict[str, str], table: str) -> None:
    """`--part` names the parts that are watched, also those that are not watched otherwise."""
    with piped(served, "watch", table, "--part", "kinesis", "--part", "resource-policy") as process:
        snapshot = line(process)
        assert isinstance(snapshot["state"], dict)
        assert {"Table", "KinesisDestinations", "ResourcePolicy"} >= snapshot["state"].keys()
        assert "TimeToLive" not in snapshot["state"]


def test_json_and_yaml_are_asked_for(terminal: StartTerminal, served: dict[str, str], table: str) -> None:
    """On a terminal `-o json` is one line an event too, and `-o yaml` is a document for each."""
    session = terminal("watch", "--prefix", table, "-o", "json", columns=200)
    session.read_until('"CHECKPOINT"}')
    session.type("\x03")
    assert 130 == session.end(), session.screen
    assert table == json.loads(session.screen.splitlines()[0])["table"]
    with piped(served, "watch", table, "-o", "yaml") as process:
        assert process.stdout is not None
        assert "---\n" == process.stdout.readline()
        text = "".join(iter(process.stdout.readline, "---\n"))
    assert "SNAPSHOT" == yaml.safe_load(text)["type"]


def test_a_closed_pipe_ends_it(served: dict[str, str], table: str) -> None:
    """`tablectl watch | head -1` ends at once, though nothing happens that could be written."""

    def seconds() -> float:
        with piped(served, "watch", table) as process:
            assert "SNAPSHOT" == line(process)["type"]
            assert "CHECKPOINT" == line(process)["type"]
            assert process.stdout is not None
            assert process.stderr is not None
            began = time.monotonic()
            process.stdout.close()
            assert 141 == process.wait(60)
            taken = time.monotonic() - began
            assert "" == process.stderr.read()
            process.stdout = None
        return taken

    assert least(seconds, 5) < 5


def test_ctrl_c_in_a_pipe(served: dict[str, str], table: str) -> None:
    """An interrupt ends it with 130 and says nothing."""
    with piped(served, "watch", table) as process:
        line(process)
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(60)
        assert process.stderr is not None
        assert "" == process.stderr.read().strip()


def test_the_table_lives(terminal: StartTerminal, tablectl: Run, table: str) -> None:
    """On a terminal each table has a row, which says what has changed last; Ctrl-C leaves it there."""
    session = terminal("watch", "--prefix", table, columns=140)
    session.read_until("watching 1 table")
    assert ["TABLE", "STATUS", "BILLING", "CAPACITY"] == session.screen.split()[:4]
    assert 0 == tablectl("table", "update", table, "--read", "7", "--write", "8", "--wait").returncode
    session.read_until("7 read, 8 write")
    session.read_until("ago: ")
    assert 0 == tablectl("table", "create", f"{table}-b", *ON_DEMAND).returncode
    session.read_until("created")
    assert 0 == tablectl("table", "delete", f"{table}-b", "--yes", "--wait").returncode
    session.read_until("not there")
    session.type("\x03")
    assert 130 == session.end()
    assert "Traceback" not in session.screen
    assert session.raw.rstrip().endswith("\x1b[?25h")


def test_what_does_not_fit_is_counted(served: dict[str, str], tablectl: Run, table: str) -> None:
    """A table that is higher than its terminal shows what changed last, and how many it leaves out."""
    names = [f"{table}-{number}" for number in range(3)]
    for name in names:
        tablectl("table", "create", name, "--hash-key", "A:S", "--on-demand")
    session = Terminal([str(PROGRAM), "watch", "--prefix", table], served, columns=140, rows=6)
    screen = session.read_until("2 more not shown")
    assert "watching 4 tables" in screen
    session.type("\x03")
    session.end()
    for name in names:
        tablectl("table", "delete", name, "--yes")


def test_a_watch_says_when_nobody_answers(
    terminal: StartTerminal, start_engine: Callable[[str], Engine], table_name: str
) -> None:
    """While the server is away the last line says so; when it is back the watch goes on."""
    engine = start_engine("ministack")
    flags = ("--endpoint-url", engine.url, "--region", "us-west-2")
    with running_server(*flags) as first:
        session = terminal("watch", table_name, columns=120, TABLEADMIN_SERVER=first.address)
        session.read_until("not there")
        first.process.kill()
        session.read_until("no updates from the service")
        first.process.wait(60)
        with running_server(*flags, "--listen", first.address):
            session.raw = ""
            _read_until_gone(session, "no updates from the service")
            session.type("\x03")
            assert 130 == session.end()


def _read_until_gone(session: Terminal, text: str) -> None:
    """Read until a picture is drawn without TEXT."""
    while True:
        session.read_until("watching 1 table")
        if text not in session.screen:
            return
        session.raw = ""


@pytest.mark.parametrize(
    "arguments",
    [(), ("Music", "--all"), ("--all", "--prefix", "M"), ("Music", "--prefix", "M")],
    ids=" ".join,
)
def test_one_way_to_say_what(offline: Run, arguments: tuple[str, ...]) -> None:
    """Names, --prefix or --all: one of them, else it is a matter of usage."""
    ran = offline("watch", *arguments)
    assert (64, "") == (ran.returncode, ran.stdout)
    said = "tablectl: Give table names, --prefix or --all. Try 'tablectl watch --help'.\n"
    assert said == ran.stderr


def test_no_server(environment: dict[str, str]) -> None:
    """Where no server answers it ends with 1 and a hint, as other commands do."""
    ran = process_runner(environment)("watch", "--all")
    assert (1, "") == (ran.returncode, ran.stdout)
    assert "is the server running?" in ran.stderr
    assert 1 == len(ran.stderr.splitlines())


def test_a_drained_server_is_no_end(
    served: dict[str, str], start_engine: Callable[[str], Engine], table_name: str
) -> None:
    """A server that stops in good order is a GAP line, and the next one is asked."""
    engine = start_engine("ministack")
    flags = ("--endpoint-url", engine.url, "--region", "us-west-2")
    with running_server(*flags) as first:
        environment = {**served, "TABLEADMIN_SERVER": first.address}
        with piped(environment, "watch", table_name) as process:
            assert ["DELETED", "CHECKPOINT"] == [line(process)["type"], line(process)["type"]]
            assert 0 == first.terminate()
            gap = line(process)
            assert ["time", "type", "since", "reason"] == list(gap)
            assert ("GAP", "the server is stopping; retry the call") == (gap["type"], gap["reason"])
            with running_server(*flags, "--listen", first.address):
                assert ["DELETED", "CHECKPOINT"] == [line(process)["type"], line(process)["type"]]
