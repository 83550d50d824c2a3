"""Audit records as they arrive, over as many calls as it takes. No I/O."""

import json
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from tableadmin.errors import TableAdminError
from tableadmin.timestamps import timestamp
from tableadmin.v1 import ReadAuditRecordsRequest, ReadAuditRecordsResponse
from tableadmin.watching import Resumption

# Records that may have come already when a call begins again at the time of the last one.
_REMEMBERED = 1000


class AuditReading(Resumption[ReadAuditRecordsRequest, ReadAuditRecordsResponse]):
    """Read the audit records of the service, oldest first: each response has some `records`, as JSON.

    Records match all of `since`, `until`, `principal`, `name`, `operation`, `endpoint`, `status` and `id`
    that are given; the contract says what each of them means. `last` asks for so many of the newest ones.
    With `follow` the stream goes on with each new record; the first response then comes at once. There is
    no deadline. A lost connection is opened again.

    Raises TableAdminError: FailedPrecondition where the service writes no audit file, PermissionDenied.
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
        """The request, without a deadline; after the first records from the time of the last one on."""
        return self._request, None

    def received(self, response: ReadAuditRecordsResponse) -> Sequence[ReadAuditRecordsResponse]:
        """RESPONSE without the records that an earlier call has given."""
        self._answered, self._failures = True, 0
        new = [each for each in response.records if each not in self._seen]
        self._seen.extend(new)
        if new:
            time = json.loads(new[-1])["time"] / 1000
            self._request.since.FromDatetime(datetime.fromtimestamp(time, UTC))
            self._request.ClearField("last")
        return (ReadAuditRecordsResponse(records=new),)

    def ended(self, error: TableAdminError | None = None) -> Sequence[ReadAuditRecordsResponse]:
        """Nothing; the stream is over once a call has ended well."""
        self.finished |= error is None and not self._request.follow
        super().ended(error)
        return ()

    def _lost(self, error: TableAdminError) -> Sequence[ReadAuditRecordsResponse]:
        self._back_off(error)
        return ()
