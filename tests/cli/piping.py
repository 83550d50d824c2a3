"""tablectl in a pipe, while it runs."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.running import PROGRAM, interruptible


@contextmanager
def piped(environment: dict[str, str], *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run tablectl into a pipe; it is ended at the end."""
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        preexec_fn=interruptible,  # noqa: PLW1509 - it only sets a signal handler
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()
