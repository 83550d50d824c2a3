"""The names of formats in the help of tablectl and in README.md are those of the formats that there are."""

import subprocess
import sys
from pathlib import Path

from tableadmin.cli.specs.format_words import READ, WRITTEN

ROOT = Path(__file__).parents[3]
WORDS = Path("tableadmin/cli/specs/format_words.py")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_words_are_generated(tmp_path: Path) -> None:
    """What `make formats` writes is committed, byte for byte."""
    written = tmp_path / WORDS.name
    subprocess.run([sys.executable, ROOT / "client" / "generate_format_words.py", written], check=True)
    assert (ROOT / "client" / WORDS).read_bytes() == written.read_bytes(), "run make formats"


def test_readme_names_each_format_that_is_read() -> None:
    """The table of README.md has what each reader takes, in the words of the help of `-f`."""
    plain = " ".join(README.replace("`", "").replace("|", " ").split())
    missing = [words for words in READ if words not in plain]
    assert [] == missing, "add to the table of files in README.md"


def test_readme_names_each_format_that_is_written() -> None:
    """README.md has each name that `tablectl export --format` takes."""
    assert f"`tablectl export --format {'|'.join(WRITTEN)}`" in README, "add the format to README.md"
