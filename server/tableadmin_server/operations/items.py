"""What the operations table holds, and the items it is held in.

Every attribute is a text (S), a number (N), a truth (BOOL) or a set of texts (SS). Order and Progress are
each one attribute, a JSON text, and what conditions ask for stands beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar, cast

import msgspec

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.operations.record import Operation, Order, Progress

T = TypeVar("T")
Item: TypeAlias = Mapping[str, Mapping[str, str | bool]]

# The values of Kind.
REQUEST = "request"
TABLE = "table"
OPERATION = "operation"
SERVER = "server"

KEPT = timedelta(days=30)
# A server that gives no sign of life is forgotten sooner.
_SERVER_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Request:
    """What came of a request: a digest of what it asked for, and its operations by table name."""

    digest: str
    created: datetime
    operation_ids: Mapping[str, str]


@dataclass(frozen=True)
class Lock:
    """A table that an operation has for itself."""

    table_name: str
    operation_id: str
    created: datetime


@dataclass(eq=False)
class Held:
    """The right to write an operation: as long as its FENCE stands, until another server claims it."""

    operation_id: str
    fence: int
    # Of the newest save that is known to have been made, and of the newest that was tried.
    beat: int
    tried: int = 0


@dataclass(frozen=True)
class Entry:
    """An operation as it stands: FENCE counts its claims, BEAT grows with saves, OWNER "" is nobody."""

    operation: Operation
    fence: int
    beat: int
    owner: str

    def held(self, owner: str) -> Held | None:
        """The right to write it, if it is OWNER's."""
        return Held(self.operation.order.operation_id, self.fence, self.beat) if self.owner == owner else None


class Unreadable(Exception):
    """An item that is not as this package writes them."""


def text(value: str) -> AwsDict:
    """VALUE as an attribute."""
    return {"S": value}


def number(value: int) -> AwsDict:
    """VALUE as an attribute."""
    return {"N": str(value)}


def key(kind: str, id_: str) -> AwsDict:
    """The key of the item ID_ of a KIND."""
    return {"Kind": text(kind), "Id": text(id_)}


def json(value: object) -> AwsDict:
    """VALUE as an attribute."""
    return text(msgspec.json.encode(value).decode())


def expiry(since: datetime) -> AwsDict:
    """When what is remembered SINCE then is forgotten."""
    return number(int((since + KEPT).timestamp()))


def server_expiry(beaten: datetime) -> AwsDict:
    """When a server is forgotten whose last sign of life was BEATEN then."""
    return number(int((beaten + _SERVER_KEPT).timestamp()))


def request_item(request_id: str, request: Request) -> AwsDict:
    """REQUEST as an item."""
    return {
        **key(REQUEST, request_id),
        "Digest": text(request.digest),
        "Created": text(request.created.isoformat()),
        "Operations": json(request.operation_ids),
        "ExpiresAt": expiry(request.created),
    }


def lock_item(lock: Lock) -> AwsDict:
    """LOCK as an item."""
    return {
        **key(TABLE, lock.table_name),
        "Operation": text(lock.operation_id),
        "Created": text(lock.created.isoformat()),
    }


def operation_item(operation: Operation, owner: str) -> AwsDict:
    """OPERATION as a new item, OWNER's if there is one."""
    order = operation.order
    optional: Mapping[str, AwsDict] = {
        "Owner": text(owner) if owner else {},
        "CancelRequested": {"BOOL": True} if operation.cancel_requested else {},
    }
    return {
        **key(OPERATION, order.operation_id),
        "Order": json(order),
        "Table": text(order.table_name),
        "RequestId": text(order.request_id),
        "Fence": number(0),
        "Beat": number(0),
        **progress_attributes(operation.progress),
        **{name: value for name, value in optional.items() if value},
    }


def progress_attributes(progress: Progress) -> AwsDict:
    """The attributes that a save writes of PROGRESS."""
    attributes: AwsDict = {"Progress": json(progress), "State": text(progress.state)}
    if progress.state.ended:
        attributes["ExpiresAt"] = expiry(progress.ended or progress.updated)
    return attributes


def request_of(item: Item) -> Request:
    """The request that ITEM is; raises Unreadable."""
    return _read(
        lambda: Request(
            _text(item, "Digest"),
            datetime.fromisoformat(_text(item, "Created")),
            msgspec.json.decode(_text(item, "Operations"), type=dict[str, str]),
        )
    )


def lock_of(item: Item) -> Lock:
    """The lock that ITEM is; raises Unreadable."""
    return _read(
        lambda: Lock(
            _text(item, "Id"), _text(item, "Operation"), datetime.fromisoformat(_text(item, "Created"))
        )
    )


def entry_of(item: Item) -> Entry:
    """The operation that ITEM is; raises Unreadable."""
    return _read(
        lambda: Entry(
            Operation(
                order=msgspec.json.decode(_text(item, "Order"), type=Order),
                progress=msgspec.json.decode(_text(item, "Progress"), type=Progress),
                cancel_requested=cancel_requested(item),
            ),
            fence=int(item["Fence"]["N"]),
            beat=int(item["Beat"]["N"]),
            owner=_text(item, "Owner") if "Owner" in item else "",
        )
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


def _text(item: Item, name: str) -> str:
    return cast("str", item[name]["S"])


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except (LookupError, TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise Unreadable from error
