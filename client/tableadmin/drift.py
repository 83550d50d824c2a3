"""Drift: how the tables of an endpoint stand to specs. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from tableadmin.errors import TableAdminError
from tableadmin.plans import table_error
from tableadmin.v1 import BilledTable, ExportTablesResponse, PlanAction, PlanTablesResponse, TablePlan

T = TypeVar("T")

# Specs that one request can hold.
_SPECS_A_REQUEST = 1_000


class DriftStatus(Enum):
    """How a table stands to its spec."""

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
    """How one table stands to its spec.

    `plan` brings the table to its spec, and its `changes` are the differences; None for a table without a
    spec or with an `error`. `error` is the reason why the table could not be compared. `billed_table` is what
    the cost of an UNMANAGED table depends on, if it was asked for and can be read.
    """

    table_name: str
    status: DriftStatus
    plan: TablePlan | None = None
    error: TableAdminError | None = None
    billed_table: BilledTable | None = None


def batches(specs: Sequence[T]) -> Iterator[Sequence[T]]:
    """SPECS in batches that one request can hold."""
    return (specs[first : first + _SPECS_A_REQUEST] for first in range(0, len(specs), _SPECS_A_REQUEST))


def table_drifts(results: Iterable[PlanTablesResponse], live: Iterable[str]) -> list[TableDrift]:
    """How tables stand to their specs, by the plans RESULTS and in their order.

    LIVE are the names of all tables. Those that have no spec follow by name.
    """
    compared = [_compared(each) for each in results]
    unmanaged = sorted(set(live) - {each.table_name for each in compared})
    return [*compared, *(TableDrift(name, DriftStatus.UNMANAGED) for name in unmanaged)]


def unmanaged_names(found: Iterable[TableDrift]) -> list[str]:
    """The names of the tables of FOUND that no spec names."""
    return [each.table_name for each in found if each.status is DriftStatus.UNMANAGED]


def with_bills(found: Iterable[TableDrift], exports: Iterable[ExportTablesResponse]) -> list[TableDrift]:
    """FOUND with what the cost of tables depends on, by their EXPORTS."""
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
