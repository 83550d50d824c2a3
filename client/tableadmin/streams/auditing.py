"""Read audit records across the calls of one stream. No I/O."""

import json
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from tableadmin.awsshape.times import timestamp
from tableadmin.errors import TableAdminError
from tableadmin.streams.resumable import ResumableStream
from tableadmin.v1 import ReadAuditRecordsRequest, ReadAuditRecordsResponse

# How many of the newest records are remembered. A resumed call starts at the time of the last record and
# repeats records.
_REMEMBERED = 1000


class ResumableAuditRead(
    ResumableStream[ReadAuditRecordsRequest, ReadAuditRecordsResponse, ReadAuditRecordsResponse]
):
    """Read the audit records of the service, oldest first: each response has some `records`, as JSON.

    The records match all given filters: `since`, `until`, `principal`, `name`, `operation`, `endpoint`,
    `status` and `id`. ReadAuditRecordsRequest describes each filter. `last` limits the result to that number
    of newest records. With `follow`, the first response comes at once, and the stream continues with new
    records. The stream has no deadline and resumes after a lost connection.

    Raises TableAdminError: FailedPrecondition if the service writes no audit file, PermissionDenied.
    """

    rpc: ClassVar[str] = "ReadAuditRecords"

    def __init__(  # noqa: PLR0913  # the fields of the request, as keywords
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        principal: str | None = None,
        name: str | None = None,
        operation: str | None = None,
        endpoint: str | None = None,
        status: str | None = None,
        id: str | None = None,  # noqa: A002  # the name of the field
        last: int | None = None,
        follow: bool = False,
    ) -> None:
        super().__init__()
        self._request = ReadAuditRecordsRequest(
            since=timestamp(since),
            until=timestamp(until),
            principal=principal,
            name=name,
            operation=operation,
            endpoint=endpoint,
            status=status,
            id=id,
            last=last,
            follow=follow or None,
        )
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)

    def next_call(self) -> tuple[ReadAuditRecordsRequest, float | None]:
        """Return the request, without a deadline. A resumed request starts at the time of the last record."""
        return self._request, None

    def received(self, response: ReadAuditRecordsResponse) -> Sequence[ReadAuditRecordsResponse]:
        """Return RESPONSE without the records that the caller already has."""
        self._note_answer()
        new = [each for each in response.records if each not in self._seen]
        self._seen.extend(new)
        if new:
            time = json.loads(new[-1])["time"] / 1000
            self._request.since.FromDatetime(datetime.fromtimestamp(time, UTC))
            self._request.ClearField("last")
        return (ReadAuditRecordsResponse(records=new),)

    def ended(self, error: TableAdminError | None = None) -> Sequence[ReadAuditRecordsResponse]:
        """Return no responses. The stream is finished when a call without `follow` has succeeded."""
        self.finished |= error is None and not self._request.follow
        super().ended(error)
        return ()

    def _lost(self, error: TableAdminError) -> Sequence[ReadAuditRecordsResponse]:
        self._back_off(error)
        return ()
