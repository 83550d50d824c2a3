"""Protects the operations table: callers can't change, copy, share or replace it."""

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.contract.references import references
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.listings import table_of
from tableadmin_server.failure import Failure, FieldViolation


class ReservedTable:
    """Refuses requests of one type that name the operations table of their endpoint."""

    def __init__(self, request_type: Descriptor) -> None:
        """Find the fields of REQUEST_TYPE that name a table, also in nested messages."""
        self._paths = [each.path.split(".") for each in references(request_type)]

    def check(self, endpoint: Endpoint, request: Message) -> None:
        """Raise Failure (FAILED_PRECONDITION) if REQUEST names the operations table of ENDPOINT.

        Does nothing for an endpoint without an operations table.
        """
        reserved = endpoint.own_table
        if not reserved:
            return
        for field, table in self.named(request):
            if table == reserved:
                raise _refusal(field, reserved)

    def named(self, request: Message) -> Iterator[tuple[str, str]]:
        """Yield the tables that REQUEST names, each with its field."""
        for path in self._paths:
            for field, value in _values(request, path, ""):
                yield field, table_of(value)


def _values(message: Message, path: Sequence[str], above: str) -> Iterator[tuple[str, str]]:
    """The values at PATH that are set in MESSAGE, each with its full path."""
    first, *below = path
    field = message.DESCRIPTOR.fields_by_name[first]
    if field.has_presence and not message.HasField(field.name):
        return
    found = getattr(message, field.name)
    elements = enumerate(found) if field.is_repeated else [(None, found)]
    for number, value in elements:
        name = field.name if number is None else f"{field.name}[{number}]"
        if below:
            yield from _values(value, below, f"{above}{name}.")
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
