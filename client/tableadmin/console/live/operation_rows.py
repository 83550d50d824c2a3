"""An operation in one row of the page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.cli.views.operations import operation_text

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from tableadmin.v1 import Operation


def row(operation: Operation) -> dict[str, object]:
    """The operation, and what it does or waits for at the moment; times are in ISO 8601."""
    return {
        "id": operation.operation_id,
        "table": operation.table_name,
        "state": operation_text.state(operation),
        "words": operation_text.state_in_words(operation_text.state(operation)),
        "ended": operation_text.has_ended(operation),
        "calls": operation_text.call(operation),
        "now": operation_text.current_step(operation),
        "approvers": operation_text.approvers(operation),
        "by": operation.requested_by,
        "created": _time(operation, "create_time"),
        "endTime": _time(operation, "end_time"),
    }


def _time(operation: Operation, field: str) -> str | None:
    stamp: Timestamp = getattr(operation, field)
    return stamp.ToJsonString() if operation.HasField(field) else None  # type: ignore[arg-type] # a field's name
