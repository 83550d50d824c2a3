"""Writes docs/reference/contract and docs/reference/commands, each with its .md; `make docs` runs it.

The pages are not committed. The contract has their text in comments, and the commands in their help.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from docs.generate import commands, contract
from docs.generate.markdown import contents

_REFERENCE = Path(__file__).parents[1] / "reference"


def main() -> None:
    """Write the pages anew."""
    _write("contract", "The contract", contract.HEAD, contract.pages())
    _write("commands", "Commands", commands.HEAD, commands.pages())


def _write(name: str, title: str, head: str, pages: Mapping[str, str]) -> None:
    """Write PAGES into the folder NAME, and beside the folder a page that leads to them."""
    folder = _REFERENCE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    leading = contents(title, head, (f"{name}/{each}" for each in pages))
    (_REFERENCE / f"{name}.md").write_text(leading, encoding="utf-8")
    for each, text in pages.items():
        (folder / f"{each}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
