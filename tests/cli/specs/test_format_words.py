"""The names of formats in the help of tablectl and in docs/guides/files.md are those of the readers."""

import subprocess
import sys
from pathlib import Path

from tableadmin.cli.specs.format_words import READ, WRITTEN

ROOT = Path(__file__).parents[3]
WORDS = Path("tableadmin/cli/specs/format_words.py")
PAGE = (ROOT / "docs/guides/files.md").read_text(encoding="utf-8")


def test_the_words_are_generated(tmp_path: Path) -> None:
    """What `make formats` writes is committed, byte for byte."""
    written = tmp_path / WORDS.name
    subprocess.run([sys.executable, ROOT / "client" / "generate_format_words.py", written], check=True)
    assert (ROOT / "client" / WORDS).read_bytes() == written.read_bytes(), "run make formats"


def test_readme_names_each_format_that_is_read() -> None:
    """The table of docs/guides/files.md has what each reader takes, in the words of the help of `-f`."""
    plain = " ".join(PAGE.replace("`", "").replace("|", " ").split())
    missing = [words for words in READ if words not in plain]
    assert [] == missing, "add to the table of files in docs/guides/files.md"


def test_readme_names_each_format_that_is_written() -> None:
    """docs/guides/files.md has each name that `tablectl export --format` takes."""
    assert f"`tablectl export --format {'|'.join(WRITTEN)}`" in PAGE, "add the format to docs/guides/files.md"
