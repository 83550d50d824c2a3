"""Stores operations in a table of the endpoint, by conditional writes and consistent reads of single items.

One server at a time, the lease holder, writes an operation. The fencing token grows by one with each lease of
the operation, the revision with each save. Both are in the condition of every acquisition and save, so a late
or repeated write changes nothing. If a condition fails, the answer to an earlier attempt may have been lost:
the store then reads the current item.

Where the endpoint has transactions, one call writes up to 100 new operations. They are written all or not at
all; if one exists already, each is written by itself.

The newest operation of a table holds the table until it has ended. The operation is written first, then one
conditional write gives it the table, and the save that ends the operation releases the table. A server may
stop between any two of these writes, and still no second operation gets the table.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar, cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.concurrency import batched
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.errors import ITEM_TOO_LARGE
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.items import (
    DUE,
    INDEXED,
    LISTING,
    MEMBER,
    MEMBERS,
    OPEN,
    OPERATION,
    REQUEST,
    SERVER,
    TABLE,
    Entry,
    Item,
    Member,
    NewerVersion,
    RequestRecord,
    StoredLease,
    Unreadable,
    cancel_requested,
    cancel_requests,
    changed_attributes,
    due_of,
    entry_of,
    holder_of,
    item_id,
    item_of,
    items_of,
    json,
    key,
    member_item,
    member_of,
    name_of,
    number,
    operation_item,
    request_item,
    request_of,
    server_item,
    table_item,
    text,
)
from tableadmin_server.operations.storage.own_table import OwnTable
from tableadmin_server.operations.storage.record import Admission, Operation, OperationStatus, State
from tableadmin_server.security.audit.audit import OFF, Audit

__all__ = [
    "TABLE_GONE",
    "Entry",
    "Found",
    "LeaseLost",
    "Member",
    "Page",
    "RequestRecord",
    "Selection",
    "Store",
    "StoredLease",
]

T = TypeVar("T")
# An operation, or the Failure that says why its record can't be read.
Found: TypeAlias = Entry | Failure

_NEW = "attribute_not_exists(#Id)"
_OPEN_STATES = {f":{state.lower()}": text(state) for state in State if not state.ended}
# Items that one BatchGetItem reads:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_BATCH = 100
_TRANSACTION = "TransactWriteItems"
# Items that one TransactWriteItems writes:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_TRANSACTION_ITEMS = 100

# The reason of a write's Failure if the operations table is gone.
TABLE_GONE = "OPERATIONS_TABLE_GONE"

# Reasons of the endpoint's Failures that have another meaning for the operations table.
_CONDITION = "CONDITIONAL_CHECK_FAILED_EXCEPTION"
_NO_TABLE = "RESOURCE_NOT_FOUND_EXCEPTION"
_INVALID = "VALIDATION_EXCEPTION"
_CANCELED = "TRANSACTION_CANCELED_EXCEPTION"


class LeaseLost(Exception):
    """Another server has the lease of the operation, or the operation is gone. Nothing was written."""


@dataclass(frozen=True)
class Selection:
    """A filter for operations by table, states and request. An empty member matches any operation."""

    table_name: str = ""
    states: frozenset[str] = frozenset()
    request_id: str = ""

    def matches(self, found: Found) -> bool:
        """Whether FOUND matches. A record that can't be read always matches."""
        if isinstance(found, Failure):
            return True
        spec, state = found.operation.spec, found.operation.status.state
        return self.table_name in {"", spec.table_name} and (not self.states or state in self.states)


@dataclass(frozen=True)
class Page:
    """Operations by id, newest first. The next page begins before the id BEFORE, "" on the last page."""

    found: Mapping[str, Found]
    before: str


