"""Makes Cedar's `context`: the facts of a request beside the principal, action and table. No I/O."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tableadmin.v1 import ChangeClass, Tag

# A record in Cedar's JSON.
Record: TypeAlias = dict[str, Any]

# The largest Long of Cedar. Sums are limited to it.
_LARGEST = 2**63 - 1
_DECIMAL_UNIT = Decimal("0.0001")
_LARGEST_DECIMAL = _LARGEST * _DECIMAL_UNIT

# The sets of strings in the context, each with the names of the request fields whose values it contains.
SETS: Mapping[str, frozenset[str]] = {
    "destinations": frozenset({"s3_bucket", "stream_arn"}),
    "destinationAccounts": frozenset({"s3_bucket_owner"}),
    "keys": frozenset({"kms_master_key_id", "s3_sse_kms_key_id"}),
    "regions": frozenset({"region_name"}),
    "roles": frozenset({"auto_scaling_role_arn"}),
    "tagKeys": frozenset({"tag_keys"}),
}

# The members of the context that change with the time of the call.
TIMES = frozenset({"now", "hour", "weekday"})

# The change classes by number, mildest first. They are the entities of the type ChangeClass.
CLASSES: Mapping[int, str] = {
    number: name.removeprefix("CHANGE_CLASS_") for name, number in ChangeClass.items() if number
}

# The entity with the tags of a request.
TAGS_TYPE, TAGS_ID = "TagSet", "request"


def address_of(peer: str) -> str | None:
    """Return the IP address of PEER (`HOST:PORT`), None if it has none, as at a Unix socket.

    IPv4-mapped addresses and zones, which Cedar does not support, are converted.
    """
    try:
        address = ipaddress.ip_address(peer.rpartition(":")[0].strip("[]").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def context_of(
    subject: Message,
    now: datetime,
    *,
    is_requester: bool,
    peer: str | None = None,
    change_class: str = "",
    is_planned: bool = False,
    cost_increase: Decimal | None = None,
) -> tuple[Record, Sequence[Record]]:
    """Return the context of a request, and the entities that the context refers to.

    SUBJECT is the part of the request that is about one table. IS_REQUESTER says that the principal requested
    the operation that the request is about. PEER is the IP address of the caller, None if it has none.
    CHANGE_CLASS is one of CLASSES, or "". IS_PLANNED says that the request is a call of a plan. COST_INCREASE
    is how much more the table costs a month after the plan in US dollars, None if that is not known.
    """
    values = list(_values(subject, ()))
    moment = now.astimezone(UTC)
    tags = {tag.key: tag.value for tag in _tags(subject)}
    context: Record = {
        "now": {"__extn": {"fn": "datetime", "arg": f"{moment:%Y-%m-%dT%H:%M:%S}Z"}},
        "hour": moment.hour,
        "weekday": moment.isoweekday(),
        "isRequester": is_requester,
        "planned": is_planned,
        "readUnits": _units(values, "read"),
        "writeUnits": _units(values, "write"),
        **{name: _texts(values, fields) for name, fields in SETS.items()},
    }
    context["tagKeys"] = sorted({*context["tagKeys"], *tags})
    if peer is not None:
        context["peer"] = {"__extn": {"fn": "ip", "arg": peer}}
    if change_class:
        context["changeClass"] = {"__entity": {"type": "ChangeClass", "id": change_class}}
    if cost_increase is not None:
        context["monthlyCostIncrease"] = {"__extn": {"fn": "decimal", "arg": _decimal(cost_increase)}}
    if not tags:
        return context, ()
    uid = {"type": TAGS_TYPE, "id": TAGS_ID}
    context["tags"] = {"__entity": uid}
    return context, ({"uid": uid, "attrs": {}, "parents": [], "tags": tags},)


def _decimal(value: Decimal) -> str:
    """VALUE as Cedar's decimal, which has at most four digits after the point and a largest value."""
    bounded = min(max(value, -_LARGEST_DECIMAL), _LARGEST_DECIMAL)
    return f"{bounded.quantize(_DECIMAL_UNIT, ROUND_HALF_UP):f}"


# A value, and the names of the fields that lead to it.
_Value: TypeAlias = tuple[tuple[str, ...], Any]


def _values(message: Message, above: tuple[str, ...]) -> Iterator[_Value]:
    for field, value in message.ListFields():
        path = (*above, field.name)
        for each in _elements(field, value):
            if isinstance(each, Message):
                yield from _values(each, path)
            else:
                yield path, each


def _elements(field: FieldDescriptor, value: Any) -> Sequence[Any]:  # noqa: ANN401  # of the field's type
    if not field.is_repeated:
        return [value]
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        return list(value.values())
    return list(value)


def _tags(message: Message) -> Iterator[Tag]:
    for field, value in message.ListFields():
        for each in _elements(field, value):
            if isinstance(each, Tag):
                yield each
            elif isinstance(each, Message):
                yield from _tags(each)


def _units(values: Sequence[_Value], side: str) -> int:
    """The sum of the capacity units of the table and its indexes in a request.

    Negative numbers, which AWS refuses, count as 0.
    """
    found: Iterator[int] = (max(0, value) for path, value in values if _is_capacity(path, side))
    return min(sum(found), _LARGEST)


def _is_capacity(path: tuple[str, ...], side: str) -> bool:
    leaf = path[-1]
    if leaf == "maximum_units":
        return any(f"{side}_capacity" in name for name in path)
    return leaf.endswith(f"{side}_capacity_units")


def _texts(values: Sequence[_Value], fields: frozenset[str]) -> list[str]:
    return sorted({str(value) for path, value in values if path[-1] in fields})


@cache
def is_plain(descriptor: Descriptor) -> bool:
    """Whether messages of DESCRIPTOR have no field that is in the context."""
    return not any(_counts(path) for path in _paths(descriptor, (), frozenset()))


def _counts(path: tuple[str, ...]) -> bool:
    leaf = path[-1]
    return (
        any(leaf in fields for fields in SETS.values())
        or "tags" in path
        or any(_is_capacity(path, side) for side in ("read", "write"))
    )


def _paths(
    descriptor: Descriptor, above: tuple[str, ...], within: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    for field in descriptor.fields:
        path = (*above, field.name)
        nested = field.message_type
        if nested is None:
            yield path
        elif nested.full_name not in within:
            yield from _paths(nested, path, within | {descriptor.full_name})
