"""Whether a table is the one that an operation changes, or another of the same name: pure decisions."""

from datetime import datetime

from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.record import Call, OperationStatus, Outcome
from tableadmin_server.planner import CREATIONS

# What an operation writes down of a table that is not there, and of one that has no identity.
ABSENT, UNKNOWN = "", "unknown"


def identity_of(description: AwsDict | None) -> str:
    """What tells the table of DESCRIPTION from others of its name: its id, or when it was created."""
    if description is None:
        return ABSENT
    known = description.get("TableId") or description.get("CreationDateTime") or UNKNOWN
    return str(known.timestamp() if isinstance(known, datetime) else known)


def recognized(status: OperationStatus, description: AwsDict | None) -> OperationStatus | None:
    """STATUS, which knows the table of DESCRIPTION as the operation's; None when it is not.

    The first table that is seen is the operation's. Another one is so only where the operation has made it.
    A table that is not there is recognized where the operation has deleted or created it: AWS may show a new
    one late.
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
    """Why an operation ends whose table is not recognized."""
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
    """Whether nobody has seen yet what came of CALL."""
    return call.in_doubt or call.outcome is not Outcome.ACCEPTED


def _resolved(status: OperationStatus, last: Call) -> OperationStatus:
    """STATUS, the LAST call of which was made after all: the table it made is there."""
    made = replace(last, outcome=Outcome.ACCEPTED, in_doubt=False)
    return replace(status, calls=(*status.calls[:-1], made))
