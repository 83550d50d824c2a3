"""Engines as pytest fixtures; ``tests/conftest.py`` imports them for all tests.

An engine starts when the first test asks for it and is shared by the whole run. One that this machine
cannot run skips its tests with what to install; where the environment says ``CI=true`` it fails them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import NoReturn

import pytest

from tests.engines import ENGINES, Engine, EngineUnavailable

__all__ = ["engine", "start_engine", "unavailable"]


@pytest.fixture(scope="session")
def start_engine() -> Iterator[Callable[[str], Engine]]:
    """Start an engine of ``ENGINES`` by name, or return it if it runs already."""
    with ExitStack() as running:

        @cache
        def start(name: str) -> Engine | EngineUnavailable:
            try:
                return running.enter_context(ENGINES[name]())
            except EngineUnavailable as error:
                return error

        yield lambda name: _required(start(name))


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request: pytest.FixtureRequest, start_engine: Callable[[str], Engine]) -> Engine:
    """Run the test once for each engine."""
    name: str = request.param
    return start_engine(name)


def _required(outcome: Engine | EngineUnavailable) -> Engine:
    if isinstance(outcome, EngineUnavailable):
        unavailable(outcome)
    return outcome


def unavailable(error: EngineUnavailable) -> NoReturn:
    """End the test: skipped with what to install, or failed where the environment says ``CI=true``."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(str(error), pytrace=False)
    pytest.skip(str(error))
