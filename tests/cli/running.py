"""Ways to run tablectl: in this process, or as a process of its own."""

import io
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from unittest.mock import patch

from tableadmin.cli.app.program import run

PROGRAM = Path(sysconfig.get_path("scripts")) / "tablectl"

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_SECONDS = 60


def runner(environment: Mapping[str, str]) -> Run:
    """What runs tablectl in this process with ENVIRONMENT: `run(*arguments, stdin="", **more_environment)`.

    The outcome is that of a process (`test_process.py` compares them), without the time to start one.
    """

    def ran(*arguments: str, stdin: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
        return _in_process(arguments, {**environment, **extra}, stdin)

    return ran


def process_runner(environment: Mapping[str, str]) -> Run:
    """What runs tablectl as a process, as a user does; it is called as what `runner` gives."""

    def ran(*arguments: str, stdin: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PROGRAM, *arguments],
            input=stdin,
            env={**environment, **extra},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    return ran


class _TookTooLongError(BaseException):
    """No Exception: tablectl turns those into exit codes."""


def _in_process(
    arguments: Sequence[str], environment: dict[str, str], stdin: str
) -> "subprocess.CompletedProcess[str]":
    out, err = _stream("strict"), _stream("backslashreplace")
    with (
        # Not what C sees of the environment: threads of gRPC may be reading that.
        patch.object(os, "environ", {"COLUMNS": "80", **environment}),
        patch.multiple(sys, stdin=io.StringIO(stdin), stdout=out, stderr=err),
        _time_limit(),
    ):
        try:
            code = run(arguments)
        except SystemExit as ended:  # click answers a shell that completes in this way
            code = ended.code if isinstance(ended.code, int) else 0
    return subprocess.CompletedProcess([PROGRAM, *arguments], code, _written(out), _written(err))


def _stream(errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors, write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@contextmanager
def _time_limit() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise _TookTooLongError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
