"""The table in which the service keeps its operations: no caller changes, copies, shares or replaces it."""

from collections.abc import Iterator
from typing import TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.listings import table_of
from tableadmin_server.failure import Failure, FieldViolation

# The fields of requests that name a table, by its name or by an ARN that has the name in it.
NAMING_FIELDS = frozenset(
    {
        "backup_arn",
        "bulk_operation_arn",
        "global_table_name",
        "global_table_source_arn",
        "resource_arn",
        "source_table_arn",
        "source_table_name",
        "stream_arn",
        "table_arn",
        "table_name",
        "target_table_name",
    }
)

# The fields from a request down to one that names a table.
_Path: TypeAlias = tuple[FieldDescriptor, ...]


class ReservedTable:
    """Refuses requests of one type that name the operations table of their endpoint."""

    def __init__(self, request_type: Descriptor) -> None:
        """Find the fields of REQUEST_TYPE that name a table, those of nested messages too."""
        self._paths = tuple(_paths(request_type, (), ()))

    def check(self, endpoint: Endpoint, request: Message) -> None:
        """Raise Failure (FAILED_PRECONDITION, RESERVED_TABLE) where REQUEST names the table of ENDPOINT.

        An endpoint without an operations table has nothing to reserve.
        """
        reserved = endpoint.own_table
        if not reserved:
            return
        for path in self._paths:
            for field, value in _values(request, path, ""):
                if table_of(value) == reserved:
                    raise _refusal(field, reserved)


def _paths(message: Descriptor, above: _Path, within: tuple[str, ...]) -> Iterator[_Path]:
    for field in message.fields:
        nested = field.message_type
        if nested is None:
            if field.name in NAMING_FIELDS:
                yield (*above, field)
        elif nested.full_name not in within and not nested.GetOptions().map_entry:
            yield from _paths(nested, (*above, field), (*within, message.full_name))


def _values(message: Message, path: _Path, above: str) -> Iterator[tuple[str, str]]:
    """The values at PATH that are set in MESSAGE, each with its whole path."""
    field, *below = path
    if field.has_presence and not message.HasField(field.name):
        return
    found = getattr(message, field.name)
    elements = enumerate(found) if field.is_repeated else [(None, found)]
    for number, value in elements:
        name = field.name if number is None else f"{field.name}[{number}]"
        if below:
            yield from _values(value, tuple(below), f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _refusal(field: str, reserved: str) -> Failure:
    problem = (
        f"the table {reserved} is reserved: the service stores its operations in this table. Callers cannot "
        "change, copy, share or replace the table. Name another table"
    )
    return Failure(
        Code.FAILED_PRECONDITION,
        f"{field}: {problem}",
        reason="RESERVED_TABLE",
        metadata={"table": reserved},
        field_violations=[FieldViolation(field, problem)],
    )
