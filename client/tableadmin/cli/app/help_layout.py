"""The layout of --help: click's, but below 60 columns each explanation is under its option."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

_NARROW = 60
_WIDEST = 100


class HelpFormatter(click.HelpFormatter):
    """Formats to the width of the terminal, 100 columns at most, without click's minimum width."""

    def __init__(self, *args: Any, **attributes: Any) -> None:  # noqa: ANN401 - handed on to click
        import shutil  # noqa: PLC0415 - only help has a width, and shutil loads all compression modules

        super().__init__(*args, **attributes)
        self.width = min(shutil.get_terminal_size().columns, _WIDEST) - 2

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and explanations side by side, or below each other on a narrow terminal."""
        if self.width >= _NARROW:
            super().write_dl(rows, col_max, col_spacing)
            return
        for term, explanation in rows:
            self.write_text(term)
            with self.indentation():
                self.write_text(explanation)


class Context(click.Context):
    """A context that formats help with HelpFormatter."""

    formatter_class = HelpFormatter
