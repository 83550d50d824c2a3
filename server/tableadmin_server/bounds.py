"""How much one request may hold, so that no request keeps the others waiting.

A bound is ten times what AWS takes or more: AWS refuses first what is only a little too much. Requests are
checked before any other work on them. A thread does the work on requests of more than a few kilobytes.
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
from tableadmin_server.failure import invalid_request, parsed

T = TypeVar("T")

# Elements of a list or map at most, by the name of its field.
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
# Elements of all lists and maps of a request together, by the name of a list that it has.
_ALL_ELEMENTS: Mapping[str, int] = {"specs": 50_000}
_ALL_ELEMENTS_OF_ANY = 10_000

# Characters of a text, or bytes, at most, by the name of its field.
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

# Bytes of a request from which on a thread works on it.
_LARGE = 4_096
# Bytes of a request from which on its lists are counted before it is read.
_HUGE = 262_144
# One: more of them would only take turns with the event loop more often.
_thread = ThreadPoolExecutor(1, thread_name_prefix="requests")

# A field, by proto path, and what is wrong with it.
_Problem: TypeAlias = tuple[str, str]

M = TypeVar("M", bound=Message)


async def received(parse: Callable[[bytes], M], payload: bytes) -> M:
    """The message that PAYLOAD is, within all bounds; raises Failure (INVALID_ARGUMENT)."""
    return await off_loop(partial(_read, parse, payload), len(payload))


async def off_loop(work: Callable[[], T], size: int) -> T:
    """What WORK on a request of SIZE bytes gives; a thread does the work that may take milliseconds."""
    if size < _LARGE:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_thread, work)


def _read(parse: Callable[[bytes], M], payload: bytes) -> M:
    if len(payload) >= _HUGE:
        # Two million empty specs would take half a gigabyte, only to be counted.
        request_type = cast("type[Message]", parse.__self__)  # type: ignore[attr-defined]  # the class it is of
        descriptor = cast("Descriptor", request_type.DESCRIPTOR)
        _refuse(_Count(descriptor).of_lists(parsed(_outline(descriptor), payload)))
    message = parsed(parse, payload)
    _refuse(_Count(cast("Descriptor", message.DESCRIPTOR)).problem(message))
    return message


def _refuse(problem: _Problem | None) -> None:
    if problem:
        raise invalid_request(*problem)


@cache
def _outline(descriptor: Descriptor) -> Callable[[bytes], Message]:
    """What parses a message of DESCRIPTOR and keeps its lists of messages only, each message as bytes."""
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


class _Count:
    """Counts the elements of all lists of a request of DESCRIPTOR, and stops at the first problem."""

    def __init__(self, descriptor: Descriptor) -> None:
        bounds = (_ALL_ELEMENTS.get(field.name, _ALL_ELEMENTS_OF_ANY) for field in descriptor.fields)
        self._most = self._left = max(bounds, default=_ALL_ELEMENTS_OF_ANY)

    def of_lists(self, outline: Message) -> _Problem | None:
        """What is wrong with the numbers of elements in the lists of OUTLINE."""
        numbers = ((field, self._number(field, len(value))) for field, value in outline.ListFields())
        return next(((field.name, found[1]) for field, found in numbers if found), None)

    def problem(self, message: Message) -> _Problem | None:
        """What is wrong with MESSAGE."""
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
