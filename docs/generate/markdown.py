"""Text as Markdown."""

import re
from collections.abc import Iterable, Sequence

_URL = re.compile(r"(?<![<(\"`])https?://[^\s)>`]+[^\s)>`.,]")


def prose(text: str) -> str:
    """TEXT with links that can be clicked."""
    return _URL.sub(lambda url: f"<{url[0]}>", text.strip())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; "" without rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) if lines else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def page(*parts: str) -> str:
    """PARTS with an empty line between them, without those that are empty."""
    return "\n\n".join(filter(None, parts)) + "\n"
