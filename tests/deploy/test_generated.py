"""The files under deploy/ and docs/ that are made from tables in deploy/generate."""

from pathlib import Path

import pytest

from deploy.generate.__main__ import files

_ROOT = Path(__file__).parents[2]
_FILES = files()


@pytest.mark.parametrize("name", _FILES)
def test_is_current(name: str) -> None:
    """The file is what `make deploy-files` writes, byte for byte."""
    assert _FILES[name] == (_ROOT / name).read_text(encoding="utf-8"), "run make deploy-files"
