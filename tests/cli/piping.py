"""tablectl in a pipe, while it runs."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.running import PROGRAM


def read_until(process: "subprocess.Popen[str]", *texts: str) -> None:
    """Read standard output up to the line that has one of TEXTS; fails where it ends before."""
    assert process.stdout is not None
    lines: list[str] = []
    while line := process.stdout.readline():
        lines.append(line)
        if any(text in line for text in texts):
            return
    pytest.fail(f"none of {texts} in {lines}")


@contextmanager
def piped(environment: dict[str, str], *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run tablectl into a pipe; it is ended at the end."""
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()
