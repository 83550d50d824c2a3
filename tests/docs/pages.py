"""The blocks of code in README.md and under docs/, as readers see them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
# What `make docs` writes is made from the code.
_GENERATED = re.compile(r".*/docs/reference/(contract|commands)/.*\.md")
PAGES = (
    ROOT / "README.md",
    *(each for each in sorted((ROOT / "docs").rglob("*.md")) if not _GENERATED.fullmatch(str(each))),
)

_HEADING = re.compile(r"##+ (.+)")
# Blocks in lists are indented.
_FENCE = re.compile(r" *```(\S*)")
# What names the file that the block after it is.
_FILE = re.compile(r"`([\w./-]+)`:$")


@dataclass(frozen=True)
class Block:
    """A block of code on PAGE, a path in the tree. SECTION is the heading above, FILE its name, if any."""

    page: str
    section: str
    language: str
    file: str
    text: str

    @property
    def commands(self) -> str:
        """The commands of a console block: what follows `$ `, with the lines that continue a command."""
        lines = self.text.splitlines()
        kept = [
            line.removeprefix("$ ")
            for line, before in zip(lines, ["", *lines], strict=False)
            if line.startswith("$ ") or before.endswith("\\")
        ]
        return "\n".join(kept)


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of PAGE, from top to bottom."""
    section = before = ""
    lines = iter(page.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if heading := _HEADING.fullmatch(line):
            section = heading[1]
        elif fence := _FENCE.fullmatch(line):
            text = "".join(f"{each}\n" for each in takewhile(lambda each: not _FENCE.fullmatch(each), lines))
            named = _FILE.search(before)
            file = named[1] if named else ""
            yield Block(str(page.relative_to(ROOT)), section, fence[1], file, dedent(text))
        before = line or before


def all_blocks() -> list[Block]:
    """The blocks of all pages."""
    return [block for page in PAGES for block in blocks(page)]
