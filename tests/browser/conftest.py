"""A browser for each module of tests, and a console of a server with the embedded engine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import Chromium, chromium
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
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program.program, env={**program.environment})
        yield launched
        launched.close()
