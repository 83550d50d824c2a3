"""Comments and the empty lines between them, which "" stands for."""

from collections.abc import Sequence


def trimmed(lines: Sequence[str]) -> list[str]:
    """LINES without empty ones before the first."""
    found = list(lines)
    while found and not found[0]:
        found.pop(0)
    return found


def trimmed_end(lines: Sequence[str]) -> list[str]:
    """LINES without empty ones behind the last."""
    return trimmed(lines[::-1])[::-1]
