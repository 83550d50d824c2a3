"""The part of docs/operate/scale.md that the simulation writes."""

from collections.abc import Iterator

from bench.simulation.calibration import MEASURED
from bench.simulation.model import Cost, Fleet, cost
from bench.simulation.pace import Pace

BEGIN, END = "<!-- make simulate: begin -->\n", "<!-- make simulate: end -->\n"

FLEETS = (
    Fleet(servers=1, tables=100, watchers=100, operations=10),
    Fleet(servers=3, tables=1_000, watchers=3_000, operations=50),
    Fleet(servers=3, tables=10_000, watchers=10_000, operations=250),
    Fleet(servers=10, tables=10_000, watchers=30_000, operations=250),
    Fleet(servers=30, tables=10_000, watchers=100_000, operations=1_000),
    Fleet(servers=100, tables=10_000, watchers=100_000, operations=1_000),
)
_COLUMNS = (
    "servers",
    "tables",
    "watchers",
    "operations, of them at once",
    "calls of the control plane a second",
    "poll of a table each",
    "items read a second",
    "items written a second",
    "memory of a server",
)


def written(page: str) -> str:
    """PAGE with what the simulation says now between the marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join(table())
    return f"{before}{BEGIN}{lines}\n{END}{after}"


def table() -> Iterator[str]:
    """The lines of the table."""
    pace = Pace()
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'---|' * len(_COLUMNS)}"
    for fleet in FLEETS:
        yield f"| {' | '.join(_cells(fleet, cost(fleet, pace, MEASURED)))} |"
    yield ""


def _cells(fleet: Fleet, its: Cost) -> Iterator[str]:
    yield from (f"{number:,}" for number in (fleet.servers, fleet.tables, fleet.watchers))
    yield f"{fleet.operations:,}, {its.running:,}"
    yield f"{its.control_plane:,.0f}"
    yield f"{its.poll_interval:,.0f} s"
    yield f"{its.items_read:,.0f}"
    yield f"{its.items_written:,.1f}"
    yield f"{its.memory_mb:,.0f} MB"
