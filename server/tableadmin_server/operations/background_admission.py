"""Checks requests for many tables, once for each request, while its operations wait."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import NamedTuple

from google.rpc.code_pb2 import Code

from tableadmin_server.concurrency import as_ready
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations.admission import check_table, held_by_another
from tableadmin_server.operations.execution.reconcile import backoff, error_of, retry_period
from tableadmin_server.operations.storage.record import Admission, OperationError, OperationSpec
from tableadmin_server.operations.storage.store import Entry, RequestRecord, Store
from tableadmin_server.tables.snapshot import Snapshot

# The record of a request has at most so many obstacles, because an item is limited to 400 KB.
_MAX_OBSTACLES = 20
# The admissions of so many requests are kept in memory.
_MAX_REMEMBERED = 1000


class CheckedRequest(NamedTuple):
    """The admission of a request. SNAPSHOTS has its tables by operation id, if this server read them."""

    admission: Admission
    snapshots: Mapping[str, Snapshot]


class _FailedCheck(NamedTuple):
    table_name: str
    failure: Failure


class CheckStopped(Exception):
    """This server stops before the checks are finished."""


class BackgroundAdmission:
    """Checks the requests in STORE against the tables of ENDPOINT.

    The admission of a request is written into its record by one conditional write. All servers therefore act
    on the same admission, also if several servers check the request.
    """

    def __init__(self, endpoint: Endpoint, store: Store) -> None:
        self._endpoint = endpoint
        self._store = store
        self._checks: dict[str, asyncio.Task[CheckedRequest]] = {}
        self._admissions: dict[str, Admission] = {}

    async def of(self, request_id: str) -> CheckedRequest:
        """Return the admission of the request. The request is checked now if it was not checked before.

        Raises Failure, and CheckStopped after `stop`.
        """
        if request_id in self._admissions:
            return CheckedRequest(self._admissions[request_id], {})
        if request_id not in self._checks:
            self._checks[request_id] = asyncio.create_task(self._check_once(request_id))
            self._checks[request_id].add_done_callback(lambda _: self._checks.pop(request_id))
        check = self._checks[request_id]
        try:
            return await asyncio.shield(check)
        except asyncio.CancelledError:
            if check.cancelled():
                raise CheckStopped from None
            raise

    def remember(self, request_id: str, admission: Admission) -> None:
        """Keep the admission of the request in memory."""
        self._admissions[request_id] = admission
        if len(self._admissions) > _MAX_REMEMBERED:
            del self._admissions[next(iter(self._admissions))]

    def stop(self) -> None:
        """Cancel the checks under way. Another server makes them."""
        for check in self._checks.values():
            check.cancel()

    async def _check_once(self, request_id: str) -> CheckedRequest:
        request = await self._request(request_id)
        if request is None:
            checked = CheckedRequest(Admission(), {})
        elif request.admission is None:
            checked = await self._check(request_id, request)
        else:
            checked = CheckedRequest(request.admission, {})
        self.remember(request_id, checked.admission)
        return checked

    async def _request(self, request_id: str) -> RequestRecord | None:
        """The request; None if its record is gone or can't be read."""
        try:
            return await self._store.request(request_id)
        except Failure as failure:
            # The request's operations are readable, and each checks its table before it changes the table.
            if failure.code != Code.DATA_LOSS:
                raise
            return None

    async def _check(self, request_id: str, request: RequestRecord) -> CheckedRequest:
        """Check the operations of the request that exist: a server may stop before it has written all."""
        entries = await self._store.entries(request.operation_ids.values())
        operations = [each.operation for each in entries.values() if isinstance(each, Entry)]
        specs = [each.spec for each in operations if not each.status.state.ended]
        snapshots: dict[str, Snapshot] = {}
        obstacles: list[_FailedCheck] = []
        async with aclosing(as_ready(specs, self._check_table)) as checked_tables:
            async for spec, found in checked_tables:
                if isinstance(found, Failure):
                    obstacles.append(_FailedCheck(spec.table_name, found))
                else:
                    snapshots[spec.operation_id] = found
        return CheckedRequest(await self._store.save_admission(request_id, _admission(obstacles)), snapshots)

    async def _check_table(self, spec: OperationSpec) -> tuple[OperationSpec, Snapshot | Failure]:
        """The table of SPEC, or the obstacle. Failures that are temporary are retried."""
        holder = await self._store.hold_table(spec.table_name, spec.operation_id)
        if holder != spec.operation_id:
            return spec, held_by_another(spec.table_name, holder)
        began = asyncio.get_running_loop().time()
        failures = 0
        while True:
            try:
                found = await check_table(self._endpoint, spec)
            except Failure as failure:
                failures += 1
                if asyncio.get_running_loop().time() - began >= retry_period(failure, in_doubt=False):
                    return spec, failure
                jitter = random.random()  # noqa: S311  # spreads retries
                await asyncio.sleep(backoff(failure, failures, jitter))
            else:
                return spec, found.obstacle or found.live


def aborted_error(admission: Admission, table_name: str) -> OperationError:
    """Return the error of the table's operation, which ADMISSION, with its obstacles, aborts."""
    own = admission.obstacles.get(table_name)
    if own is not None:
        return own
    other, cause = next(iter(admission.obstacles.items()))
    more = f" (and {len(admission.obstacles) - 1} more tables)" if len(admission.obstacles) > 1 else ""
    return OperationError(
        code=Code.ABORTED,
        reason="REQUEST_NOT_ADMITTED",
        message=f"{table_name}: nothing was started, because another table of the request failed its check: "
        f"{cause.message if other in cause.message else f'{other}: {cause.message}'}{more}",
    )


def _admission(obstacles: Iterable[_FailedCheck]) -> Admission:
    first = sorted(obstacles, key=lambda each: each.table_name)[:_MAX_OBSTACLES]
    return Admission(obstacles={each.table_name: error_of(each.failure) for each in first})
