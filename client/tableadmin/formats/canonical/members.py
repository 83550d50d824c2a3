"""What the contract says of the members of a spec: their order, and how their text is written."""

from collections.abc import Iterable
from functools import cache
from typing import Literal, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.canonical.nodes import Entry, Node
from tableadmin.v1 import TableSpec

# What stands at a schema: a message, a list of specs, specs by name, a scalar of the contract, or text that
# people write freely, such as a policy.
Schema: TypeAlias = Descriptor | Literal["specs", "specs by name", "text", "number", "truth", "free"]
SPEC = TableSpec.DESCRIPTOR

MERGE = "<<"
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_BOOL: "truth",
    FieldDescriptor.TYPE_INT32: "number",
    FieldDescriptor.TYPE_INT64: "number",
}


def is_merge(key: Node) -> bool:
    """Whether KEY brings in the members of other mappings."""
    return key.text == MERGE and not key.style


def below(schema: Schema, entry: Entry) -> Schema:
    """What stands at ENTRY of a collection at PLACE."""
    if isinstance(schema, Descriptor):
        if not entry.key or is_merge(entry.key):
            return schema
        if schema is SPEC and entry.name == "ResourcePolicy":
            return "free"
        known = _fields(schema).get(entry.name)
        return known[1] if known else "text"
    return SPEC if schema in {"specs", "specs by name"} else schema


def order_members(schema: Schema, entries: Iterable[Entry]) -> list[Entry]:
    """ENTRIES of a collection at PLACE in the order of the contract, where it has one."""
    if not isinstance(schema, Descriptor):
        return list(entries)
    numbers = {name: number for name, (number, _) in _fields(schema).items()}
    return sorted(entries, key=lambda entry: numbers.get(entry.name, -1))


@cache
def _fields(descriptor: Descriptor) -> dict[str, tuple[int, Schema]]:
    """The number in the order and the schema of each member of DESCRIPTOR."""
    return {
        member_name(field): (number, field.message_type or _SCALARS.get(field.type, "text"))
        for number, field in enumerate(members_of(descriptor))
    }
