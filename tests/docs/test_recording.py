"""docs/_static/tour.svg, the recording in README."""

import re
from xml.etree import ElementTree as ET

from docs.generate.recording import commands, spec
from tests.docs.pages import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = (ROOT / "docs/_static/tour.svg").read_text(encoding="utf-8")
_SVG = "http://www.w3.org/2000/svg"
LINES = ["".join(each.itertext()) for each in ET.fromstring(TEXT).iter(f"{{{_SVG}}}text")]


def test_it_shows_the_commands_of_readme() -> None:
    """Each command was typed, in the spelling of README, and its output is there."""
    assert 3 == len(commands(README))
    for command in commands(README):
        assert f"$ {command}" in LINES, "run make recording"
    assert "TableName: Films" in spec(README)
    assert any(each.startswith("Films succeeded") for each in LINES)


def test_it_needs_nothing_else() -> None:
    """The file is small, has no script, and loads nothing."""
    assert len(TEXT) < 100_000
    assert "<script" not in TEXT
    assert all(each.startswith("#") for each in re.findall(r'href="([^"]*)"', TEXT))
    assert [_SVG] == re.findall(r"https?://[^\"\s]+", TEXT)


def test_it_respects_readers() -> None:
    """There are colours for light and dark, a title, and no motion for those who want none."""
    assert "prefers-color-scheme: dark" in TEXT
    assert "prefers-reduced-motion: reduce" in TEXT
    assert "<title>" in TEXT
