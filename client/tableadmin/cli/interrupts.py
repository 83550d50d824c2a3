"""Ctrl-C: whenever it is pressed, a run of tablectl ends with exit code 130.

Python raises KeyboardInterrupt wherever the main thread is. Python or a library swallows some of these
exceptions, as in `__del__` and in callbacks of the import system, or turns them into other exceptions, as in
`__set_name__` and when a lock is taken again.
"""

import os
import signal
import sys
import time
from _thread import get_ident, start_new_thread
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

EXIT_CODE = 130
# Seconds until a swallowed interrupt is raised again: the function that swallows has returned by then.
_AGAIN = 0.01


class _Run:
    """The state of the run. IN_COMMAND says that a command can react to KeyboardInterrupt."""

    in_command = False
    interrupted = False


def install() -> None:
    """Handle SIGINT from now on, unless this process was started to ignore SIGINT."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _handle)
        sys.unraisablehook = _unraisable


def was_interrupted() -> bool:
    """Whether KeyboardInterrupt was raised in a command, also if it was swallowed."""
    return _Run.interrupted


@contextmanager
def in_command() -> Iterator[None]:
    """Return a context in which Ctrl-C raises KeyboardInterrupt. Outside, Ctrl-C ends the process."""
    _Run.in_command = True
    try:
        yield
    finally:
        _Run.in_command = False


def end() -> NoReturn:
    """End the process as after Ctrl-C, with a new line after the terminal's ^C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Not sys.stderr.write, which can't be called while the main thread is within it.
    with suppress(OSError, ValueError, AttributeError):
        os.write(sys.stderr.fileno(), b"\n")
    os._exit(EXIT_CODE)


def _handle(number: int, frame: FrameType | None) -> None:
    del number, frame
    if not _Run.in_command:
        end()
    _Run.interrupted = True
    raise KeyboardInterrupt


def _unraisable(problem: "sys.UnraisableHookArgs") -> None:
    """Raise a swallowed interrupt again. Report other exceptions as Python does."""
    if not issubclass(problem.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(problem)
        return
    start_new_thread(_interrupt_again, (get_ident(),))


def _interrupt_again(thread: int) -> None:
    time.sleep(_AGAIN)
    signal.pthread_kill(thread, signal.SIGINT)
