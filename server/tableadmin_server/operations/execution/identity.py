"""Whether a table is the operation's table or another table with the same name. Pure decisions."""

from datetime import datetime

from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.record import Call, OperationStatus, Outcome
from tableadmin_server.planner import CREATIONS

# The identities of a table that does not exist, and of a table without TableId and CreationDateTime.
ABSENT, UNKNOWN = "", "unknown"


def identity_of(description: AwsDict | None) -> str:
    """Return the table's identity: its TableId or, if it has none, its creation time."""
    if description is None:
        return ABSENT
    known = description.get("TableId") or description.get("CreationDateTime") or UNKNOWN
    return str(known.timestamp() if isinstance(known, datetime) else known)


def recognize_table(status: OperationStatus, description: AwsDict | None) -> OperationStatus | None:
    """Return STATUS with the identity of the operation's table; None if DESCRIPTION is of another table.

    The first table that is read is the operation's. A table with another identity is the operation's only if
    the operation has created it. An absent table is the operation's if the operation has deleted or created
    it: AWS may show a new table late.
    """
    seen = identity_of(description)
    last = status.calls[-1] if status.calls else None
    made = last is not None and last.operation in CREATIONS and _may_be_made(last)
    if seen == status.table_id or (seen == ABSENT and (made or _has_deleted(last))):
        return status
    if status.table_id is None:
        return replace(status, table_id=seen)
    if last is not None and made and _is_open(last):
        return _resolved(replace(status, table_id=seen), last)
    return None


def replaced_failure(table_name: str, description: AwsDict | None) -> Failure:
    """Return the Failure of an operation whose table was deleted or replaced."""
    what = "was deleted" if description is None else "was replaced by another table with the same name"
    return Failure(
        Code.ABORTED,
        f"{table_name}: the table {what} while the operation was running, so the operation "
        "has stopped. Make a new plan for the current table",
        reason="TABLE_HAS_MOVED_ON",
    )


def _has_deleted(last: Call | None) -> bool:
    return last is not None and last.operation == "DeleteTable" and _may_be_made(last)


def _may_be_made(call: Call) -> bool:
    return call.in_doubt or call.outcome is not Outcome.REFUSED


def _is_open(call: Call) -> bool:
    """Whether the outcome of CALL is not certain yet."""
    return call.in_doubt or call.outcome is not Outcome.ACCEPTED


def _resolved(status: OperationStatus, last: Call) -> OperationStatus:
    """STATUS with the LAST call accepted, because the table that it creates exists."""
    made = replace(last, outcome=Outcome.ACCEPTED, in_doubt=False)
    return replace(status, calls=(*status.calls[:-1], made))
