"""Drift as rows, a summary, a record and metrics. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tableadmin.cli.app.session import aws
from tableadmin.cli.output.blocks import Rows
from tableadmin.cli.output.terminal_text import Line
from tableadmin.cli.views.formatting import time
from tableadmin.cli.views.operations.operation_text import state
from tableadmin.cli.views.plans import costs
from tableadmin.cli.views.plans.plan_values import with_values
from tableadmin.cost.amount import ZERO
from tableadmin.drift import DriftStatus

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cost import Prices, TableCost
    from tableadmin.drift import TableDrift
    from tableadmin.v1 import Operation

_COLUMNS: tuple[str, ...] = ("Table", "Status", "Differences", "Last operation")
# How many members of a table a row names.
_NAMED = 3
_HELP = {
    "tableadmin_drift_tables": "Number of tables by drift status.",
    "tableadmin_drift_last_check_timestamp_seconds": "Time of the comparison, in seconds since the epoch.",
}


@dataclass(frozen=True)
class Comparison:
    """The drift of a table of `endpoint`, and the last operation that changed the table, if known.

    `cost` is the cost of the table now and after applying its spec, None if costs were not requested.
    """

    endpoint: str
    drift: TableDrift
    last_operation: Operation | None = None
    cost: TableCost | None = None

    @property
    def is_same(self) -> bool:
        """Whether the table matches its spec."""
        return self.drift.status is DriftStatus.SAME


def rows(found: Sequence[Comparison], *, with_endpoint: bool) -> Rows:
    """Return a row for each of FOUND that does not match its spec. WITH_ENDPOINT adds a column."""
    shown = [each for each in found if not each.is_same]
    cells: list[tuple[str, ...]] = [_cells(each) for each in shown]
    columns = _COLUMNS
    if any(each.cost for each in shown):
        columns = (*_COLUMNS, "Monthly cost")
        cells = [(*row, _cost(each.cost)) for each, row in zip(shown, cells, strict=True)]
    if not with_endpoint:
        return Rows(columns, cells, none="all tables match their specs")
    return Rows(
        ("Endpoint", *columns),
        [(each.endpoint, *row) for each, row in zip(shown, cells, strict=True)],
        none="all tables match their specs",
        named_by=1,
    )


def summary(found: Sequence[Comparison]) -> str:
    """Count tables by status: `3 same, 1 drifted, 1 unmanaged`. Statuses without tables are left out."""
    counts = Counter(each.drift.status for each in found)
    return (
        ", ".join(f"{counts[each]} {_status_text(each)}" for each in DriftStatus if counts[each])
        or "no tables"
    )


def comparison_line(comparison: Comparison) -> str:
    """Return COMPARISON in one line: `Music drifted: Tags`."""
    name, status, differences, _ = _cells(comparison)
    return f"{name} {status}: {differences}" if differences else f"{name} {status}"


def record(comparison: Comparison) -> AwsDict:
    """Return COMPARISON for programs."""
    drift, operation = comparison.drift, comparison.last_operation
    return {
        "TableName": drift.table_name,
        "Status": drift.status.value,
        **({"Endpoint": comparison.endpoint} if comparison.endpoint else {}),
        **({"Plan": with_values(aws(drift.plan))} if drift.plan and not comparison.is_same else {}),
        **({"Error": str(drift.error)} if drift.error else {}),
        **({"LastOperation": aws(operation)} if operation else {}),
        **({"Cost": costs.record(comparison.cost)} if comparison.cost else {}),
    }


def cost_lines(found: Sequence[Comparison], prices: Prices) -> Iterator[Line]:
    """Return the total cost of the tables of each status by PRICES."""
    for status, tables in _priced(found).items():
        before, after, increase, _ = costs.totals(tables)
        amounts = str(before)
        if status is DriftStatus.MISSING:
            amounts = f"{after} if the specs are applied"
        elif increase != ZERO:
            amounts = f"{before} -> {after} if the specs are applied ({increase.as_increase()})"
        count = "1 table" if len(tables) == 1 else f"{len(tables)} tables"
        yield Line(f"Monthly cost of {count} {_status_text(status)}: {amounts}")
    yield Line(costs.prices_note(prices), colour="bright_black")


def cost_record(found: Sequence[Comparison], prices: Prices) -> AwsDict:
    """Return the total cost of the tables of each status by PRICES, for programs."""
    return {
        **{status.value: costs.summary_record(tables) for status, tables in _priced(found).items()},
        **costs.prices_record(prices),
    }


def _priced(found: Sequence[Comparison]) -> Mapping[DriftStatus, list[TableCost]]:
    """Return the costs of FOUND by status, without statuses that no table has."""
    by_status = {
        status: [each.cost for each in found if each.drift.status is status and each.cost]
        for status in DriftStatus
    }
    return {status: tables for status, tables in by_status.items() if tables}


def _cost(cost: TableCost | None) -> str:
    return "" if cost is None else costs.change(cost)


def count_statuses(found: Sequence[Comparison]) -> AwsDict:
    """Return the number of tables of each status."""
    counts = Counter(each.drift.status for each in found)
    return {each.value: counts[each] for each in DriftStatus}


def metrics(found: Sequence[Comparison], endpoints: Mapping[str, str], now: float) -> str:
    """Return FOUND as gauges in the text format of Prometheus, for each of ENDPOINTS.

    ENDPOINTS are the labels of the endpoints. NOW is in seconds since the epoch.
    """
    counts = Counter((each.endpoint, each.drift.status) for each in found)
    tables, checked = _HELP
    return "".join(
        (
            *_metric_head(tables),
            *(
                f'{tables}{{endpoint="{label}",status="{_status_text(each)}"}} {counts[endpoint, each]}\n'
                for endpoint, label in endpoints.items()
                for each in DriftStatus
            ),
            *_metric_head(checked),
            f"{checked} {now:.3f}\n",
        )
    )


def _metric_head(name: str) -> Iterator[str]:
    yield f"# HELP {name} {_HELP[name]}\n"
    yield f"# TYPE {name} gauge\n"


def _cells(comparison: Comparison) -> tuple[str, str, str, str]:
    drift = comparison.drift
    return drift.table_name, _status_text(drift.status), _differences(drift), _last(comparison.last_operation)


def _differences(drift: TableDrift) -> str:
    if drift.error:
        return str(drift.error)
    if drift.plan is None or drift.status is DriftStatus.MISSING:
        return ""
    uncertain = [each.path for each in drift.plan.warnings if each.uncertain]
    paths = [each.path for each in drift.plan.changes if not each.skipped] or uncertain
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


def _last(operation: Operation | None) -> str:
    if operation is None:
        return ""
    by = f" by {operation.requested_by}" if operation.requested_by else ""
    return f"{operation.operation_id} {state(operation)}{by}, {time(operation.create_time)}"


def _status_text(status: DriftStatus) -> str:
    return status.value.lower()
