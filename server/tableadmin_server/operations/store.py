"""Where operations are remembered: conditional writes to a table at the endpoint, and consistent reads.

An operation is written by one server at a time. FENCE counts its claims, BEAT grows with its saves, and both
stand in the condition of every claim and save: what comes late, or twice, from whomever, changes nothing. A
write whose answer was lost may be repeated on the way: a condition that then fails is no news, so what stands
is read.
"""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import TypeVar, cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations.items import (
    OPERATION,
    REQUEST,
    SERVER,
    TABLE,
    Entry,
    Held,
    Item,
    Lock,
    Request,
    Unreadable,
    cancel_requested,
    entry_of,
    item_of,
    items_of,
    key,
    lock_item,
    lock_of,
    number,
    operation_item,
    progress_attributes,
    request_item,
    request_of,
    server_expiry,
    text,
    unwanted,
)
from tableadmin_server.operations.own_table import OwnTable
from tableadmin_server.operations.record import Operation, Progress, State

__all__ = ["TABLE_GONE", "Entry", "Held", "LeaseLost", "Lock", "Request", "Store"]

T = TypeVar("T")

_NEW = "attribute_not_exists(#Id)"
_OPEN = {f":{state.lower()}": text(state) for state in State if not state.ended}

# The reason of the Failure of whoever writes to a table that is gone.
TABLE_GONE = "OPERATIONS_TABLE_GONE"

# Reasons of Failure that mean something else here.
_CONDITION = "CONDITIONAL_CHECK_FAILED_EXCEPTION"
_NO_TABLE = "RESOURCE_NOT_FOUND_EXCEPTION"
_INVALID = "VALIDATION_EXCEPTION"
# "Item size has exceeded the maximum allowed size", and "Item size to update has ..."
_TOO_LARGE = "exceeded the maximum allowed size"


class LeaseLost(Exception):
    """The operation is another server's by now, or is gone: nothing was written."""


