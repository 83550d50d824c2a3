"""A browser for each module of tests, and a console of a server with the embedded engine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.harness.chromium import Chromium, chromium, launched
from tests.engines import EngineUnavailable
from tests.engines.fixtures import unavailable


@pytest.fixture(scope="session")
def program() -> Chromium:
    """The program of the browser."""
    try:
        return chromium()
    except EngineUnavailable as error:
        unavailable(error)


@pytest.fixture(scope="module")
def browser(program: Chromium) -> Iterator[Browser]:
    """A browser without windows, for a module: no asynchronous test can run beside playwright's loop."""
    with launched(program) as running:
        yield running
