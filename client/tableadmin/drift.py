"""Drift: the differences between tables and their specs. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from tableadmin.errors import TableAdminError
from tableadmin.streams.plans import table_error
from tableadmin.v1 import BilledTable, ExportTablesResponse, PlanAction, PlanTablesResponse, TablePlan

T = TypeVar("T")

# The maximum number of specs, and of tables of GetConsumedCapacity, in a request.
_SPECS_A_REQUEST = 1_000
CONSUMPTION_TABLES = 100


class DriftStatus(Enum):
    """The result of comparing a table with its spec."""

    SAME = "SAME"
    """The table matches its spec."""
    DRIFTED = "DRIFTED"
    """The table differs from its spec."""
    MISSING = "MISSING"
    """The table does not exist."""
    UNMANAGED = "UNMANAGED"
    """The table exists, and no spec names it."""
    UNKNOWN = "UNKNOWN"
    """The table could not be read, or could not be compared in full."""


@dataclass(frozen=True)
class TableDrift:
    """The comparison of a table with its spec.

    The `changes` of `plan` are the differences. `plan` is None for a table without a spec or with an `error`.
    `error` is why the table could not be compared. `billed_table` has the billing facts of an UNMANAGED
    table, None if they were not requested or can't be read.
    """

    table_name: str
    status: DriftStatus
    plan: TablePlan | None = None
    error: TableAdminError | None = None
    billed_table: BilledTable | None = None


def batches(tables: Sequence[T], size: int = _SPECS_A_REQUEST) -> Iterator[Sequence[T]]:
    """Split TABLES, which are specs or names, into batches of at most SIZE for one request each."""
    return (tables[first : first + size] for first in range(0, len(tables), size))


def table_drifts(results: Iterable[PlanTablesResponse], live: Iterable[str]) -> list[TableDrift]:
    """Return the drift of each table in RESULTS, in that order, then of LIVE tables without a spec, by name.

    LIVE are the names of all tables.
    """
    compared = [_compared(each) for each in results]
    unmanaged = sorted(set(live) - {each.table_name for each in compared})
    return [*compared, *(TableDrift(name, DriftStatus.UNMANAGED) for name in unmanaged)]


def unmanaged_names(found: Iterable[TableDrift]) -> list[str]:
    """Return the names of the tables of FOUND without a spec."""
    return [each.table_name for each in found if each.status is DriftStatus.UNMANAGED]


def with_bills(found: Iterable[TableDrift], exports: Iterable[ExportTablesResponse]) -> list[TableDrift]:
    """Return FOUND with the billing facts in EXPORTS."""
    bills = {each.table_name: each.billed_table for each in exports if each.HasField("billed_table")}
    return [replace(each, billed_table=bills.get(each.table_name)) for each in found]


def _compared(result: PlanTablesResponse) -> TableDrift:
    if result.HasField("error"):
        error = table_error(result.table_name, result.error)
        return TableDrift(result.table_name, DriftStatus.UNKNOWN, error=error)
    return TableDrift(result.table_name, _status(result.plan), result.plan)


def _status(plan: TablePlan) -> DriftStatus:
    if plan.action == PlanAction.PLAN_ACTION_CREATE:
        return DriftStatus.MISSING
    if plan.action != PlanAction.PLAN_ACTION_NONE:
        return DriftStatus.DRIFTED
    uncertain = any(warning.uncertain for warning in plan.warnings)
    return DriftStatus.UNKNOWN if uncertain else DriftStatus.SAME
