"""The items of the operations table: their keys, attributes and version, and the readers and writers of each.

Every item has a key of its own, so that no two operations share a partition:

| Id             | the item                                                             | attributes |
|----------------|----------------------------------------------------------------------|------------|
| `request/ID`   | a request: a digest of the body, and the ids of the operations       | see below |
| `operation/ID` | an operation                                                         | see below |
| `table/NAME`   | a table's newest operation, which holds the table until it has ended | Operation |
| `server/NAME`  | the heartbeat of a server                                            | Revision, Unwanted |

A request has the digest (Digest), the ids (Operations) and, once its checks are finished, what they found
(Admission).

An operation has its order (Order, written once), its progress (Progress), an attribute for each AWS call
(Call0000, ...), so that a save sends only what has changed, and the attributes that conditions name: Fence,
Revision, Owner, State. Two sparse indexes serve what is not asked for by id: Listing has all operations by
time, Open those that have not ended.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar, cast

import msgspec

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.operations.storage.record import Admission, Call, Operation, Order, Progress

T = TypeVar("T")
Item: TypeAlias = Mapping[str, Mapping[str, str | bool]]

# What an Id begins with.
REQUEST = "request"
TABLE = "table"
OPERATION = "operation"
SERVER = "server"

# The version of the format that this server writes. A server refuses items of a later one.
VERSION = 1

# The indexes: name, hash key, and the attributes that are projected beside the keys. The range key is Id.
LISTING, OPEN = "Listing", "Open"
INDEXES: Mapping[str, Sequence[str]] = {LISTING: ("Table", "State"), OPEN: ()}
# The hash key of an index has the name of the index and this value; an item without it is not in the index.
INDEXED = "yes"

EXPIRY = "ExpiresAt"
KEPT = timedelta(days=30)
# A server without a heartbeat is forgotten sooner.
_SERVER_KEPT = timedelta(days=1)
# No operation takes so long: what names a table's newest operation outlives that operation.
_TABLE_KEPT = timedelta(days=365)

_CALL = "Call"


@dataclass(frozen=True)
class Request:
    """A request: a digest of what it asked for, and its operations by table name.

    `admission` is what its checks found, None while they are not finished.
    """

    digest: str
    created: datetime
    operation_ids: Mapping[str, str]
    admission: Admission | None = None


@dataclass(eq=False)
class Held:
    """The right to write an operation: until another server claims the operation, which changes its FENCE.

    REVISION is that of the newest save that is known to have been made, TRIED that of the newest that was
    tried. WRITTEN is the progress as of REVISION, None where that is not known.
    """

    operation_id: str
    fence: int
    revision: int
    tried: int = 0
    written: Progress | None = None


@dataclass(frozen=True)
class Entry:
    """An operation as it stands: FENCE counts its claims, REVISION its saves, OWNER "" is nobody."""

    operation: Operation
    fence: int
    revision: int
    owner: str

    @property
    def writable(self) -> Held:
        """The right to write the operation, if nobody has written it since."""
        progress = self.operation.progress
        return Held(self.operation.order.operation_id, self.fence, self.revision, written=progress)

    def held(self, owner: str) -> Held | None:
        """The right to write the operation, if it is OWNER's."""
        return self.writable if self.owner == owner else None


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


def json(value: object) -> AwsDict:
    """VALUE as an attribute."""
    return text(msgspec.json.encode(value).decode())


def expiry(since: datetime, kept: timedelta = KEPT) -> AwsDict:
    """When an item is forgotten that is KEPT for so long SINCE then."""
    return number(int((since + kept).timestamp()))


def server_item(server: str, beaten: datetime) -> AwsDict:
    """The item of a server whose last heartbeat was BEATEN then, without a revision."""
    return {**_new(SERVER, server), EXPIRY: expiry(beaten, _SERVER_KEPT)}


def request_item(request_id: str, request: Request) -> AwsDict:
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
        EXPIRY: expiry(now, _TABLE_KEPT),
    }


def operation_item(operation: Operation, owner: str) -> AwsDict:
    """OPERATION as a new item, OWNER's if there is one."""
    order = operation.order
    optional: Mapping[str, AwsDict] = {
        "Owner": text(owner) if owner else {},
        "CancelRequested": {"BOOL": True} if operation.cancel_requested else {},
    }
    return {
        **_new(OPERATION, order.operation_id),
        LISTING: text(INDEXED),
        "Order": json(order),
        "Table": text(order.table_name),
        "Fence": number(0),
        "Revision": number(0),
        **progress_attributes(operation.progress),
        **{name: value for name, value in optional.items() if value},
    }


def progress_attributes(progress: Progress) -> AwsDict:
    """The attributes that PROGRESS is written in."""
    rest = msgspec.structs.replace(progress, calls=())
    attributes: AwsDict = {
        "Progress": json(rest),
        "State": text(progress.state),
        **{f"{_CALL}{place:04}": json(call) for place, call in enumerate(progress.calls)},
    }
    if progress.state.ended:
        attributes[EXPIRY] = expiry(progress.ended or progress.updated)
    else:
        attributes[OPEN] = text(INDEXED)
    return attributes


def changed_attributes(before: Progress | None, after: Progress) -> tuple[AwsDict, Sequence[str]]:
    """The attributes to set, and those to remove, where AFTER is written over BEFORE; None is unknown."""
    old: AwsDict = {} if before is None else progress_attributes(before)
    new = progress_attributes(after)
    removed = [*(old.keys() - new.keys()), *([OPEN, "Owner"] if after.state.ended else [])]
    return {name: value for name, value in new.items() if old.get(name) != value}, sorted(set(removed))


def request_of(item: Item) -> Request:
    """The request that ITEM is; raises Unreadable."""
    return _read(
        item,
        lambda: Request(
            _text(item, "Digest"),
            datetime.fromisoformat(_text(item, "Created")),
            msgspec.json.decode(_text(item, "Operations"), type=dict[str, str]),
            msgspec.json.decode(_text(item, "Admission"), type=Admission) if "Admission" in item else None,
        ),
    )


def holder_of(item: Item) -> str:
    """The id of the operation that the table of ITEM was given to last; raises Unreadable."""
    return _read(item, lambda: _text(item, "Operation"))


def entry_of(item: Item) -> Entry:
    """The operation that ITEM is; raises Unreadable."""
    return _read(
        item,
        lambda: Entry(
            Operation(
                order=msgspec.json.decode(_text(item, "Order"), type=Order),
                progress=_progress(item),
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


def unwanted(item: Item) -> frozenset[str]:
    """The operations that the server that ITEM is was asked to stop."""
    return frozenset(cast("Sequence[str]", item.get("Unwanted", {}).get("SS", ())))


def item_of(value: AwsValue) -> Item | None:
    """What an answer of DynamoDB has as an item; None for none."""
    return cast("Item", value) if value else None


def items_of(value: AwsValue) -> Sequence[Item]:
    """What an answer of DynamoDB has as a list of items."""
    return cast("Sequence[Item]", value)


def _new(kind: str, name: str) -> AwsDict:
    return {**key(kind, name), "Version": number(VERSION)}


def _progress(item: Item) -> Progress:
    rest = msgspec.json.decode(_text(item, "Progress"), type=Progress)
    return msgspec.structs.replace(rest, calls=tuple(_calls(item)))


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
