"""Writes audit records: intents before changes, outcomes after them, and denials."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import OWN_DOMAIN, Failure
from tableadmin_server.security.audit import record
from tableadmin_server.security.audit.record import Activity, Outcome
from tableadmin_server.security.audit.recorded_change import RecordedChange
from tableadmin_server.security.audit.trail import Trail
from tableadmin_server.security.identity import permitting_policies

_DENIALS = frozenset({Code.PERMISSION_DENIED, Code.UNAUTHENTICATED})


class Change:
    """A change under way. AWS_REQUEST_ID is set once the change is answered."""

    aws_request_id = ""


class Audit:
    """Records acts in TRAIL, None for no audit. READS says that reads are recorded too."""

    def __init__(self, trail: Trail | None = None, *, reads: bool = False) -> None:
        self.trail = trail
        self.is_on = trail is not None
        self.reads = reads

    async def intend(self, activity: Activity) -> None:
        """Record the intent of ACTIVITY. Raises Failure (UNAVAILABLE); then ACTIVITY must not be done."""
        if self.trail is not None:
            await self.trail.append(record.intent(activity, time.time()))

    async def begin(self, activity: Activity) -> RecordedChange | None:
        """Return ACTIVITY as a change whose thread writes its records, None if the intent is written already.

        Raises Failure like `intend`.
        """
        if self.trail is not None and self.trail.is_free:
            return RecordedChange(self.trail, activity, permitting_policies())
        await self.intend(activity)
        return None

    async def conclude(self, activity: Activity, outcome: Outcome) -> None:
        """Record the outcome of ACTIVITY, now or as soon as possible."""
        if self.trail is not None:
            await self.trail.append_or_keep(record.outcome(activity, outcome, time.time()))

    @asynccontextmanager
    async def change(self, activity: Activity) -> AsyncIterator[Change]:
        """Return a context for ACTIVITY that records its intent and outcome. Raises Failure like `intend`."""
        change = Change()
        if self.trail is None:
            yield change
            return
        await self.intend(activity)
        began = time.monotonic()
        result = Outcome("UNKNOWN", "INTERRUPTED")
        try:
            yield change
            result = Outcome(aws_request_id=change.aws_request_id, policies=permitting_policies())
        except Failure as failure:
            result = outcome_of(failure)
            raise
        finally:
            await self.conclude(activity, replace(result, seconds=time.monotonic() - began))

    async def close(self) -> None:
        """Write the remaining records."""
        if self.trail is not None:
            await self.trail.close()


# Records nothing.
OFF = Audit()


def outcome_of(failure: Failure) -> Outcome:
    """Return the outcome of the current task's call, which ends with FAILURE."""
    denial = denial_in(failure)
    forbidding = denial.metadata.get("policies", "") if denial else ""
    policies = tuple(forbidding.split(", ")) if forbidding else ()
    return Outcome(
        Code.Name(failure.code),
        failure.reason,
        failure.metadata.get("aws_request_id", ""),
        policies if denial else permitting_policies(),
        denied=denial is not None,
        not_sent=failure.not_sent,
    )


def denial_in(failure: Failure) -> Failure | None:
    """Return FAILURE or its cause if one of them is a denial of this service, else None."""
    for each in (failure, failure.__cause__):
        if isinstance(each, Failure) and each.domain == OWN_DOMAIN and each.code in _DENIALS:
            return each
    return None
