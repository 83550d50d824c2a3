"""The pictures of the console in the documentation."""

import re
from pathlib import Path

from tests.browser.screenshots import FOLDER

_GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "console.md"


def test_each_picture_is_on_the_page() -> None:
    """The guide shows each picture that `make screenshots` writes, and each picture is small."""
    shown = re.findall(r"!\[[^]]{10,}\]\(\.\./images/console/([\w-]+\.png)\)", _GUIDE.read_text("utf-8"))
    assert sorted(shown) == sorted(each.name for each in FOLDER.iterdir())
    assert all(each.stat().st_size < 150_000 for each in FOLDER.iterdir())
