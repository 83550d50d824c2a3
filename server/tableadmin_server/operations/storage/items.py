"""The items of the operations table: their keys, attributes and version, and functions that convert them.

Each operation is an item with its own partition key:

| Id             | the item                                                      | attributes               |
|----------------|---------------------------------------------------------------|--------------------------|
| `request/ID`   | a request: digest of the body, ids of the operations          | see below                |
| `operation/ID` | an operation                                                  | see below                |
| `table/NAME`   | a table's newest operation, which holds it until it ends      | Operation                |
| `server/NAME`  | the heartbeat of a server                                     | Revision, CancelRequests |
| `member/NAME`  | a running server, and the tables that it changed last         | see below                |

A request has its digest (Digest), the ids of its operations (Operations) and, once it is checked, the result
(Admission).

An operation has its spec (Spec, written once), its status (Status), the plan to approve (ApprovalRequest),
the approvals (Approvals), an attribute for each AWS call (Call0000, ...), so that a save sends only changed
calls, and the attributes that conditions name: FencingToken, Revision, LeaseHolder, State. Three indexes are
sparse: Listing has all operations by time, Open the operations that have not ended, Members the running
servers with their Revision, their Changes, whether they have streams (Watches) and whether they have stopped
(Left).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar, cast

import msgspec

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.operations.storage.record import (
    Admission,
    Approval,
    ApprovalRequest,
    Call,
    Operation,
    OperationSpec,
    OperationStatus,
)

T = TypeVar("T")
Item: TypeAlias = Mapping[str, Mapping[str, str | bool]]

# The kinds of items: the prefixes of Id.
REQUEST = "request"
TABLE = "table"
OPERATION = "operation"
SERVER = "server"
MEMBER = "member"

# The version of the format that this server writes. A server refuses items of a later version.
VERSION = 3

# The names of the indexes, which are also their hash keys. The range key is Id.
LISTING, OPEN = "Listing", "Open"
# The attribute with the time at which a dormant operation starts or its approval times out.
DUE = "Due"
MEMBERS = "Members"
_CHANGES, _WATCHES, _LEFT = "Changes", "Watches", "Left"
# The attributes that each index projects beside the keys.
INDEXES: Mapping[str, Sequence[str]] = {
    LISTING: ("Table", "State"),
    OPEN: (DUE,),
    MEMBERS: ("Version", "Revision", _CHANGES, _WATCHES, _LEFT),
}
# The value of an index's hash key. Items without the attribute are not in the index.
INDEXED = "yes"

EXPIRY = "ExpiresAt"
RETENTION = timedelta(days=30)
# Items of servers expire sooner than records of operations.
_SERVER_RETENTION = timedelta(days=1)
# Longer than any operation takes, so that the item of a table outlives the table's newest operation.
_TABLE_RETENTION = timedelta(days=365)

_CALL = "Call"
_APPROVAL_REQUEST, _APPROVALS = "ApprovalRequest", "Approvals"


@dataclass(frozen=True)
class RequestRecord:
    """A request: a digest of its body, and the ids of its operations by table name.

    `admission` is the result of its checks, None while they are not finished.
    """

    digest: str
    created: datetime
    operation_ids: Mapping[str, str]
    admission: Admission | None = None


@dataclass(frozen=True)
class Member:
    """A server that shares the operations table. REVISION grows with each write of its item.

    CHANGES has the tables that the server changed last, by the number of the change. WATCHES says that the
    server has streams, so it needs the changes of other servers. LEFT says that the server has stopped.
    """

    name: str
    revision: int
    changes: Mapping[int, str]
    watches: bool = False
    left: bool = False


@dataclass(eq=False)
class StoredLease:
    """A lease of an operation as stored. It ends with the next lease, which has a larger FENCING_TOKEN.

    REVISION is the revision of the last save that is known to have succeeded, TRIED of the last attempt.
    WRITTEN is the status as of REVISION, None if it is unknown.
    """

    operation_id: str
    fencing_token: int
    revision: int
    tried: int = 0
    written: OperationStatus | None = None


@dataclass(frozen=True)
class Entry:
    """An operation as stored. FENCING_TOKEN is of its newest lease, REVISION is the number of its saves.

    LEASE_HOLDER is the server that has the lease, "" for none.
    """

    operation: Operation
    fencing_token: int
    revision: int
    lease_holder: str

    @property
    def lease(self) -> StoredLease:
        """The newest lease. It is valid if the operation has not been written since this entry was read."""
        status = self.operation.status
        return StoredLease(
            self.operation.spec.operation_id, self.fencing_token, self.revision, written=status
        )

    def lease_of(self, lease_holder: str) -> StoredLease | None:
        """Return the lease if LEASE_HOLDER has it, else None."""
        return self.lease if self.lease_holder == lease_holder else None


class Unreadable(Exception):
    """An item that this server can't read. The text says why."""


