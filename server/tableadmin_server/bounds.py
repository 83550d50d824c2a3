"""Limits the size of requests, so that no request delays the others.

A bound is at least ten times AWS's limit, so that AWS reports requests that exceed its limits a little.
Requests are checked before any other work. Requests of more than a few kilobytes are handled in a thread.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, TypeAlias, TypeVar, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import is_map
from tableadmin_server.failure import invalid_request, parse_request

T = TypeVar("T")

# The largest number of elements of a list or map, by the name of its field.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
_ELEMENTS: Mapping[str, int] = {
    "global_secondary_indexes": 200,
    "key_schema": 80,
    "local_secondary_indexes": 50,
    "operation_ids": 5_000,
    "tag_keys": 500,
    "tags": 500,
}
_ELEMENTS_OF_ANY = 1_000
# The largest number of elements of all lists and maps of a request, by the name of a list in the request.
_ALL_ELEMENTS: Mapping[str, int] = {"specs": 50_000}
_ALL_ELEMENTS_OF_ANY = 10_000

# The largest number of characters or bytes of a value, by the name of its field.
_LENGTHS: Mapping[str, int] = {
    "arn": 2_048,
    "index_name": 2_048,
    "operation_id": 128,
    "operation_ids": 128,
    "page_token": 2_048,
    "policy": 204_800,
    "prefix": 2_048,
    "region_name": 2_048,
    "request_id": 2_048,
    "requested_by": 2_048,
    "resource_policy": 204_800,
    "resume_token": 128,
    "service": 2_048,
    "table_name": 2_048,
    "table_names": 2_048,
}
_LENGTH_OF_ANY = 65_536

# Requests of so many bytes or more are handled in a thread.
_LARGE = 4_096
# In requests of so many bytes or more, lists are counted before the request is parsed.
_HUGE = 262_144
# One thread, because more would only compete with the event loop for the GIL.
_thread = ThreadPoolExecutor(1, thread_name_prefix="requests")

# A field, by proto path, and its problem.
_Problem: TypeAlias = tuple[str, str]

M = TypeVar("M", bound=Message)


async def parse_bounded(parse: Callable[[bytes], M], payload: bytes) -> M:
    """Parse PAYLOAD and check its bounds. Raises Failure (INVALID_ARGUMENT)."""
    return await off_loop(partial(_read, parse, payload), len(payload))


async def off_loop(work: Callable[[], T], size: int) -> T:
    """Return the result of WORK on a request of SIZE bytes. A thread does work that may take milliseconds."""
    if size < _LARGE:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_thread, work)


def _read(parse: Callable[[bytes], M], payload: bytes) -> M:
    if len(payload) >= _HUGE:
        # Two million parsed empty specs would take half a gigabyte.
        request_type = cast("type[Message]", parse.__self__)  # type: ignore[attr-defined]  # the message class
        descriptor = cast("Descriptor", request_type.DESCRIPTOR)
        _refuse(_Count(descriptor).of_lists(parse_request(_outline(descriptor), payload)))
    message = parse_request(parse, payload)
    _refuse(_Count(cast("Descriptor", message.DESCRIPTOR)).problem(message))
    return message


def _refuse(problem: _Problem | None) -> None:
    if problem:
        raise invalid_request(*problem)


@cache
def _outline(descriptor: Descriptor) -> Callable[[bytes], Message]:
    """A parser for messages of DESCRIPTOR that keeps only lists of messages, each message as bytes."""
    file = FileDescriptorProto(name=descriptor.full_name, syntax="proto3")
    outline = file.message_type.add(name=descriptor.name)
    for field in descriptor.fields:
        if field.is_repeated and field.message_type is not None:
            outline.field.add(
                name=field.name,
                number=field.number,
                label=FieldDescriptorProto.LABEL_REPEATED,
                type=FieldDescriptorProto.TYPE_BYTES,
            )
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(descriptor.name)).FromString


@cache
def _most_elements(descriptor: Descriptor) -> int:
    """The largest number of elements of all lists and maps of a request of DESCRIPTOR."""
    bounds = (_ALL_ELEMENTS.get(field.name, _ALL_ELEMENTS_OF_ANY) for field in descriptor.fields)
    return max(bounds, default=_ALL_ELEMENTS_OF_ANY)


class _Count:
    """Counts the elements of all lists of a request of DESCRIPTOR, up to the first problem."""

    def __init__(self, descriptor: Descriptor) -> None:
        self._most = self._left = _most_elements(descriptor)

    def of_lists(self, outline: Message) -> _Problem | None:
        """Return the first problem of the list lengths in OUTLINE, None if there is none."""
        numbers = ((field, self._number(field, len(value))) for field, value in outline.ListFields())
        return next(((field.name, found[1]) for field, found in numbers if found), None)

    def problem(self, message: Message) -> _Problem | None:
        """Return the first problem of MESSAGE, None if there is none."""
        for field, value in message.ListFields():
            look = self._of_map if is_map(field) else self._of_list if field.is_repeated else self._of_value
            found = look(field, value)
            if found:
                return f"{field.name}{found[0]}", found[1]
        return None

    def _of_map(self, field: FieldDescriptor, value: Mapping[Any, Any]) -> _Problem | None:
        return (
            self._number(field, len(value))
            or self._of_elements(field, value.keys())
            or self._of_elements(field, value.values())
        )

    def _of_list(self, field: FieldDescriptor, value: Sequence[Any]) -> _Problem | None:
        return self._number(field, len(value)) or self._of_elements(field, value)

    def _number(self, field: FieldDescriptor, number: int) -> _Problem | None:
        most = _ELEMENTS.get(field.name, _ELEMENTS_OF_ANY)
        if number > most:
            return "", f"must have at most {most} elements, but has {number}"
        self._left -= number
        if self._left < 0:
            return "", f"all lists of a request together can have at most {self._most} elements"
        return None

    def _of_elements(self, field: FieldDescriptor, values: Iterable[Any]) -> _Problem | None:
        for number, value in enumerate(values):
            found = self._of_value(field, value)
            if found:
                return f"[{number}]{found[0]}", found[1]
        return None

    def _of_value(self, field: FieldDescriptor, value: object) -> _Problem | None:
        if isinstance(value, Message):
            found = self.problem(value)
            return (f".{found[0]}", found[1]) if found else None
        most = _LENGTHS.get(field.name, _LENGTH_OF_ANY)
        if isinstance(value, str | bytes) and len(value) > most:
            return "", f"must be at most {most} long, but is {len(value)}"
        return None
