"""Callers who apply specs to tables of their own, some with approval, and follow the operations."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from soak import tables
from soak.ledger import Shape
from soak.load.callers import OPERATION_SECONDS, Callers
from tableadmin import aio, v1
from tableadmin.errors import (
    DeadlineExceeded,
    OperationFailed,
    ResourceExhausted,
    TableAdminError,
    Unavailable,
)

State = v1.OperationState
_SUCCEEDED = "an operation that succeeded has its effect"
_REJECTED = "a change that is not approved is not made"
_FIRST = 10
_REJECTED_SHARE = 0.3
_CANCELLED_SHARE = 0.1


async def apply(callers: Callers, number: str, count: int) -> None:
    """Bring COUNT tables to one spec after the other, in one request; cancel some."""
    names = [f"applied-{number}-{each}" for each in range(count)]
    version = 0
    while await callers.pause():
        specs = [_spec(name, version) for name in names]
        operations = await _begun(callers, callers.clients["olga"], specs)
        if operations is not None and callers.rng.random() < _CANCELLED_SHARE:
            await callers.journal.ended("CancelOperation", operations.cancel())
        await _followed(callers, operations, specs)
        version += 1


async def apply_with_approval(callers: Callers, number: str) -> None:
    """Bring a table to one spec after the other as somebody who needs approval, which is given or not."""
    name, version = f"guarded-{number}", 0
    while await callers.pause():
        spec = _spec(name, version)
        before = callers.ledger.shape(name)
        operations = await _begun(callers, callers.clients["ana"], [spec])
        if operations is not None:
            (operation,) = operations.latest
            if operation.state == State.OPERATION_STATE_AWAITING_APPROVAL:
                await callers.pause()
                unchanged = before == callers.ledger.shape(name) or not callers.ledger.is_known(name)
                callers.journal.check(_REJECTED, f"{name} has changed before the approval", holds=unchanged)
            deciding = asyncio.create_task(_decisions(callers, operations.ids[0]))
        await _followed(callers, operations, [spec])
        if operations is not None:
            deciding.cancel()
            await asyncio.wait({deciding})
            if not deciding.cancelled():
                deciding.result()
        version += 1


def _spec(name: str, version: int) -> Mapping[str, Any]:
    """The spec of the table NAME in that VERSION: each second one has an index."""
    return tables.spec(name, _FIRST + version, f"index-{version}" if version % 2 else "")


async def _begun(
    callers: Callers, client: aio.Client, specs: Sequence[Mapping[str, Any]]
) -> aio.Operations | None:
    """The operations for SPECS, asked for again with the same request id while nobody knows of them."""
    request_id = str(uuid.uuid4())
    while True:
        answer = await callers.journal.ended(
            "ApplyPlan",
            client.apply(map(tables.message, specs), allow_destructive=True, request_id=request_id),
        )
        if isinstance(answer, aio.Operations):
            return answer
        if not isinstance(answer, Unavailable | DeadlineExceeded | ResourceExhausted):
            return None
        await asyncio.sleep(1)


async def _decisions(callers: Callers, operation_id: str) -> None:
    """Decide whenever the operation waits for approval, until cancelled."""
    while True:
        call = callers.clients["bert"].get_operation(operation_id)
        answer = await callers.journal.ended("GetOperation", call)
        if isinstance(answer, v1.Operation) and answer.state == State.OPERATION_STATE_AWAITING_APPROVAL:
            await _decide(callers, operation_id)
        await asyncio.sleep(1)


async def _decide(callers: Callers, operation_id: str) -> None:
    """Approve the operation or reject it, as often as it takes to be told."""
    client = callers.clients["bert"]
    rejects = callers.rng.random() < _REJECTED_SHARE
    kind, decide = (
        ("RejectOperation", client.reject_operation)
        if rejects
        else ("ApproveOperation", client.approve_operation)
    )
    for _ in range(60):
        answer = await callers.journal.ended(kind, decide(operation_id))
        if not isinstance(answer, Unavailable | DeadlineExceeded | ResourceExhausted):
            return
        await asyncio.sleep(1)


async def _followed(
    callers: Callers, operations: aio.Operations | None, specs: Sequence[Mapping[str, Any]]
) -> None:
    """Follow OPERATIONS to their end, and look at the tables of those that have succeeded."""
    if operations is None:
        return
    while True:
        answer = await callers.journal.ended("WatchOperation", operations.result(OPERATION_SECONDS))
        if isinstance(answer, OperationFailed | list):
            break
        if not isinstance(answer, Unavailable):
            callers.journal.check("operations are followed to their end", f"{answer}", holds=False)
            return
        await asyncio.sleep(1)
    for operation, spec in zip(operations.latest, specs, strict=True):
        callers.journal.operations[operation.operation_id] = operation
        if operation.state == State.OPERATION_STATE_SUCCEEDED:
            await _check(callers, spec)


async def _check(callers: Callers, spec: Mapping[str, Any]) -> None:
    name = spec["TableName"]
    await callers.resolve(name)
    if callers.ledger.is_known(name):
        indexes = frozenset(each["IndexName"] for each in spec.get("GlobalSecondaryIndexes") or ())
        expected = Shape(spec["ProvisionedThroughput"]["ReadCapacityUnits"], indexes)
        found = callers.ledger.shape(name)
        callers.journal.check(_SUCCEEDED, f"{name} is {found}, not {expected}", holds=found == expected)
    shown = await callers.read(name)
    if isinstance(shown, TableAdminError):
        return