class NewerVersion(Unreadable):
    """An item that a later version of the service wrote."""


def text(value: str) -> AwsDict:
    """Return VALUE as an attribute value."""
    return {"S": value}


def number(value: int) -> AwsDict:
    """Return VALUE as an attribute value."""
    return {"N": str(value)}


def item_id(kind: str, name: str) -> str:
    """Return the Id of the item NAME of KIND."""
    return f"{kind}/{name}"


def key(kind: str, name: str) -> AwsDict:
    """Return the key of the item NAME of KIND."""
    return {"Id": text(item_id(kind, name))}


def name_of(item: Item) -> str:
    """Return the name in the key of ITEM, which `key` made."""
    return _text(item, "Id").partition("/")[2]


def due_of(item: Item) -> int:
    """Return the due time of the operation of ITEM in seconds since 1970, 0 if it has none."""
    return int(item.get(DUE, {}).get("N", "0"))


def json(value: object) -> AwsDict:
    """Return VALUE as an attribute value with JSON."""
    return text(msgspec.json.encode(value).decode())


def expiry(since: datetime, retention: timedelta = RETENTION) -> AwsDict:
    """Return the expiry of an item that is kept for RETENTION after SINCE."""
    return number(int((since + retention).timestamp()))


def server_item(server: str, now: datetime) -> AwsDict:
    """Return the item of a server with a heartbeat at NOW, without a revision."""
    return {**_new(SERVER, server), EXPIRY: expiry(now, _SERVER_RETENTION)}


def member_item(member: Member, now: datetime) -> AwsDict:
    """Return MEMBER as an item."""
    return {
        **_new(MEMBER, member.name),
        MEMBERS: text(INDEXED),
        "Revision": number(member.revision),
        _CHANGES: json(member.changes),
        **({_WATCHES: {"BOOL": True}} if member.watches else {}),
        **({_LEFT: {"BOOL": True}} if member.left else {}),
        EXPIRY: expiry(now, _SERVER_RETENTION),
    }


def request_item(request_id: str, request: RequestRecord) -> AwsDict:
    """Return REQUEST as an item."""
    return {
        **_new(REQUEST, request_id),
        "Digest": text(request.digest),
        "Created": text(request.created.isoformat()),
        "Operations": json(request.operation_ids),
        **({} if request.admission is None else {"Admission": json(request.admission)}),
        EXPIRY: expiry(request.created),
    }


def table_item(table_name: str, operation_id: str, now: datetime) -> AwsDict:
    """Return the item that gives the table to the operation."""
    return {
        **_new(TABLE, table_name),
        "Operation": text(operation_id),
        "Created": text(now.isoformat()),
        EXPIRY: expiry(now, _TABLE_RETENTION),
    }


def operation_item(operation: Operation, lease_holder: str) -> AwsDict:
    """Return OPERATION as a new item. LEASE_HOLDER is the server with the first lease, "" for none."""
    spec = operation.spec
    optional: Mapping[str, AwsDict] = {
        "LeaseHolder": text(lease_holder) if lease_holder else {},
        "CancelRequested": {"BOOL": True} if operation.cancel_requested else {},
    }
    return {
        **_new(OPERATION, spec.operation_id),
        LISTING: text(INDEXED),
        "Spec": json(spec),
        "Table": text(spec.table_name),
        "FencingToken": number(0),
        "Revision": number(0),
        **status_attributes(operation.status),
        **{name: value for name, value in optional.items() if value},
    }


def status_attributes(status: OperationStatus) -> AwsDict:
    """Return the attributes that store STATUS."""
    rest = msgspec.structs.replace(status, calls=(), approval_request=None, approvals=())
    attributes: AwsDict = {
        "Status": json(rest),
        "State": text(status.state),
        **{f"{_CALL}{place:04}": json(call) for place, call in enumerate(status.calls)},
    }
    if status.approval_request is not None:
        attributes[_APPROVAL_REQUEST] = json(status.approval_request)
    if status.state.dormant and status.due is not None:
        attributes[DUE] = number(int(status.due.timestamp()))
    if status.approvals:
        attributes[_APPROVALS] = json(status.approvals)
    if status.state.ended:
        attributes[EXPIRY] = expiry(status.ended or status.updated)
    else:
        attributes[OPEN] = text(INDEXED)
    return attributes


