"""The console in a browser: how soon a thousand tables are shown, and a change of one of them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.targets import Target
from tableadmin import Client
from tests.browser.harness.chromium import chromium, launched
from tests.browser.harness.console_process import running_console
from tests.browser.harness.figures import COUNT, all_read, change, first_page, thousand_tables
from tests.browser.harness.visit import visiting
from tests.engines.engine import REGION
from tests.server_process import running_server

_ROUNDS = 3


@dataclass(frozen=True)
class ConsoleFigures:
    """Seconds from the start of `tablectl console` to the first page, and from a change to the page."""

    first_page: float
    change: float


def measure_console() -> ConsoleFigures:
    """Open consoles one after the other, each in an empty browser, and change a table while each shows it."""
    program = chromium()
    with (
        thousand_tables() as engine,
        running_server("--endpoint-url", engine.url, "--region", REGION, fresh=True) as server,
        launched(program) as browser,
        Client(server.address) as client,
    ):
        rounds = []
        for number in range(_ROUNDS):
            with (
                tempfile.TemporaryDirectory() as home,
                running_console(server.address, Path(home)) as console,
                visiting(browser, program.axe) as visit,
            ):
                first = first_page(visit, console)
                all_read(visit)
                rounds.append((first, change(visit, client, f"table-{number:04}")))
    return ConsoleFigures(*(median(seconds) for seconds in zip(*rounds, strict=True)))


def console_lines(figures: ConsoleFigures) -> Iterator[str]:
    """Both figures."""
    yield f"The console, {COUNT} tables, in a browser: s until the first page, and from a change to the page"
    yield f"first page {figures.first_page:8.2f}"
    yield f"change     {figures.change:8.2f}"


def console_targets(figures: ConsoleFigures) -> Iterator[Target]:
    """Nobody waits for the page."""
    yield Target(f"first page of {COUNT} tables after tablectl console, s", figures.first_page, 1.5)
    yield Target("a change on the page of the console after the call, s", figures.change, 1.0)
