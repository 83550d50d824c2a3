"""Which RPCs of the contract change something, and which tables, ARNs and ids calls are about."""

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message

# The fields that name what a request is about, and the messages in which they stand.
_NAMES = (
    "table_name",
    "target_table_name",
    "source_table_name",
    "global_table_name",
    "resource_arn",
    "table_arn",
    "source_table_arn",
    "backup_arn",
    "export_arn",
    "import_arn",
    "bulk_operation_arn",
    "stream_arn",
    "operation_id",
)
_HOLDERS = ("table_creation_parameters", "specs", "restore_source")

# Tables that the call of the running task is about without naming them in the request.
_found: ContextVar[tuple[str, ...]] = ContextVar("found_tables", default=())


@cache
def method_of(path: str) -> MethodDescriptor | None:
    """The RPC of PATH, `/package.Service/Method`; None where this process knows no such service."""
    service, _, name = path.lstrip("/").rpartition("/")
    try:
        methods: Mapping[str, MethodDescriptor] = Default().FindServiceByName(service).methods_by_name
    except KeyError:
        return None
    return methods.get(name)


def is_change(path: str) -> bool:
    """Whether the RPC of PATH may change something: the contract does not mark it NO_SIDE_EFFECTS."""
    method = method_of(path) if path.startswith("/tableadmin.") else None
    if method is None:
        return False
    level = method.GetOptions().idempotency_level
    return bool(level != MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS)


def named(request: Message) -> Iterator[str]:
    """The names, ARNs and ids that REQUEST is about, as the caller wrote them."""
    fields = request.DESCRIPTOR.fields_by_name
    for name in _NAMES:
        if name in fields and (value := getattr(request, name)):
            yield str(value)
    for name in _HOLDERS:
        if name in fields:
            held = getattr(request, name)
            for each in cast("Iterable[Message]", held if fields[name].is_repeated else [held]):
                yield from named(each)


def operation_id(request: Message) -> str:
    """The id of the operation that REQUEST is about, "" where REQUEST names no operation."""
    fields = request.DESCRIPTOR.fields_by_name
    return str(cast("Any", request).operation_id) if "operation_id" in fields else ""


def found_tables() -> tuple[str, ...]:
    """The tables that the call of the running task is about without naming them in the request."""
    return _found.get()


def add_found_table(table: str) -> None:
    """Say that the call of the running task is about TABLE, such as the table of an operation."""
    if table not in _found.get():
        _found.set((*_found.get(), table))
