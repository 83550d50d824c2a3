"""The items of the operations table: their keys, attributes and version, and the readers and writers of each.

Every item has a key of its own, so that no two operations share a partition:

| Id             | the item                                                      | attributes               |
|----------------|---------------------------------------------------------------|--------------------------|
| `request/ID`   | a request: digest of the body, ids of the operations           | see below                |
| `operation/ID` | an operation                                                  | see below                |
| `table/NAME`   | a table's newest operation, which has the table until it ends | Operation                |
| `server/NAME`  | the heartbeat of a server                                     | Revision, CancelRequests |
| `member/NAME`  | a server that runs, and the tables that it changed last       | see below                |

A request has the digest (Digest), the ids (Operations) and, once its checks are finished, what they found
(Admission).

An operation has its spec (Spec, written once), its status (Status), what is to be approved (ApprovalRequest),
the approvals (Approvals), an attribute for each AWS call (Call0000, ...), so that a save sends only what has
changed, and the attributes that conditions name: Fence,
Revision, Owner, State. Two sparse indexes serve what is not asked for by id: Listing has all operations by
time, Open those that have not ended. A third one, Members, has the servers
that run: Revision, Changes, whether they have streams (Watches), and whether they have stopped (Left).
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

# What an Id begins with.
REQUEST = "request"
TABLE = "table"
OPERATION = "operation"
SERVER = "server"
MEMBER = "member"

# The version of the format that this server writes. A server refuses items of a later one.
VERSION = 2

# The indexes: name, hash key, and the attributes that are projected beside the keys. The range key is Id.
LISTING, OPEN = "Listing", "Open"
# When something is to be done for an operation that waits for approval or for its time.
DUE = "Due"
MEMBERS = "Members"
_CHANGES, _WATCHES, _LEFT = "Changes", "Watches", "Left"
INDEXES: Mapping[str, Sequence[str]] = {
    LISTING: ("Table", "State"),
    OPEN: (DUE,),
    MEMBERS: ("Version", "Revision", _CHANGES, _WATCHES, _LEFT),
}
# The hash key of an index has the name of the index and this value; an item without it is not in the index.
INDEXED = "yes"

EXPIRY = "ExpiresAt"
RETENTION = timedelta(days=30)
# A server without a heartbeat is forgotten sooner.
_SERVER_RETENTION = timedelta(days=1)
# No operation takes so long: what names a table's newest operation outlives that operation.
_TABLE_RETENTION = timedelta(days=365)

_CALL = "Call"
_APPROVAL_REQUEST, _APPROVALS = "ApprovalRequest", "Approvals"


@dataclass(frozen=True)
class RequestRecord:
    """A request: a digest of what it asked for, and its operations by table name.

    `admission` is what its checks found, None while they are not finished.
    """

    digest: str
    created: datetime
    operation_ids: Mapping[str, str]
    admission: Admission | None = None


@dataclass(frozen=True)
class Member:
    """A server that shares the operations table. REVISION grows with each write of its item.

    CHANGES has the tables that the server changed last, by numbers that grow by one. WATCHES says that the
    server has streams, which want to know what others change. LEFT says that the server has stopped.
    """

    name: str
    revision: int
    changes: Mapping[int, str]
    watches: bool = False
    left: bool = False


@dataclass(eq=False)
class Claim:
    """The right to write an operation: until another server claims the operation, which changes its FENCE.

    REVISION is that of the newest save that is known to have been made, TRIED that of the newest that was
    tried. WRITTEN is the progress as of REVISION, None where that is not known.
    """

    operation_id: str
    fence: int
    revision: int
    tried: int = 0
    written: OperationStatus | None = None


@dataclass(frozen=True)
class Entry:
    """An operation as it stands: FENCE counts its claims, REVISION its saves, OWNER "" is nobody."""

    operation: Operation
    fence: int
    revision: int
    owner: str

    @property
    def claim(self) -> Claim:
        """The right to write the operation, if nobody has written it since."""
        status = self.operation.status
        return Claim(self.operation.spec.operation_id, self.fence, self.revision, written=status)

    def claim_of(self, owner: str) -> Claim | None:
        """The right to write the operation, if it is OWNER's."""
        return self.claim if self.owner == owner else None


class Unreadable(Exception):
    """An item that this server can't read; the text says why."""


class Newer(Unreadable):
    """An item that a later version of the service wrote."""


def text(value: str) -> AwsDict:
    """VALUE as an attribute."""
    return {"S": value}


def number(value: int) -> AwsDict:
    """VALUE as an attribute."""
    return {"N": str(value)}


def item_id(kind: str, name: str) -> str:
    """The Id of the item of NAME of a KIND."""
    return f"{kind}/{name}"


