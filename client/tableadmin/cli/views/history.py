"""The history of a table: operations and audit records as events, oldest first. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tableadmin.cli.app.session import aws
from tableadmin.cli.output.blocks import Rows
from tableadmin.cli.views.operations.operation_text import calls, error_text, state

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import Operation

_COLUMNS = ("Time", "What", "By", "Result", "Details")
# Audit records with other statuses are not events of a table.
_OUTCOMES = frozenset({"Success", "Failure", "Unknown"})


@dataclass(frozen=True)
class Event:
    """An event of a table. `record` has all details, for programs."""

    at: datetime
    what: str
    by: str
    result: str
    details: str
    record: AwsDict


def events(operations: Iterable[Operation], records: Iterable[Mapping[str, Any]]) -> Sequence[Event]:
    """Return the events of OPERATIONS on a table and of its other changes in RECORDS, oldest first."""
    return sorted([*map(_of_operation, operations), *_of_records(records)], key=lambda each: each.at)


def rows(found: Sequence[Event], none: str) -> Rows:
    """Return a row for each event. NONE is the text if there are no events."""
    cells = [
        (f"{each.at:%Y-%m-%d %H:%M:%S} UTC", each.what, each.by, each.result, each.details) for each in found
    ]
    return Rows(_COLUMNS, cells, none, named_by=1)


def document(found: Sequence[Event]) -> AwsDict:
    """Return the events for programs."""
    return {"Events": [{"Time": each.at.isoformat(), "What": each.what, **each.record} for each in found]}


def _of_operation(operation: Operation) -> Event:
    made = ", ".join(dict.fromkeys(each.operation for each in operation.calls))
    error = error_text(operation.error) if operation.HasField("error") else ""
    return Event(
        operation.create_time.ToDatetime(tzinfo=UTC),
        f"operation {operation.operation_id}",
        operation.requested_by,
        state(operation),
        "; ".join(filter(None, [error, f"{calls(operation)}: {made}" if made else calls(operation)])),
        {"Operation": aws(operation)},
    )


def _of_records(records: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """Yield the direct changes. Changes by an operation are part of the operation's event."""
    for record in records:
        unmapped = record.get("unmapped", {})
        if record["status"] not in _OUTCOMES or "operation_id" in unmapped:
            continue
        if record["api"]["operation"] == "ApplyPlan":
            continue
        yield Event(
            datetime.fromtimestamp(record["time"] / 1000, UTC),
            record["api"]["operation"],
            record["actor"]["user"]["uid"],
            record["status"].upper(),
            f"{record.get('status_code', '')} {record.get('status_detail', '')}".strip(),
            {"AuditRecord": dict(record)},
        )
