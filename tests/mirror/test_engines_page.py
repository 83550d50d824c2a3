"""docs/reference/engines.md says what is seen: every operation, through a server, on every engine."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.engines import ENGINES, Engine
from tests.mirror.matrix import PAGE, observed, page, written
from tests.mirror.trials import YES, Outcome
from tests.parity import CONTRACT
from tests.server_process import ServerProcess

WRITTEN = written(PAGE.read_text(encoding="utf-8"))
ROWS = list(WRITTEN["ministack"])

Observe = Callable[[str], dict[str, Outcome]]


@pytest.fixture(scope="session")
def observe(
    start_engine: Callable[[str], Engine], start_server: Callable[[Engine], ServerProcess]
) -> Observe:
    """How each row ends at an engine; all operations are asked when the first test wants to know."""
    return cache(lambda name: observed(start_server(start_engine(name)).address, WRITTEN[name]))


@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize("row", ROWS)
def test_does_what_is_written(row: str, engine_name: str, observe: Observe) -> None:
    """An operation ends on an engine as the page says."""
    outcome = observe(engine_name)[row]
    assert WRITTEN[engine_name][row] == outcome.cell, outcome.detail


@pytest.mark.parametrize("engine_name", ENGINES)
def test_everything_seen_is_written(engine_name: str, observe: Observe) -> None:
    """The page has a row for everything that is tried, in order."""
    assert list(observe(engine_name)) == list(WRITTEN[engine_name])


def test_every_operation_is_tried() -> None:
    """The page has at least one row for each operation of the contract, and no row for anything else."""
    assert set(CONTRACT.methods_by_name) == {row.partition(":")[0] for row in ROWS}


def test_embedded_engine_is_worth_its_place() -> None:
    """Whatever any engine can do, the embedded one can do."""
    anywhere = {row for column in WRITTEN.values() for row, cell in column.items() if cell == YES}
    assert anywhere == {row for row, cell in WRITTEN["ministack"].items() if cell == YES}


def test_page_can_be_read_back() -> None:
    """What is written to the page is read from it."""
    assert WRITTEN == written(page(WRITTEN, dict.fromkeys(ENGINES, "1.0")))
