"""Start an engine's process on a free port and wait until it answers."""

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_LEASH = Path(__file__).with_name("leash.py")
_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_PORTS_TRIED = 3


class _Ended(Exception):
    """The process ended before it answered. The text is the last of what it wrote."""


@contextmanager
def running(command: Callable[[int], list[str]], cwd: Path) -> Iterator[str]:
    """Run ``command(port)`` in ``cwd`` for the length of the block; yield the URL at which it answers.

    Between choosing a free port and using it another process may take it: then another is chosen. Raises
    RuntimeError with the last of its output when the process does not answer within a minute.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process, port = _start(command, cwd, output)
        try:
            yield f"http://{_HOST}:{port}"
        finally:
            stop(process)


def _start(
    command: Callable[[int], list[str]], cwd: Path, output: IO[str]
) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(_PORTS_TRIED):
        port = free_port()
        process = leashed(command(port), cwd, output)
        if answers(process, port):
            return process, port
        stop(process)
    output.seek(0)
    raise RuntimeError(f"{' '.join(command(0))} did not answer:\n{output.read()[-2000:]}")


def leashed(command: list[str], cwd: Path, output: IO[str]) -> subprocess.Popen[bytes]:
    """Run COMMAND in CWD; it is killed when the standard input of the process that is returned closes."""
    return subprocess.Popen(
        [sys.executable, str(_LEASH), *command],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is pytest's to handle: it stops the engine after the tests
    )


def free_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server((_HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the process answers at the port; false if it ended first or took too long."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _responds(port):
            return process.poll() is None
        time.sleep(_POLL_SECONDS)
    return False


def _responds(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill what `leashed` has started."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait()
