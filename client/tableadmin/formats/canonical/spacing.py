"""Comments and the empty lines between them, which "" stands for, and how far levels are indented."""

from collections.abc import Iterable, Sequence

STEP = 2  # spaces a level


def trim_blank_start(lines: Sequence[str]) -> list[str]:
    """LINES without empty ones before the first."""
    found = list(lines)
    while found and not found[0]:
        found.pop(0)
    return found


def trimmed_end(lines: Sequence[str]) -> list[str]:
    """LINES without empty ones behind the last."""
    return trim_blank_start(lines[::-1])[::-1]


def add_comments(lines: list[str], comments: Iterable[str], indent: int) -> None:
    """Append COMMENTS to LINES, indented by INDENT spaces. An empty line follows no empty line."""
    for comment in comments:
        if comment or (lines and lines[-1]):
            lines.append(f"{' ' * indent}{comment}".rstrip())