class Store:
    """The operations of ENDPOINT.

    Every method raises Failure as the endpoint's calls do, and: DATA_LOSS for a record that somebody has made
    unreadable; writing, FAILED_PRECONDITION when the table is gone and RESOURCE_EXHAUSTED for a record that
    is larger than DynamoDB's items may be. A table that is not there reads as an empty one.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._table = OwnTable(endpoint)

    async def ensure(self) -> None:
        """Make the table if need be; see OwnTable.ensure."""
        await self._table.ensure()

    async def request(self, request_id: str) -> Request | None:
        """What is remembered of a request."""
        item = await self._item(key(REQUEST, request_id))
        return self._readable(request_of, item) if item else None

    async def add_request(self, request_id: str, request: Request) -> Request:
        """Remember REQUEST, unless there is one of that id: the one that stands."""
        return self._readable(request_of, await self._add(request_item(request_id, request)))

    async def lock(self, table_name: str, operation_id: str) -> str:
        """Give the table to the operation, unless another has it: the id of the one that has it now."""
        wanted = Lock(table_name, operation_id, datetime.now(UTC))
        return self._readable(lock_of, await self._add(lock_item(wanted))).operation_id

    async def unlock(self, table_name: str, operation_id: str) -> None:
        """Take the table from the operation, if it has it."""
        await self._conditional(
            "DeleteItem",
            Key=key(TABLE, table_name),
            ConditionExpression="#Operation = :operation",
            ExpressionAttributeValues={":operation": text(operation_id)},
        )

    async def locks(self) -> list[Lock]:
        """Every lock. One that can't be read is left out: it troubles those only who want its table."""
        locks = []
        async for item in self._items(TABLE):
            try:
                locks.append(lock_of(item))
            except Unreadable:
                continue
        return locks

    async def add(self, operation: Operation, owner: str) -> Entry:
        """Remember OPERATION, unless there is one of that id: the one that stands.

        It is OWNER's, who is one process and writes by `Entry.held`; "" leaves it to anyone.
        """
        return self._readable(entry_of, await self._add(operation_item(operation, owner)))

    async def get(self, operation_id: str) -> Entry | None:
        """The operation, if there is one of that id."""
        item = await self._item(key(OPERATION, operation_id))
        return self._readable(entry_of, item) if item else None

    async def claim(self, entry: Entry, owner: str) -> Held | None:
        """Make the operation OWNER's, who is one process, if it stands as ENTRY has it; None otherwise."""
        held = Held(entry.operation.order.operation_id, entry.fence + 1, entry.beat)
        claimed = await self._update(
            held.operation_id,
            UpdateExpression="SET #Fence = :claimed, #Owner = :owner",
            ConditionExpression="#Fence = :fence AND #Beat = :beat",
            ExpressionAttributeValues={
                ":claimed": number(held.fence),
                ":owner": text(owner),
                ":fence": number(entry.fence),
                ":beat": number(entry.beat),
            },
        )
        if claimed:
            return held
        stands = await self.get(held.operation_id)
        return stands.held(owner) if stands and stands.fence == held.fence else None

    async def save(self, held: Held, progress: Progress) -> bool:
        """Write PROGRESS down: whether the operation was asked to stop. Raises LeaseLost.

        Those who look at the operation see that it was saved, even the same, since this was called. One that
        has ended is nobody's any more, and is forgotten after 30 days.
        """
        while (saved := await self._save(held, progress)) is None:
            stands = await self.get(held.operation_id)
            if stands is None or stands.fence != held.fence:
                raise LeaseLost
            # A save of ours was made whose answer never came: this one, or one that was given up before.
            held.beat = stands.beat
            if held.beat == held.tried:
                return stands.operation.cancel_requested
        held.beat = held.tried
        return cancel_requested(saved)

    async def release(self, held: Held) -> None:
        """Leave the operation to whoever claims it next, if it is still held."""
        await self._update(
            held.operation_id,
            UpdateExpression="REMOVE #Owner",
            ConditionExpression="#Fence = :fence",
            ExpressionAttributeValues={":fence": number(held.fence)},
        )

    async def request_cancel(self, operation_id: str) -> Entry | None:
        """Ask the operation to stop, unless it has ended: what stands, or None if there is no such one."""
        entry = await self.get(operation_id)
        if entry is None or entry.operation.progress.state.ended:
            return entry
        changed = await self._update(
            operation_id,
            UpdateExpression="SET #CancelRequested = :yes",
            ConditionExpression=f"#State IN ({', '.join(_OPEN)})",
            ExpressionAttributeValues={":yes": {"BOOL": True}, **_OPEN},
        )
        return self._readable(entry_of, changed) if changed else await self.get(operation_id)

    async def beat(self, server: str, told: Collection[str]) -> frozenset[str]:
        """Give a sign of life of SERVER: the operations that it was asked to stop, save those it was TOLD."""
        forget = ""
        values: AwsDict = {":one": number(1), ":expiry": server_expiry(datetime.now(UTC))}
        if told:
            forget = " DELETE #Unwanted :told"
            values[":told"] = {"SS": sorted(told)}
        params: AwsDict = {
            "Key": key(SERVER, server),
            "UpdateExpression": f"ADD #Beat :one SET #ExpiresAt = :expiry{forget}",
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_NEW",
        }
        answer = await self._written(self._call("UpdateItem", params, at_once=True))
        item = None if answer is None else item_of(answer["Attributes"])
        return frozenset() if item is None else unwanted(item)

    async def renew(self, server: str) -> None:
        """Write the item of SERVER anew, in place of one that is not as this package writes them.

        What SERVER was asked to stop is lost with it: every save still tells, by the operation's own item.
        """
        # No beat that was seen before: whoever saw the last one takes this for a sign of life.
        beat = number(time.time_ns())
        item: AwsDict = {**key(SERVER, server), "Beat": beat, "ExpiresAt": server_expiry(datetime.now(UTC))}
        await self._written(self._call("PutItem", {"Item": item}, at_once=True))

    async def beats(self) -> dict[str, str]:
        """The last sign of life of each server."""
        items = [item async for item in self._items(SERVER)]
        return {str(item["Id"]["S"]): str(item.get("Beat", {}).get("N", "")) for item in items}

    async def tell(self, server: str, operation_id: str) -> None:
        """Have SERVER, if it is known, learn with its next sign of life that the operation is to stop."""
        await self._conditional(
            "UpdateItem",
            Key=key(SERVER, server),
            UpdateExpression="ADD #Unwanted :operation",
            ConditionExpression="attribute_exists(#Id)",
            ExpressionAttributeValues={":operation": {"SS": [operation_id]}},
        )

    async def page(self, *, before: str, limit: int) -> tuple[list[Operation], str]:
        """At most LIMIT operations, newest first, and the id to go on BEFORE, "" at the end.

        BEFORE is an operation id; "" begins with the newest.
        """
        key_condition, values = "#Kind = :kind", {":kind": text(OPERATION)}
        if before:
            key_condition, values = f"{key_condition} AND #Id < :before", {**values, ":before": text(before)}
        answer = await self._read(
            "Query",
            KeyConditionExpression=key_condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            Limit=limit,
        )
        operations = [self._readable(entry_of, item).operation for item in items_of(answer["Items"])]
        last = item_of(answer.get("LastEvaluatedKey"))
        return operations, str(last["Id"]["S"]) if last else ""

    async def _save(self, held: Held, progress: Progress) -> Item | None:
        # No two saves write the same beat: what stands tells which of them were made.
        held.tried = max(held.tried, held.beat) + 1
        attributes = {**progress_attributes(progress), "Beat": number(held.tried)}
        sets = ", ".join(f"#{name} = :{name}" for name in attributes)
        return await self._update(
            held.operation_id,
            UpdateExpression=f"SET {sets}{' REMOVE #Owner' if progress.state.ended else ''}",
            ConditionExpression="#Fence = :mine AND #Beat = :last",
            ExpressionAttributeValues={
                **{f":{name}": value for name, value in attributes.items()},
                ":mine": number(held.fence),
                ":last": number(held.beat),
            },
        )

    async def _add(self, item: AwsDict) -> Item:
        """ITEM as a new one, or the one of its key that was there first."""
        its_key = {name: item[name] for name in ("Kind", "Id")}
        while await self._conditional("PutItem", Item=item, ConditionExpression=_NEW) is None:
            there = await self._item(its_key)
            if there is not None:
                return there
        return cast("Item", item)

    async def _update(self, operation_id: str, **params: AwsValue) -> Item | None:
        """The operation after the update; None where the condition does not hold."""
        its_key = key(OPERATION, operation_id)
        answer = await self._conditional("UpdateItem", Key=its_key, ReturnValues="ALL_NEW", **params)
        return None if answer is None else item_of(answer["Attributes"])

    async def _conditional(self, operation: str, **params: AwsValue) -> AwsDict | None:
        """The answer to a write; None where its condition does not hold."""
        return await self._written(self._call(operation, params))

    async def _written(self, call: Awaitable[AwsDict]) -> AwsDict | None:
        try:
            return await call
        except Failure as failure:
            if failure.reason == _CONDITION:
                return None
            raise self._meaning(failure) from failure

    async def _item(self, its_key: AwsDict) -> Item | None:
        return item_of((await self._read("GetItem", Key=its_key)).get("Item"))

    async def _items(self, kind: str) -> AsyncIterator[Item]:
        """Every item of KIND."""
        start: AwsDict = {}
        while True:
            answer = await self._read(
                "Query",
                KeyConditionExpression="#Kind = :kind",
                ExpressionAttributeValues={":kind": text(kind)},
                **start,
            )
            for item in items_of(answer["Items"]):
                yield item
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    async def _read(self, operation: str, **params: AwsValue) -> AwsDict:
        """The answer to a read, as of an empty table where there is none."""
        try:
            return await self._call(operation, {**params, "ConsistentRead": True})
        except Failure as failure:
            if failure.reason != _NO_TABLE:
                raise
            self._table.forget()
            return {"Items": []}

    async def _call(self, operation: str, params: AwsDict, *, at_once: bool = False) -> AwsDict:
        """The answer to OPERATION, which waits for no budget where it must be made AT_ONCE."""
        # Written with # for every attribute: many are reserved words.
        written = " ".join(str(value) for name, value in params.items() if name.endswith("Expression"))
        names: AwsDict = {f"#{name}": name for name in re.findall(r"#(\w+)", written)}
        named: AwsDict = {"ExpressionAttributeNames": names} if names else {}
        try:
            call = {"TableName": self._table.name, **params, **named}
            made = self._endpoint.call if at_once else self._endpoint.background_call
            return (await made(operation, call)).data
        except Failure as failure:
            if failure.reason == _INVALID and _TOO_LARGE not in failure.message:
                await self._table.check()
            raise

    def _meaning(self, failure: Failure) -> Failure:
        """What FAILURE of a write means."""
        metadata = {"table": self._table.name, "endpoint": self._endpoint.name}
        if failure.reason == _NO_TABLE:
            self._table.forget()
            message = f"the table {self._table.name}, which remembers operations, is gone or not ACTIVE"
            return Failure(Code.FAILED_PRECONDITION, message, reason=TABLE_GONE, metadata=metadata)
        if failure.reason == _INVALID and _TOO_LARGE in failure.message:
            message = f"the record is larger than the 400 KB that an item of {self._table.name} may have"
            return Failure(Code.RESOURCE_EXHAUSTED, message, reason="OPERATION_TOO_LARGE", metadata=metadata)
        return failure

    def _readable(self, read: Callable[[Item], T], item: Item) -> T:
        try:
            return read(item)
        except Unreadable as error:
            where = f"Kind={item['Kind']['S']} Id={item['Id']['S']}"
            raise Failure(
                Code.DATA_LOSS,
                f"the item {where} of the table {self._table.name} is not as it was written",
                reason="OPERATION_UNREADABLE",
                metadata={"table": self._table.name, "endpoint": self._endpoint.name},
            ) from error
