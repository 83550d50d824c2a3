"""Writes the folders docs/reference/contract and docs/reference/commands; `make docs` runs it.

The folders are not committed. The contract has their text in comments, and the commands in their help.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from docs.generate import commands, contract

_REFERENCE = Path(__file__).parents[1] / "reference"


def main() -> None:
    """Write the pages anew."""
    _write("contract", contract.pages())
    _write("commands", commands.pages())


def _write(name: str, pages: Mapping[str, str]) -> None:
    """Write PAGES into the folder NAME."""
    folder = _REFERENCE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for each, text in pages.items():
        (folder / f"{each}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