def changed_attributes(
    before: OperationStatus | None, after: OperationStatus
) -> tuple[AwsDict, Sequence[str]]:
    """Return the attributes to set and to remove when AFTER replaces BEFORE. BEFORE is None if unknown."""
    old: AwsDict = {} if before is None else status_attributes(before)
    new = status_attributes(after)
    removed = [*(old.keys() - new.keys()), *([OPEN, "LeaseHolder"] if after.state.ended else [])]
    return {name: value for name, value in new.items() if old.get(name) != value}, sorted(set(removed))


def request_of(item: Item) -> RequestRecord:
    """Return the request that ITEM stores. Raises Unreadable."""
    return _read(
        item,
        lambda: RequestRecord(
            _text(item, "Digest"),
            datetime.fromisoformat(_text(item, "Created")),
            msgspec.json.decode(_text(item, "Operations"), type=dict[str, str]),
            msgspec.json.decode(_text(item, "Admission"), type=Admission) if "Admission" in item else None,
        ),
    )


def holder_of(item: Item) -> str:
    """Return the id of the newest operation of the table of ITEM. Raises Unreadable."""
    return _read(item, lambda: _text(item, "Operation"))


def member_of(item: Item) -> Member:
    """Return the server that ITEM stores. Raises Unreadable."""
    return _read(
        item,
        lambda: Member(
            name_of(item),
            int(item["Revision"]["N"]),
            msgspec.json.decode(_text(item, _CHANGES), type=dict[int, str]),
            watches=_WATCHES in item,
            left=_LEFT in item,
        ),
    )


def entry_of(item: Item) -> Entry:
    """Return the operation that ITEM stores. Raises Unreadable."""
    return _read(
        item,
        lambda: Entry(
            Operation(
                spec=msgspec.json.decode(_text(item, "Spec"), type=OperationSpec),
                status=_status(item),
                cancel_requested=cancel_requested(item),
            ),
            fencing_token=int(item["FencingToken"]["N"]),
            revision=int(item["Revision"]["N"]),
            lease_holder=_text(item, "LeaseHolder") if "LeaseHolder" in item else "",
        ),
    )


def cancel_requested(item: Item) -> bool:
    """Whether the operation of ITEM is to be cancelled."""
    return item.get("CancelRequested", {}).get("BOOL") is True


def cancel_requests(item: Item) -> frozenset[str]:
    """Return the operations that the server of ITEM is to cancel."""
    return frozenset(cast("Sequence[str]", item.get("CancelRequests", {}).get("SS", ())))


def item_of(value: AwsValue) -> Item | None:
    """Return VALUE of an answer of DynamoDB as an item, None for no item."""
    return cast("Item", value) if value else None


def items_of(value: AwsValue) -> Sequence[Item]:
    """Return VALUE of an answer of DynamoDB as a list of items."""
    return cast("Sequence[Item]", value)


def _new(kind: str, name: str) -> AwsDict:
    return {**key(kind, name), "Version": number(VERSION)}


def _status(item: Item) -> OperationStatus:
    rest = msgspec.json.decode(_text(item, "Status"), type=OperationStatus)
    request, approvals = item.get(_APPROVAL_REQUEST), item.get(_APPROVALS)
    return msgspec.structs.replace(
        rest,
        calls=tuple(_calls(item)),
        approval_request=request and msgspec.json.decode(str(request["S"]), type=ApprovalRequest),
        approvals=(approvals and msgspec.json.decode(str(approvals["S"]), type=tuple[Approval, ...])) or (),
    )


def _calls(item: Item) -> Iterator[Call]:
    for name in sorted(name for name in item if name.startswith(_CALL)):
        yield msgspec.json.decode(_text(item, name), type=Call)


def _text(item: Item, name: str) -> str:
    return cast("str", item[name]["S"])


def _read(item: Item, read: Callable[[], T]) -> T:
    try:
        version = int(item["Version"]["N"])
        if version > VERSION:
            raise NewerVersion(
                f"a later version of the service wrote the record: format {version}, not {VERSION}"
            )
        return read()
    except LookupError as error:
        raise Unreadable(f"{error} is missing") from error
    except (TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise Unreadable(str(error)) from error
