"""Every command ends within its timeout, and says who did not respond."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.cli.running import Run, process_runner, runner
from tests.measuring import first_that
from tests.server.conftest import write_config
from tests.server_process import running_server

_TIMEOUT = 2.0
# The second after the timeout, and the start of a process on a machine that is busy.
_MARGIN = 1.0 + 4.0


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """An address that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serving(silent: str, folder: Path) -> Iterator[str]:
    """A server with an endpoint that is silent, and one where nothing listens; it has called neither yet."""
    shared = {"region": "us-west-2", "max_attempts": 1}
    endpoints = {
        "silent": {"endpoint_url": f"http://{silent}", **shared},
        "nowhere": {"endpoint_url": "http://127.0.0.1:9", **shared},
    }
    config = write_config(folder / "c.toml", endpoints, default_endpoint="silent")
    with running_server("--config", str(config)) as process:
        yield process.address


@dataclass(frozen=True)
class Ended:
    """How a command ended, and the SECONDS that it took."""

    ran: "subprocess.CompletedProcess[str]"
    seconds: float

    def says(self, text: str) -> bool:
        """Whether the command has said TEXT, in time."""
        return bool(re.search(text, self.ran.stderr)) and self.seconds < _TIMEOUT + _MARGIN


End = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def end(environment: dict[str, str], silent: str, tmp_path: Path) -> End:
    """Run tablectl against such a server: `end(*arguments, says=text)`; the command has said TEXT in time."""

    def once(*arguments: str) -> Ended:
        with serving(silent, tmp_path) as server:
            settings = {**environment, "TABLEADMIN_SERVER": server, "TABLEADMIN_TIMEOUT": f"{_TIMEOUT}s"}
            # A watch looks at the file behind its standard output.
            run = (process_runner if "watch" in arguments else runner)(settings)
            began = time.monotonic()
            return Ended(run(*arguments), time.monotonic() - began)

    def ended(*arguments: str, says: str) -> "subprocess.CompletedProcess[str]":
        # On a busy machine an answer may come after the timeout.
        found = first_that(partial(once, *arguments), lambda each: each.says(says))
        assert found.says(says), found
        return found.ran

    return ended


SILENT = "the endpoint 'silent' did not respond before the deadline of the call"
STALLED = "no answer within 2 s: the endpoint 'silent' does not respond"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["table", "list"], f"ListTables: {SILENT}"),
        (["table", "delete", "Music", "--yes"], f"DeleteTable: {SILENT}; a change may have been made"),
        (["operation", "list"], f"ListOperations: {SILENT}"),
        (["operation", "cancel", "id"], f"CancelOperation: {SILENT}; a change may have been made"),
        (["operation", "forget", "id", "--yes"], f"ForgetOperation: {SILENT}; a change may have been made"),
        (["table", "list", "--wide"], STALLED),
        (["watch", "Music"], STALLED),
        (["export", "Music"], STALLED),
        (["wait", "Music", "--for", "table-active", "--timeout", "2s"], "the endpoint has not responded"),
        (["table", "list", "--wide", "--endpoint", "nowhere"], "ListTables: the endpoint cannot be reached"),
        (
            ["wait", "Music", "--for", "table-active", "--timeout", "2s", "--endpoint", "nowhere"],
            "no state has been read yet; DescribeTable: the endpoint ('nowhere' )?cannot be reached",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_endpoints_are_blamed(end: End, arguments: list[str], reason: str) -> None:
    """Where the endpoint is silent or not there, the command says so, in time."""
    ran = end(*arguments, says=reason)
    assert (1, "") == (ran.returncode, ran.stdout)


@pytest.mark.parametrize("scope", ["Music", "--all"])
def test_a_watch_of_an_endpoint_that_is_not_there(end: End, scope: str) -> None:
    """A watch that has shown no table ends after the timeout, whatever GAPs it has shown, with what to do."""
    said = "no answer within 2 s: .*cannot be reached.*'tablectl endpoint list'"
    ran = end("watch", scope, "--endpoint", "nowhere", says=said)
    assert (1, ["GAP"]) == (ran.returncode, [json.loads(each)["type"] for each in ran.stdout.splitlines()])


@pytest.mark.parametrize(
    "arguments",
    [["table", "list"], ["watch", "Music"], ["export", "Music"], ["operation", "watch", "id"]],
    ids=" ".join,
)
def test_services_are_blamed(end: End, silent: str, arguments: list[str]) -> None:
    """Where the service is silent, the command ends in time too."""
    said = f"the service does not respond|no answer from {re.escape(silent)} in time"
    assert 1 == end(*arguments, "--server", silent, says=said).returncode


def test_the_longest_timeout(tablectl: Run) -> None:
    """A timeout of 100 years, which is the longest, does not end a call."""
    ran = tablectl("table", "list", "--timeout", "876000h")
    assert 0 == ran.returncode, ran.stderr
