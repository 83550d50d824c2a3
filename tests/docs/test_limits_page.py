"""docs/reference/limits.md has the numbers of the code."""

import re

import pytest

from tableadmin_server import bounds
from tableadmin_server.planner.rules import limits
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/reference/limits.md").read_text(encoding="utf-8")
OF_SPECS, _, OF_REQUESTS = PAGE.partition("## Requests")
NUMBERS = {name: value for name, value in vars(limits).items() if name.isupper()}


@pytest.mark.parametrize("name", NUMBERS)
def test_limits_of_specs(name: str) -> None:
    """A row has the limit: a number, or two for the range."""
    value = NUMBERS[name]
    text = f"{value[0]} to {value[1]} " if isinstance(value, tuple) else str(value)
    assert re.search(rf"\| {text}\b|\| {text}|{text} HASH", OF_SPECS)


def test_no_other_limits_of_specs() -> None:
    """There are as many rows as limits."""
    rows = re.findall(r"^\| (?!of a |---).*\|$", OF_SPECS, re.MULTILINE)
    assert len(NUMBERS) == len(rows)


def test_bounds_of_requests() -> None:
    """The page has the bounds of lists and texts."""
    for bound in (
        bounds._ELEMENTS_OF_ANY,
        bounds._ALL_ELEMENTS_OF_ANY,
        bounds._LENGTH_OF_ANY,
        *bounds._ALL_ELEMENTS.values(),
        *bounds._ELEMENTS.values(),
    ):
        assert re.search(rf"\b{bound}\b", OF_REQUESTS)
    for name in (*bounds._ELEMENTS, *bounds._ALL_ELEMENTS):
        assert f"`{name}`" in OF_REQUESTS
