"""`tablectl console` as a process: the address, the browser, and the end."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, Run
from tests.console.browsing import Browser
from tests.docs.pages import all_blocks

SECONDS = 60
PAGE = "docs/guides/console.md"


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A console of its own process, killed at the end if it still runs."""
    process = subprocess.Popen(
        [PROGRAM, "console", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


def address(process: "subprocess.Popen[str]") -> str:
    """The address that the console prints first."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("end", [signal.SIGINT])
def test_from_start_to_ctrl_c(served: dict[str, str], end: signal.Signals) -> None:
    """The console prints its address, answers there, and ends without a traceback, also with a page open."""
    with running(served, "--no-open") as process:
        browser = Browser(address(process))
        browser.enter()
        assert 200 == browser.get("/").status
        with browser.events() as events:
            next(events)
            process.send_signal(end)
            out, err = process.communicate(timeout=SECONDS)
    assert (130, "") == (process.returncode, out)
    assert "Ctrl-C ends the console" in err
    assert "Traceback" not in err


def test_the_browser_is_opened(served: dict[str, str], tmp_path: Path) -> None:
    """Without --no-open the address is opened in the browser of the user."""
    seen = tmp_path / "seen"
    opener = tmp_path / "browser"
    opener.write_text(f'#!/bin/sh\necho "$1" > {shlex.quote(str(seen))}.new\nmv {seen}.new {seen}\n')
    opener.chmod(0o755)
    with running({**served, "BROWSER": f"{opener} %s"}) as process:
        printed = address(process)
        assert process.stderr is not None
        assert "Ctrl-C" in process.stderr.readline()
        while not seen.exists():
            assert process.poll() is None
        assert printed == seen.read_text().strip()


def test_the_address_as_json(served: dict[str, str]) -> None:
    """With -o json the address is a document."""
    with running(served, "--no-open", "-o", "json") as process:
        assert json.loads(address(process))["Url"].startswith("http://127.0.0.1:")


def test_a_port_that_is_taken(tablectl: Run) -> None:
    """A port that another program has is one line."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ran = tablectl("console", "--no-open", "--port", port)
    assert (1, "") == (ran.returncode, ran.stdout)
    assert f"tablectl: port {port}: Address already in use; give another --port, or none\n" == ran.stderr


def test_prices_that_cannot_be_read(tablectl: Run, tmp_path: Path) -> None:
    """A file of prices that does not exist is one line, and the page is not opened."""
    ran = tablectl("console", "--no-open", "--prices", str(tmp_path / "none.json"))
    assert (64, "", 1) == (ran.returncode, ran.stdout, ran.stderr.count("\n"))
    assert "none.json" in ran.stderr


def test_without_a_server(offline: Run) -> None:
    """Without a server the command says so, and opens nothing."""
    ran = offline("console", "--no-open", "--timeout", "1s")
    assert (1, "") == (ran.returncode, ran.stdout)
    assert "is the server running?" in ran.stderr


def test_the_commands_of_the_page(served: dict[str, str], tmp_path: Path) -> None:
    """The commands in section "Start" of the page print an address at which the console answers."""
    blocks = [each for each in all_blocks() if each.page == PAGE and each.language == "console"]
    assert ["Start"] == [each.section for each in blocks]
    for block in blocks:
        program, command, *arguments = shlex.split(block.commands)
        assert ("tablectl", "console") == (program, command)
        with running({**served, "BROWSER": "true", "HOME": str(tmp_path)}, *arguments) as process:
            assert 200 == Browser(address(process)).enter().status


def test_the_page_needs_no_server_package() -> None:
    """The console runs where the client alone is installed: it loads neither boto3 nor the server."""
    program = (
        "import sys, tableadmin.console.console\n"
        "print({'boto3', 'tableadmin_server', 'rich'} & {each.split('.')[0] for each in sys.modules})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "set()\n" == ran.stdout
