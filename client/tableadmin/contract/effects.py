"""The data loss and interruptions of calls: the option `effects` of RPCs in the contract. No I/O."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tableadmin.v1 import Effect, table_admin_pb2
from tableadmin.v1.effect_pb2 import effects as _option

_SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]


@cache
def effects_of_rpc(rpc: str) -> Sequence[Effect]:
    """Return all effects that RPC can have, in the contract's order. Raises KeyError for an unknown RPC."""
    return tuple(_SERVICE.methods_by_name[rpc].GetOptions().Extensions[_option])


@cache
def effect(rpc: str, field: str = "", value: str = "") -> Effect:
    """Return the effect of RPC for FIELD with VALUE. Raises KeyError if there is none."""
    for each in effects_of_rpc(rpc):
        if (each.field, each.value) == (field, value):
            return each
    raise KeyError(rpc, field, value)


def effects(request: Message) -> list[Effect]:
    """Return the effects of REQUEST, a request of TableAdmin. Raises KeyError for other messages."""
    return [each for each in effects_of_rpc(_rpc(request)) if _applies(each, request)]


def _rpc(request: Message) -> str:
    return request.DESCRIPTOR.name.removesuffix("Request")


def _applies(each: Effect, request: Message) -> bool:
    if not each.field:
        return True
    return any(_matches(each, field, value) for field, value in _values(request, each.field.split(".")))


def _values(message: Message, path: list[str]) -> Iterator[tuple[FieldDescriptor, Any]]:
    """Yield the fields and set values at PATH in MESSAGE: each element of a list."""
    field = cast("FieldDescriptor", message.DESCRIPTOR.fields_by_name[path[0]])
    value = getattr(message, field.name)
    is_there = field.is_repeated or message.HasField(path[0])
    for one in (value if field.is_repeated else [value]) if is_there else ():
        if path[1:]:
            yield from _values(one, path[1:])
        else:
            yield field, one


def _matches(each: Effect, field: FieldDescriptor, value: Any) -> bool:  # noqa: ANN401  # of the field's type
    if each.HasField("less_than"):
        return bool(value < each.less_than)
    return not each.value or each.value == _text(field, value)


def _text(field: FieldDescriptor, value: Any) -> str:  # noqa: ANN401  # of the field's type
    """Return VALUE in the syntax of `Effect.value`."""
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(value)
        return named.name if named else str(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