class Store:
    """The operations of ENDPOINT.

    Every method raises the Failures of the endpoint's calls. For a record that can't be read it raises
    DATA_LOSS, or FAILED_PRECONDITION if a later version of the service wrote the record. Writes raise
    FAILED_PRECONDITION if the operations table is gone, and RESOURCE_EXHAUSTED if a record is larger than
    DynamoDB's limit for items. A missing operations table reads as an empty one.
    """

    def __init__(self, endpoint: Endpoint, audit: Audit = OFF) -> None:
        self._endpoint = endpoint
        self._table = OwnTable(endpoint, audit)

    async def ensure(self) -> None:
        """Create the operations table if it does not exist: see OwnTable.ensure."""
        await self._table.ensure()

    async def request(self, request_id: str) -> RequestRecord | None:
        """Return the request, None if it does not exist."""
        item = await self._item(key(REQUEST, request_id))
        return self._readable(request_of, item) if item else None

    async def add_request(self, request_id: str, request: RequestRecord) -> RequestRecord:
        """Write REQUEST unless the id exists. Returns the stored request."""
        return self._readable(request_of, await self._add(request_item(request_id, request)))

    async def save_admission(self, request_id: str, admission: Admission) -> Admission:
        """Write ADMISSION of the request unless the request has one. Returns the stored admission.

        Returns ADMISSION if the record of the request is gone.
        """
        changed = await self._conditional(
            "UpdateItem",
            Key=key(REQUEST, request_id),
            UpdateExpression="SET #Admission = :admission",
            ConditionExpression="attribute_exists(#Id) AND attribute_not_exists(#Admission)",
            ExpressionAttributeValues={":admission": json(admission)},
        )
        if changed is not None:
            return admission
        request = await self.request(request_id)
        return admission if request is None or request.admission is None else request.admission

    async def hold_table(self, table_name: str, operation_id: str) -> str:
        """Give the table to the operation, which is stored already. Returns the id of the table's holder.

        It is another operation if the table's newest operation has not ended. An operation without a record
        has ended, because records expire only after the end.
        """
        item = table_item(table_name, operation_id, datetime.now(UTC))
        over = operation_id
        while not await self._give_table(item, over):
            holder = await self._last_operation(table_name)
            if holder in {"", operation_id}:
                over = operation_id
            elif await self._is_open(holder):
                return holder
            else:
                over = holder
        return operation_id

    async def holders(self, table_names: Collection[str]) -> dict[str, Found]:
        """Return the operations that hold the tables, by table name; a Failure if a record can't be read."""
        tables = await self._batch(TABLE, table_names)
        last = {name: self._found(holder_of, item) for name, item in tables.items()}
        entries = await self.entries([each for each in last.values() if isinstance(each, str)])
        found = {name: entries.get(each) if isinstance(each, str) else each for name, each in last.items()}
        return {name: each for name, each in found.items() if each is not None and not _has_ended(each)}

    async def add(self, operation: Operation, lease_holder: str) -> Entry:
        """Write OPERATION unless its id exists. Returns the stored operation.

        LEASE_HOLDER is the server process that gets the first lease, see `Entry.lease_of`. "" is for none:
        any server may then acquire the lease.
        """
        return self._readable(entry_of, await self._add(operation_item(operation, lease_holder)))

    async def add_all(self, operations: Sequence[Operation], lease_holder: str) -> list[Entry]:
        """Write each of OPERATIONS as `add` does, in few calls. Returns the stored ones in this order."""
        items = [operation_item(each, lease_holder) for each in operations]
        batches = batched(items, _TRANSACTION_ITEMS)
        stored = await asyncio.gather(*(self._add_items(each) for each in batches))
        return [self._readable(entry_of, item) for batch in stored for item in batch]

    async def get(self, operation_id: str) -> Entry | None:
        """Return the operation, None if it does not exist."""
        item = await self._item(key(OPERATION, operation_id))
        return self._readable(entry_of, item) if item else None

    async def entries(self, operation_ids: Iterable[str]) -> dict[str, Found]:
        """Return the operations that exist, by id; a Failure for a record that can't be read."""
        items = await self._batch(OPERATION, operation_ids)
        return {operation_id: self._found(entry_of, item) for operation_id, item in items.items()}

    async def open_operations(self) -> dict[str, int]:
        """Return the due times of the operations that have not ended, by id.

        Times are in seconds since 1970, 0 for no due time. The index is eventually consistent.
        """
        params: AwsDict = {
            "KeyConditionExpression": f"#{OPEN} = :indexed",
            "ExpressionAttributeValues": {":indexed": text(INDEXED)},
        }
        found: dict[str, int] = {}
        while True:
            answer = await self._index_page(OPEN, params)
            found.update((name_of(item), due_of(item)) for item in items_of(answer["Items"]))
            if not answer.get("LastEvaluatedKey"):
                return found
            params = {**params, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    async def acquire_lease(self, entry: Entry, lease_holder: str) -> StoredLease | None:
        """Acquire the lease of the operation for the server process LEASE_HOLDER.

        Returns None if the operation has changed since ENTRY was read.
        """
        lease = entry.lease
        lease.fencing_token += 1
        acquired = await self._update(
            lease.operation_id,
            UpdateExpression="SET #FencingToken = :next_token, #LeaseHolder = :holder",
            ConditionExpression="#FencingToken = :token AND #Revision = :revision",
            ExpressionAttributeValues={
                ":next_token": number(lease.fencing_token),
                ":holder": text(lease_holder),
                ":token": number(entry.fencing_token),
                ":revision": number(entry.revision),
            },
        )
        if acquired:
            return lease
        current = await self.get(lease.operation_id)
        return (
            current.lease_of(lease_holder)
            if current and current.fencing_token == lease.fencing_token
            else None
        )

    async def save(self, lease: StoredLease, status: OperationStatus) -> bool:
        """Write STATUS, and return whether the operation is to be cancelled. Raises LeaseLost.

        Every save changes the revision, also if the status is the same. An operation that has ended has no
        lease holder, and its record expires after 30 days.
        """
        while (saved := await self._save(lease, status)) is None:
            current = await self.get(lease.operation_id)
            if current is None or current.fencing_token != lease.fencing_token:
                raise LeaseLost
            # An earlier attempt succeeded and its answer was lost: of this save, or of the one before.
            lease.revision, lease.written = current.revision, current.operation.status
            if lease.revision == lease.tried:
                return current.operation.cancel_requested
        lease.revision, lease.written = lease.tried, status
        return cancel_requested(saved)

    async def release(self, lease: StoredLease) -> None:
        """End LEASE, so that any server can acquire the next one. Does nothing if LEASE is lost."""
        await self._update(
            lease.operation_id,
            UpdateExpression="REMOVE #LeaseHolder",
            ConditionExpression="#FencingToken = :token",
            ExpressionAttributeValues={":token": number(lease.fencing_token)},
        )

    async def rewrite(self, entry: Entry, status: OperationStatus) -> Entry | None:
        """Write STATUS of an operation that no server carries out. Returns the stored operation.

        Returns None and writes nothing if the operation has changed since ENTRY was read. An earlier lease is
        lost.
        """
        operation_id = entry.operation.spec.operation_id
        changed, removed = changed_attributes(entry.operation.status, status)
        attributes = {
            **changed,
            "FencingToken": number(entry.fencing_token + 1),
            "Revision": number(entry.revision + 1),
        }
        sets = ", ".join(f"#{name} = :{name}" for name in attributes)
        removes = ", ".join(f"#{name}" for name in sorted({*removed, "LeaseHolder"}))
        item = await self._update(
            operation_id,
            UpdateExpression=f"SET {sets} REMOVE {removes}",
            ConditionExpression="#FencingToken = :token AND #Revision = :revision",
            ExpressionAttributeValues={
                **{f":{name}": value for name, value in attributes.items()},
                ":token": number(entry.fencing_token),
                ":revision": number(entry.revision),
            },
        )
        if item is not None:
            return self._readable(entry_of, item)
        current = await self.get(operation_id)
        # The answer to an earlier attempt may have been lost.
        return current if current and current.operation.status == status else None

    async def request_cancel(self, operation_id: str) -> Entry | None:
        """Request that the operation is cancelled, unless it has ended. Returns None if it does not exist."""
        entry = await self.get(operation_id)
        if entry is None or entry.operation.status.state.ended:
            return entry
        changed = await self._update(
            operation_id,
            UpdateExpression=f"SET #CancelRequested = :yes REMOVE #{DUE}",
            ConditionExpression=f"#State IN ({', '.join(_OPEN_STATES)})",
            ExpressionAttributeValues={":yes": {"BOOL": True}, **_OPEN_STATES},
        )
        return self._readable(entry_of, changed) if changed else await self.get(operation_id)

    async def forget(self, operation_id: str) -> None:
        """Delete the record of the operation, also if it can't be read."""
        await self._conditional("DeleteItem", Key=key(OPERATION, operation_id))

    async def heartbeat(self, server: str, acknowledged: Collection[str]) -> frozenset[str]:
        """Write a heartbeat of SERVER. Returns the operations that it is to cancel, without ACKNOWLEDGED."""
        item = server_item(server, datetime.now(UTC))
        delete = " DELETE #CancelRequests :acknowledged" if acknowledged else ""
        params: AwsDict = {
            "Key": {"Id": item["Id"]},
            "UpdateExpression": f"ADD #Revision :one SET #ExpiresAt = :expiry, #Version = :version{delete}",
            "ExpressionAttributeValues": {
                ":one": number(1),
                ":expiry": item["ExpiresAt"],
                ":version": item["Version"],
                **({":acknowledged": {"SS": sorted(acknowledged)}} if acknowledged else {}),
            },
            "ReturnValues": "ALL_NEW",
        }
        answer = await self._written(self._call("UpdateItem", params, at_once=True))
        written = None if answer is None else item_of(answer["Attributes"])
        return frozenset() if written is None else cancel_requests(written)

    async def recreate_heartbeat(self, server: str) -> None:
        """Replace the item of SERVER, which does not have the format of this package.

        The list of operations that SERVER is to cancel is lost. Each save of an operation returns its
        cancellation too.
        """
        # A revision that no server has seen, so that all servers take the item for a new heartbeat.
        item: AwsDict = {**server_item(server, datetime.now(UTC)), "Revision": number(time.time_ns())}
        await self._written(self._call("PutItem", {"Item": item}, at_once=True))

    async def heartbeats(self, servers: Collection[str]) -> dict[str, str]:
        """Return the revisions of the last heartbeats of SERVERS, by name; without servers that have none."""
        items = await self._batch(SERVER, servers)
        return {name: str(item.get("Revision", {}).get("N", "")) for name, item in items.items()}

    async def notify_cancel(self, server: str, operation_id: str) -> None:
        """Have SERVER get the cancellation with its next heartbeat. Does nothing if SERVER has no item."""
        await self._conditional(
            "UpdateItem",
            Key=key(SERVER, server),
            UpdateExpression="ADD #CancelRequests :operation",
            ConditionExpression="attribute_exists(#Id)",
            ExpressionAttributeValues={":operation": {"SS": [operation_id]}},
        )

    async def save_member(self, member: Member) -> None:
        """Write the item of MEMBER. The call does not wait for the call budget."""
        item = member_item(member, datetime.now(UTC))
        await self._written(self._call("PutItem", {"Item": item}, at_once=True))

    async def members(self) -> list[Member] | None:
        """Return the servers that share the operations table; None if the table does not exist.

        Leaves out unreadable items. The index is eventually consistent. The call does not wait for the call
        budget.
        """
        params: AwsDict = {
            "IndexName": MEMBERS,
            "KeyConditionExpression": f"#{MEMBERS} = :indexed",
            "ExpressionAttributeValues": {":indexed": text(INDEXED)},
        }
        items: list[Item] = []
        while True:
            try:
                answer = await self._call("Query", params, at_once=True)
            except Failure as failure:
                if failure.reason != _NO_TABLE:
                    raise
                return None
            items += items_of(answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                found = [self._found(member_of, item) for item in items]
                return [each for each in found if isinstance(each, Member)]
            params = {**params, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    async def forget_member(self, member: Member) -> None:
        """Delete the item of MEMBER if it has not been written since."""
        await self._conditional(
            "DeleteItem",
            Key=key(MEMBER, member.name),
            ConditionExpression="#Revision = :revision",
            ExpressionAttributeValues={":revision": number(member.revision)},
        )

    async def page(self, selection: Selection, *, before: str, limit: int) -> Page:
        """Return those of the LIMIT operations before BEFORE ("" for the newest) that SELECTION matches.

        The index is eventually consistent. The operations of a request are read consistently.
        """
        names, following = (
            await self._names_of_request(selection.request_id, before, limit)
            if selection.request_id
            else await self._names_in_index(selection, before, limit)
        )
        found = await self.entries(names)
        selected = {name: found[name] for name in names if name in found and selection.matches(found[name])}
        return Page(selected, following)

    async def _names_of_request(self, request_id: str, before: str, limit: int) -> tuple[list[str], str]:
        request = await self.request(request_id)
        names = sorted(request.operation_ids.values() if request else (), reverse=True)
        older = [name for name in names if not before or name < before]
        page = older[:limit]
        return page, page[-1] if len(older) > limit else ""

    async def _names_in_index(self, selection: Selection, before: str, limit: int) -> tuple[list[str], str]:
        older: AwsDict = {":before": text(item_id(OPERATION, before))} if before else {}
        conditions, values = _filter(selection)
        filtered: AwsDict = {"FilterExpression": conditions} if conditions else {}
        answer = await self._index_page(
            LISTING,
            {
                "KeyConditionExpression": f"#{LISTING} = :indexed{' AND #Id < :before' if before else ''}",
                "ExpressionAttributeValues": {":indexed": text(INDEXED), **older, **values},
                "ScanIndexForward": False,
                "Limit": limit,
                **filtered,
            },
        )
        last = item_of(answer.get("LastEvaluatedKey"))
        return [name_of(item) for item in items_of(answer["Items"])], name_of(last) if last else ""

    async def _give_table(self, item: AwsDict, over: str) -> bool:
        """Write ITEM if the table has no operation yet, or its newest operation is OVER."""
        given = await self._conditional(
            "PutItem",
            Item=item,
            ConditionExpression=f"{_NEW} OR #Operation IN (:over, :this)",
            ExpressionAttributeValues={":over": text(over), ":this": item["Operation"]},
        )
        return given is not None

    async def _last_operation(self, table_name: str) -> str:
        item = await self._item(key(TABLE, table_name))
        return self._readable(holder_of, item) if item else ""

    async def _is_open(self, operation_id: str) -> bool:
        entry = await self.get(operation_id)
        return entry is not None and not entry.operation.status.state.ended

    async def _save(self, lease: StoredLease, status: OperationStatus) -> Item | None:
        # Each attempt has its own revision, so the stored revision tells which attempt succeeded.
        lease.tried = max(lease.tried, lease.revision) + 1
        changed, removed = changed_attributes(lease.written, status)
        attributes = {**changed, "Revision": number(lease.tried)}
        # Unknown until the save is answered.
        lease.written = None
        sets = ", ".join(f"#{name} = :{name}" for name in attributes)
        removes = ", ".join(f"#{name}" for name in removed)
        return await self._update(
            lease.operation_id,
            UpdateExpression=f"SET {sets}{f' REMOVE {removes}' if removes else ''}",
            ConditionExpression="#FencingToken = :token AND #Revision = :last",
            ExpressionAttributeValues={
                **{f":{name}": value for name, value in attributes.items()},
                ":token": number(lease.fencing_token),
                ":last": number(lease.revision),
            },
        )

    async def _add(self, item: AwsDict) -> Item:
        """Write ITEM unless its key exists. Returns the stored item."""
        while await self._conditional("PutItem", Item=item, ConditionExpression=_NEW) is None:
            existing = await self._item({"Id": item["Id"]})
            if existing is not None:
                return existing
        return cast("Item", item)

    async def _add_items(self, items: Sequence[AwsDict]) -> Sequence[Item]:
        """Write each of ITEMS unless its key exists. Returns the stored items."""
        has_transactions = self._endpoint.support.has(_TRANSACTION) is not False
        if has_transactions and len(items) > 1 and await self._add_together(items):
            return [cast("Item", item) for item in items]
        return await asyncio.gather(*(self._add(item) for item in items))

    async def _add_together(self, items: Iterable[AwsDict]) -> bool:
        """Write ITEMS in one transaction. Returns False if nothing was written.

        Nothing is written if a key exists, if the endpoint has no transactions, and if ITEMS are too large.
        """
        puts: list[AwsValue] = [
            {"Put": {"TableName": self._table.name, "Item": item, **_IF_NEW}} for item in items
        ]
        try:
            await self._call(_TRANSACTION, {"TransactItems": puts})
        except Failure as failure:
            if failure.code == Code.UNIMPLEMENTED or failure.reason in _NOT_TOGETHER:
                return False
            raise self._write_failure(failure) from failure
        return True

    async def _update(self, operation_id: str, **params: AwsValue) -> Item | None:
        """The operation after the update; None if the condition is false."""
        item_key = key(OPERATION, operation_id)
        answer = await self._conditional("UpdateItem", Key=item_key, ReturnValues="ALL_NEW", **params)
        return None if answer is None else item_of(answer["Attributes"])

    async def _conditional(self, operation: str, **params: AwsValue) -> AwsDict | None:
        """The answer to a write; None if its condition is false."""
        return await self._written(self._call(operation, params))

    async def _written(self, call: Awaitable[AwsDict]) -> AwsDict | None:
        try:
            return await call
        except Failure as failure:
            if failure.reason == _CONDITION:
                return None
            raise self._write_failure(failure) from failure

    async def _item(self, item_key: AwsDict) -> Item | None:
        params: AwsDict = {"Key": item_key, "ConsistentRead": True}
        return item_of((await self._read("GetItem", params)).get("Item"))

    async def _batch(self, kind: str, names: Iterable[str]) -> dict[str, Item]:
        """The items NAMES of KIND that exist, by name."""
        keys: list[AwsValue] = [key(kind, name) for name in dict.fromkeys(names)]
        found: dict[str, Item] = {}
        while keys:
            wanted, keys = keys[:_BATCH], keys[_BATCH:]
            asked: AwsDict = {self._table.name: {"Keys": wanted, "ConsistentRead": True}}
            answer = await self._read("BatchGetItem", {"RequestItems": asked})
            responses = cast("AwsDict", answer.get("Responses") or {})
            items = items_of(responses.get(self._table.name) or [])
            found.update({name_of(item): item for item in items})
            # An answer holds 16 MB at most.
            left = cast("AwsDict", answer.get("UnprocessedKeys") or {}).get(self._table.name) or {}
            keys += cast("list[AwsValue]", cast("AwsDict", left).get("Keys") or [])
        return found

    async def _index_page(self, index: str, params: AwsDict) -> AwsDict:
        return await self._read("Query", {"IndexName": index, **params})

    async def _read(self, operation: str, params: AwsDict) -> AwsDict:
        """The answer to a read. A missing operations table reads as an empty one."""
        try:
            return await self._call(operation, params)
        except Failure as failure:
            if failure.reason != _NO_TABLE:
                raise
            self._table.forget()
            return {"Items": []}

    async def _call(self, operation: str, params: AwsDict, *, at_once: bool = False) -> AwsDict:
        """The answer to OPERATION. A call AT_ONCE does not wait for the call budget."""
        table: AwsDict = {} if params.keys() & _NAMES_TABLES else {"TableName": self._table.name}
        try:
            made = self._endpoint.call if at_once else self._endpoint.background.call
            return (await made(operation, {**table, **params, **_names(params)})).data
        except Failure as failure:
            if failure.reason == _INVALID:
                await self._table.check()
            raise

    def _write_failure(self, failure: Failure) -> Failure:
        """FAILURE of a write, as a Failure of the operations table."""
        metadata = {"table": self._table.name, "endpoint": self._endpoint.name}
        if failure.reason == _NO_TABLE:
            self._table.forget()
            message = (
                f"the table {self._table.name}, which stores the operations, does not exist or is not ACTIVE"
            )
            return Failure(Code.FAILED_PRECONDITION, message, reason=TABLE_GONE, metadata=metadata)
        if failure.reason == ITEM_TOO_LARGE:
            message = (
                f"the record of the operation exceeds the limit of 400 KB for an item of {self._table.name}"
            )
            return Failure(Code.RESOURCE_EXHAUSTED, message, reason="OPERATION_TOO_LARGE", metadata=metadata)
        return failure

    def _readable(self, read: Callable[[Item], T], item: Item) -> T:
        found = self._found(read, item)
        if isinstance(found, Failure):
            raise found
        return found

    def _found(self, read: Callable[[Item], T], item: Item) -> T | Failure:
        try:
            return read(item)
        except Unreadable as error:
            return self._unreadable(str(item["Id"]["S"]), error)

    def _unreadable(self, id_: str, why: Unreadable) -> Failure:
        kind, _, name = id_.partition("/")
        newer = isinstance(why, NewerVersion)
        remedy = "upgrade this server" if newer else _REMEDIES.get(kind, _DELETE).format(id=id_, name=name)
        return Failure(
            Code.FAILED_PRECONDITION if newer else Code.DATA_LOSS,
            f"the item {id_} of the table {self._table.name} cannot be read ({why}): {remedy}",
            reason="OPERATION_FORMAT_NEWER" if newer else "OPERATION_UNREADABLE",
            metadata={"table": self._table.name, "endpoint": self._endpoint.name, "item": id_},
        )


# The members of calls that name the table of each item.
_NAMES_TABLES = {"RequestItems", "TransactItems"}
_IF_NEW: AwsDict = {"ConditionExpression": _NEW, "ExpressionAttributeNames": {"#Id": "Id"}}
# The reasons of a transaction that was refused for an item of it, or for the size of all.
_NOT_TOGETHER = {_CANCELED, _INVALID, ITEM_TOO_LARGE}

_DELETE = "delete the item when no operation changes the table"
# What to do about an item that can't be read, by the kind of the item.
_REMEDIES = {
    OPERATION: "`tablectl operation forget {name} --yes` removes it",
    REQUEST: "send the request with another request id",
}


def _has_ended(found: Found) -> bool:
    return isinstance(found, Entry) and found.operation.status.state.ended


def _filter(selection: Selection) -> tuple[str, AwsDict]:
    """The filter expression for the index of all operations, and its values."""
    of_table: AwsDict = {":table": text(selection.table_name)} if selection.table_name else {}
    in_states: AwsDict = {
        f":state{place}": text(state) for place, state in enumerate(sorted(selection.states))
    }
    conditions = [
        *(["#Table = :table"] if of_table else []),
        *([f"#State IN ({', '.join(in_states)})"] if in_states else []),
    ]
    return " AND ".join(conditions), {**of_table, **in_states}


def _names(params: AwsDict) -> AwsDict:
    """A placeholder for every attribute that the expressions of PARAMS name: many are reserved words."""
    written = " ".join(str(value) for name, value in params.items() if name.endswith("Expression"))
    names: AwsDict = {f"#{name}": name for name in re.findall(r"#(\w+)", written)}
    return {"ExpressionAttributeNames": names} if names else {}
