"""The fields that name tables, by their names and the contract's option `resource_kinds`. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tableadmin.v1 import ResourceKind
from tableadmin.v1.permission_pb2 import resource_kinds


class Kind(StrEnum):
    """The kind of resource that an ARN names. The values are the words in ARNs."""

    TABLE = "table"
    INDEX = "index"
    STREAM = "stream"
    BACKUP = "backup"
    EXPORT = "export"
    IMPORT = "import"
    BULK_OPERATION = "bulk-operation"
    OTHER = "other"


# Fields that name resources without a table, or a part of a table that another field names.
_OF_NO_TABLE = frozenset(
    {"attribute_name", "auto_scaling_role_arn", "backup_name", "index_name", "policy_name", "region_name"}
)
# The fields with page tokens.
_CURSORS = ("exclusive_start_", "last_evaluated_")


@dataclass(frozen=True)
class Reference:
    """A field that names resources. `path` is its path in the message.

    `name`: the field accepts a name. `kinds`: the kinds of ARNs that the field accepts. If the contract does
    not declare them, `kinds` is empty, and the field may name a table.
    """

    path: str
    name: bool
    kinds: frozenset[Kind]


def references(message: Descriptor) -> Iterator[Reference]:
    """Return the fields of MESSAGE and its nested messages that name resources, in the contract's order."""
    yield from _below(message, "", frozenset())


def table_field(message: Descriptor) -> str | None:
    """Return the field of MESSAGE that names the table of MESSAGE, None if there is none.

    A table name precedes a table ARN, which precedes the ARN of a resource of a table.
    """
    found = [each for each in references(message) if "." not in each.path and each.kinds - {Kind.OTHER}]
    found.sort(key=lambda each: (not each.name, Kind.TABLE not in each.kinds))
    return found[0].path if found else None


def _below(message: Descriptor, above: str, within: frozenset[str]) -> Iterator[Reference]:
    for field in message.fields:
        path, nested = f"{above}{field.name}", field.message_type
        if nested is None:
            found = _reference(field, path)
            if found is not None:
                yield found
        elif nested.full_name not in within and not nested.GetOptions().map_entry:
            yield from _below(nested, f"{path}.", within | {message.full_name})


def _reference(field: FieldDescriptor, path: str) -> Reference | None:
    """Return the reference of FIELD at PATH, None if FIELD can't name a table."""
    words = field.name
    has_name, has_arn = words.endswith(("_name", "_names")), words.split("_")[-1] in {"arn", "arns"}
    declared = frozenset(map(_kind, field.GetOptions().Extensions[resource_kinds]))
    if declared:
        return Reference(path, has_name, declared)
    if field.type != FieldDescriptor.TYPE_STRING or words in _OF_NO_TABLE or words.startswith(_CURSORS):
        return None
    if has_name:
        is_table = words.removesuffix("s").endswith("table_name")
        return Reference(path, name=True, kinds=frozenset({Kind.TABLE} if is_table else ()))
    if has_arn:
        stem = f"-{words.rpartition('_')[0]}".replace("_", "-")
        kinds = {kind for kind in Kind if stem.endswith(f"-{kind}")}
        return Reference(path, name=False, kinds=frozenset(kinds))
    return None


def _kind(number: ResourceKind.ValueType) -> Kind:
    return Kind[ResourceKind.Name(number).removeprefix("RESOURCE_KIND_")]
