"""How tables stand to their specs: as rows, a summary, a record and metrics. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tableadmin.cli.app.session import aws
from tableadmin.cli.output.blocks import Rows
from tableadmin.cli.views.formatting import time
from tableadmin.cli.views.operations.operation_text import state
from tableadmin.cli.views.plans.plan_values import with_values
from tableadmin.drift import DriftStatus

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.drift import TableDrift
    from tableadmin.v1 import Operation

_COLUMNS = ("Table", "Status", "Differences", "Last operation")
# Members of a table that a row names.
_NAMED = 3
_HELP = {
    "tableadmin_drift_tables": "Tables by how they stand to their specs.",
    "tableadmin_drift_last_check_timestamp_seconds": "Time of the comparison, in seconds since the epoch.",
}


@dataclass(frozen=True)
class Comparison:
    """How a table of ENDPOINT stands to its spec, and the last operation that changed the table, if known."""

    endpoint: str
    drift: TableDrift
    last_operation: Operation | None = None

    @property
    def is_same(self) -> bool:
        """Whether the table matches its spec."""
        return self.drift.status is DriftStatus.SAME


def rows(found: Sequence[Comparison], *, with_endpoint: bool) -> Rows:
    """A row for each of FOUND that does not match its spec; WITH_ENDPOINT adds a column."""
    told = [each for each in found if not each.is_same]
    cells = [_cells(each) for each in told]
    if not with_endpoint:
        return Rows(_COLUMNS, cells, none="all tables match their specs")
    return Rows(
        ("Endpoint", *_COLUMNS),
        [(each.endpoint, *row) for each, row in zip(told, cells, strict=True)],
        none="all tables match their specs",
        named_by=1,
    )


def summary(found: Sequence[Comparison]) -> str:
    """`3 same, 1 drifted, 1 unmanaged`; statuses that no table has are left out."""
    counts = Counter(each.drift.status for each in found)
    return ", ".join(f"{counts[each]} {_said(each)}" for each in DriftStatus if counts[each]) or "no tables"


def line(comparison: Comparison) -> str:
    """COMPARISON in one line: `Music drifted: Tags`."""
    name, status, differences, _ = _cells(comparison)
    return f"{name} {status}: {differences}" if differences else f"{name} {status}"


def record(comparison: Comparison) -> AwsDict:
    """COMPARISON for programs."""
    drift, operation = comparison.drift, comparison.last_operation
    return {
        "TableName": drift.table_name,
        "Status": drift.status.value,
        **({"Endpoint": comparison.endpoint} if comparison.endpoint else {}),
        **({"Plan": with_values(aws(drift.plan))} if drift.plan and not comparison.is_same else {}),
        **({"Error": str(drift.error)} if drift.error else {}),
        **({"LastOperation": aws(operation)} if operation else {}),
    }


def counted(found: Sequence[Comparison]) -> AwsDict:
    """The number of tables of each status."""
    counts = Counter(each.drift.status for each in found)
    return {each.value: counts[each] for each in DriftStatus}


def metrics(found: Sequence[Comparison], endpoints: Mapping[str, str], now: float) -> str:
    """FOUND as gauges in the text format of Prometheus, for each of ENDPOINTS.

    ENDPOINTS have the label of each endpoint. NOW is in seconds since the epoch.
    """
    counts = Counter((each.endpoint, each.drift.status) for each in found)
    tables, checked = _HELP
    return "".join(
        (
            *_metric_head(tables),
            *(
                f'{tables}{{endpoint="{label}",status="{_said(each)}"}} {counts[endpoint, each]}\n'
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
    return drift.table_name, _said(drift.status), _differences(drift), _last(comparison.last_operation)


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


def _said(status: DriftStatus) -> str:
    return status.value.lower()
