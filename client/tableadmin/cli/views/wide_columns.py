"""The columns of a table in `table list --wide` and `watch`. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from tableadmin.cli.views.formatting import size, word
from tableadmin.cli.views.table_description import capacity, index_status
from tableadmin.cli.views.unreadable_parts import DESCRIPTION, unreadable_parts

if TYPE_CHECKING:
    from tableadmin.v1 import TableState


@dataclass(frozen=True)
class Column:
    """A column: its text for a table, and its sort key. Numbers sort from the largest, texts from A to Z.

    `part` is the part of the table's state with the value.
    """

    cell: Callable[[TableState], str]
    amount: Callable[[TableState], int] | None = None
    part: str = DESCRIPTION


# A column and the pattern that its cells must match.
Filter: TypeAlias = tuple[str, str]


def _billing(state: TableState) -> str:
    return word(state.table.billing_mode_summary, "billing_mode") or "PROVISIONED"


def _capacity(state: TableState) -> str:
    return capacity(state.table.provisioned_throughput, state.table.on_demand_throughput)


def _indexes(state: TableState) -> str:
    """Return the number of indexes, and the indexes that are not ACTIVE."""
    table = state.table
    statuses = [(each.index_name, index_status(each)) for each in table.global_secondary_indexes]
    statuses += [(each.index_name, word(each, "index_status")) for each in table.vector_indexes]
    count = len(statuses) + len(table.local_secondary_indexes)
    moving = [f"{name} {status}" for name, status in statuses if status != "ACTIVE"]
    return "; ".join([str(count), *moving])


def time_to_live(state: TableState) -> str:
    """Return the status of time to live, and the attribute if there is one."""
    live = state.time_to_live
    return " ".join(filter(None, [word(live, "time_to_live_status"), live.attribute_name]))


def recovery(state: TableState) -> str:
    """Return the status of point-in-time recovery."""
    return word(state.continuous_backups.point_in_time_recovery_description, "point_in_time_recovery_status")


_UNREADABLE = "UNREADABLE"

COLUMNS: Mapping[str, Column] = {
    "table": Column(lambda state: state.table.table_name),
    "status": Column(lambda state: word(state.table, "table_status")),
    "billing": Column(_billing),
    "capacity": Column(_capacity, lambda state: state.table.provisioned_throughput.read_capacity_units),
    "indexes": Column(_indexes, lambda state: len(state.table.global_secondary_indexes)),
    "ttl": Column(time_to_live, part="TIME_TO_LIVE"),
    "pitr": Column(recovery, part="CONTINUOUS_BACKUPS"),
    "size": Column(
        lambda state: size(state.table.table_size_bytes), lambda state: state.table.table_size_bytes
    ),
    "items": Column(lambda state: str(state.table.item_count), lambda state: state.table.item_count),
}


# The parts that are read in addition to the description.
PARTS = sorted({column.part for column in COLUMNS.values()} - {DESCRIPTION})


def cells(state: TableState, columns: Iterable[str]) -> list[str]:
    """Return the texts of COLUMNS for the table, UNREADABLE for parts that the service could not read."""
    unreadable = unreadable_parts(state)
    return [_cell(state, column, unreadable) for column in columns]


def _cell(state: TableState, column: str, unreadable: Collection[str]) -> str:
    if DESCRIPTION in unreadable:
        # Only the name is known, so UNREADABLE is shown only once.
        return {"table": state.table.table_name, "status": _UNREADABLE}.get(column, "")
    return _UNREADABLE if COLUMNS[column].part in unreadable else COLUMNS[column].cell(state)


def parse_filter(text: str) -> Filter:
    """Parse `status=UPDATING` as a column and a pattern. Raises ValueError."""
    column, sign, pattern = text.partition("=")
    column = column.lower()
    if not sign:
        raise ValueError(f"{text!r} should be COLUMN=VALUE")
    if column not in COLUMNS:
        near = get_close_matches(column, COLUMNS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(COLUMNS)}"
        raise ValueError(f"there is no column {column!r}; {hint}")
    return column, pattern.lower()


def select_tables(states: Iterable[TableState], filters: Sequence[Filter], sort: str) -> list[TableState]:
    """Return the tables that match all FILTERS, sorted by the column SORT and then by name.

    A filter's pattern must match the whole cell or one of its words. `*` matches any text, `?` any character.
    Case is ignored.
    """
    kept = [state for state in states if all(_passes(state, each) for each in filters)]
    return sorted(kept, key=lambda state: (*_rank(state, sort), state.table.table_name))


def _passes(state: TableState, wanted: Filter) -> bool:
    column, pattern = wanted
    return any(fnmatchcase(text, pattern) for text in _words(cells(state, [column])[0].lower()))


def _words(cell: str) -> Iterator[str]:
    yield cell
    yield from (each.strip(",;") for each in cell.split())


def _rank(state: TableState, column: str) -> tuple[int, str]:
    amount = COLUMNS[column].amount
    return (0, cells(state, [column])[0]) if amount is None else (-amount(state), "")
