"""Finds out whether an RPC is a change, and which tables, ARNs and ids a call is about."""

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message

# The fields with tables, ARNs and ids, and the messages that have such fields.
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

# The tables of the current task's call that are not in its request.
_found: ContextVar[tuple[str, ...]] = ContextVar("found_tables", default=())
# The ids of the operations that the current task's call has begun.
_begun: ContextVar[tuple[str, ...]] = ContextVar("begun_operations", default=())


# Bounded, because callers choose the names of unknown methods.
@lru_cache(1024)
def method_of(path: str) -> MethodDescriptor | None:
    """Return the RPC of PATH, `/package.Service/Method`, None for an unknown RPC."""
    service, _, name = path.lstrip("/").rpartition("/")
    try:
        methods: Mapping[str, MethodDescriptor] = Default().FindServiceByName(service).methods_by_name
    except KeyError:
        return None
    return methods.get(name)


@lru_cache(1024)
def is_change(path: str) -> bool:
    """Whether the RPC of PATH is one of the contract that is not marked NO_SIDE_EFFECTS."""
    method = method_of(path) if path.startswith("/tableadmin.") else None
    if method is None:
        return False
    level = method.GetOptions().idempotency_level
    return bool(level != MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS)


def named_resources(request: Message) -> Iterator[str]:
    """Yield the names, ARNs and ids in REQUEST, unchanged."""
    names, holders = _fields(cast("Descriptor", request.DESCRIPTOR))
    for name in names:
        value = getattr(request, name)
        if value:
            yield str(value)
    for name, is_repeated in holders:
        held = getattr(request, name)
        for each in cast("Iterable[Message]", held if is_repeated else [held]):
            yield from named_resources(each)


@cache
def _fields(descriptor: Descriptor) -> tuple[list[str], list[tuple[str, bool]]]:
    """The fields of DESCRIPTOR with names, and those with messages that have names: name, is repeated."""
    fields = descriptor.fields_by_name
    names = [name for name in _NAMES if name in fields]
    return names, [(name, fields[name].is_repeated) for name in _HOLDERS if name in fields]


def operation_id(request: Message) -> str:
    """Return the operation id in REQUEST, "" if it has none."""
    fields = request.DESCRIPTOR.fields_by_name
    return str(cast("Any", request).operation_id) if "operation_id" in fields else ""


def found_tables() -> tuple[str, ...]:
    """Return the tables of the current task's call that are not in its request."""
    return _found.get()


def begun_operations() -> tuple[str, ...]:
    """Return the ids of the operations that the current task's call has begun."""
    return _begun.get()


def set_begun_operations(operation_ids: Iterable[str]) -> None:
    """Set the ids of the operations that the current task's call has begun."""
    _begun.set(tuple(operation_ids))


def add_found_table(table: str) -> None:
    """Add TABLE to the tables of the current task's call, such as the table of an operation."""
    if table not in _found.get():
        _found.set((*_found.get(), table))
