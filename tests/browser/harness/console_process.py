"""A real `tablectl console` process for tests."""

import re
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.running import PROGRAM
from tests.server_process import clean_environment

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=[\w-]+")


@dataclass(frozen=True)
class ConsoleProcess:
    """A running console."""

    url: str
    """The address with the token, which lets one browser in."""
    began: float
    """When the command was started, by `time.monotonic`."""
    process: "subprocess.Popen[str]"


@contextmanager
def running_console(server: str, home: Path, *options: str) -> Iterator[ConsoleProcess]:
    """The console of the SERVER with OPTIONS of tablectl. What it wrote on standard error is in HOME/err."""
    environment = clean_environment(HOME=str(home), XDG_CONFIG_HOME=str(home), TABLEADMIN_SERVER=server)
    command = [str(PROGRAM), *options, "console", "--no-open"]
    began = time.monotonic()
    with (
        (home / "err").open("w") as err,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err, text=True
        ) as process,
    ):
        try:
            yield ConsoleProcess(_address(process, home / "err"), began, process)
        finally:
            _stop(process)


def _address(process: "subprocess.Popen[str]", err: Path) -> str:
    assert process.stdout is not None
    said, deadline = "", time.monotonic() + _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(deadline - time.monotonic()):
            line = process.stdout.readline()
            said += line
            if found := _ADDRESS.search(said):
                return found.group()
            if not line:
                break
    raise RuntimeError(f"the console did not start: {said}{err.read_text(encoding='utf-8')}")


def _stop(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