def key(kind: str, name: str) -> AwsDict:
    """The key of the item of NAME of a KIND."""
    return {"Id": text(item_id(kind, name))}


def name_of(item: Item) -> str:
    """The NAME that `key` made the key of ITEM of."""
    return _text(item, "Id").partition("/")[2]


def due_of(item: Item) -> int:
    """The time that the operation of ITEM waits for, in seconds since 1970; 0 where there is none."""
    return int(item.get(DUE, {}).get("N", "0"))


def json(value: object) -> AwsDict:
    """VALUE as an attribute."""
    return text(msgspec.json.encode(value).decode())


def expiry(since: datetime, retention: timedelta = RETENTION) -> AwsDict:
    """When an item is forgotten that is RETENTION for so long SINCE then."""
    return number(int((since + retention).timestamp()))


def server_item(server: str, beaten: datetime) -> AwsDict:
    """The item of a server whose last heartbeat was BEATEN then, without a revision."""
    return {**_new(SERVER, server), EXPIRY: expiry(beaten, _SERVER_RETENTION)}


def member_item(member: Member, now: datetime) -> AwsDict:
    """MEMBER as an item."""
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
    """REQUEST as an item."""
    return {
        **_new(REQUEST, request_id),
        "Digest": text(request.digest),
        "Created": text(request.created.isoformat()),
        "Operations": json(request.operation_ids),
        **({} if request.admission is None else {"Admission": json(request.admission)}),
        EXPIRY: expiry(request.created),
    }


def table_item(table_name: str, operation_id: str, now: datetime) -> AwsDict:
    """The item that gives the table to the operation."""
    return {
        **_new(TABLE, table_name),
        "Operation": text(operation_id),
        "Created": text(now.isoformat()),
        EXPIRY: expiry(now, _TABLE_RETENTION),
    }


def operation_item(operation: Operation, owner: str) -> AwsDict:
    """OPERATION as a new item, OWNER's if there is one."""
    spec = operation.spec
    optional: Mapping[str, AwsDict] = {
        "Owner": text(owner) if owner else {},
        "CancelRequested": {"BOOL": True} if operation.cancel_requested else {},
    }
    return {
        **_new(OPERATION, spec.operation_id),
        LISTING: text(INDEXED),
        "Spec": json(spec),
        "Table": text(spec.table_name),
        "Fence": number(0),
        "Revision": number(0),
        **status_attributes(operation.status),
        **{name: value for name, value in optional.items() if value},
    }


def status_attributes(status: OperationStatus) -> AwsDict:
    """The attributes that STATUS is written in."""
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
    """The attributes to set, and those to remove, where AFTER is written over BEFORE; None is unknown."""
    old: AwsDict = {} if before is None else status_attributes(before)
    new = status_attributes(after)
    removed = [*(old.keys() - new.keys()), *([OPEN, "Owner"] if after.state.ended else [])]
    return {name: value for name, value in new.items() if old.get(name) != value}, sorted(set(removed))


def request_of(item: Item) -> RequestRecord:
    """The request that ITEM is; raises Unreadable."""
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
    """The id of the operation that the table of ITEM was given to last; raises Unreadable."""
    return _read(item, lambda: _text(item, "Operation"))


def member_of(item: Item) -> Member:
    """The server that ITEM is; raises Unreadable."""
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
    """The operation that ITEM is; raises Unreadable."""
    return _read(
        item,
        lambda: Entry(
            Operation(
                spec=msgspec.json.decode(_text(item, "Spec"), type=OperationSpec),
                status=_status(item),
                cancel_requested=cancel_requested(item),
            ),
            fence=int(item["Fence"]["N"]),
            revision=int(item["Revision"]["N"]),
            owner=_text(item, "Owner") if "Owner" in item else "",
        ),
    )


def cancel_requested(item: Item) -> bool:
    """Whether the operation that ITEM is was asked to stop."""
    return item.get("CancelRequested", {}).get("BOOL") is True


def cancel_requests(item: Item) -> frozenset[str]:
    """The operations that the server that ITEM is was asked to stop."""
    return frozenset(cast("Sequence[str]", item.get("CancelRequests", {}).get("SS", ())))


def item_of(value: AwsValue) -> Item | None:
    """What an answer of DynamoDB has as an item; None for none."""
    return cast("Item", value) if value else None


def items_of(value: AwsValue) -> Sequence[Item]:
    """What an answer of DynamoDB has as a list of items."""
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
            raise Newer(f"a later version of the service wrote the record: format {version}, not {VERSION}")
        return read()
    except LookupError as error:
        raise Unreadable(f"it lacks {error}") from error
    except (TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise Unreadable(str(error)) from error
