"""Load in closed loops: each caller makes its next call when it has the answer to the last.

A load runs in a process of its own, so that the CPU of a server is the server's alone.
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from bench.load.figures import Round


@dataclass(frozen=True)
class Span:
    """How long a round is: seconds of load that do not count, then seconds that do."""

    warm_up: float
    counted: float


class Load(Protocol):
    """What can be asked for a round of calls; it is sent to another process, so it holds plain data."""

    def __call__(self, callers: int, span: Span) -> Round:
        """Make calls as CALLERS callers at once for the time of SPAN."""


@contextmanager
def load_process() -> Iterator[ProcessPoolExecutor]:
    """A process for the rounds of one load: a fresh one, not a copy of this one."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        yield process
