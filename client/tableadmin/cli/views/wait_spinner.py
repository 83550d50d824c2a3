"""Show the progress of a stream as one line on a terminal, which rich redraws."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.views.formatting import span

R = TypeVar("R")


def display(name: str, responses: Iterable[R], pending_of: Callable[[R], str]) -> Iterator[R]:
    """Yield RESPONSES. Shows what is pending for NAME below the output until the end."""
    pending = _Pending(name)
    spinner = Spinner("dots", text=pending)
    live = Live(spinner, console=Console(stderr=True, highlight=False), transient=True, refresh_per_second=8)
    try:
        for response in responses:
            pending.text = pending_of(response)
            if pending.text:
                live.start()
            yield response
    finally:
        live.stop()


class _Pending:
    """A text whose duration increases between responses."""

    def __init__(self, name: str) -> None:
        self.text = ""
        self._name, self._began = name, time.monotonic()

    def __rich__(self) -> Text:
        elapsed = span(time.monotonic() - self._began)
        return Text(printable(f"{self._name}: {self.text} ({elapsed})"))
