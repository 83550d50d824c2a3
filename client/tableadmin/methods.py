"""An RPC of the clients: its name, message types and request."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Generic, ParamSpec, TypeVar, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tableadmin.awsshape import is_map
from tableadmin.channel import SERVICE, CallOptions
from tableadmin.v1.table_admin_pb2_grpc import TableAdminServicer

P = ParamSpec("P")
Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

UNKNOWN_KEY = "tableadmin-unknown-bin"
_logger = logging.getLogger("tableadmin")


class Method(Generic[P, Request, Response]):
    """An RPC of the contract, named after the attribute it is assigned to: `create_table` is CreateTable."""

    def __init__(self, request: Callable[P, Request], response: type[Response]) -> None:
        self.request_type = cast("type[Request]", request)
        self.response_type = response

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.rpc = SERVICE.methods_by_name["".join(map(str.capitalize, name.split("_")))].name
        self.__doc__ = getattr(TableAdminServicer, self.rpc).__doc__

    def arguments(
        self, messages: tuple[object, ...], fields: dict[str, object], options: CallOptions
    ) -> tuple[Request, CallOptions]:
        """Return the request and the options of a call with these positional and keyword arguments.

        The keyword `timeout` is the deadline of the call in seconds; no request has a field of that name.
        Raises TypeError for a message with fields and for a value of the wrong type, ValueError for a field
        that the request does not have. The last two name the field.
        """
        if "timeout" in fields:
            options = replace(options, timeout=self._timeout(fields.pop("timeout")))
        if not messages:
            return self._request(fields), options
        if len(messages) == 1 and isinstance(messages[0], self.request_type) and not fields:
            return messages[0], options
        raise TypeError(f"{self.name}() takes one {self.request_type.__name__}, or its fields as keywords")

    def _timeout(self, value: object) -> float | None:
        # bool is a number to Python.
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise TypeError(f"{self.name}(): timeout must be a number of seconds or None, not {value!r}")

    def _request(self, fields: dict[str, object]) -> Request:
        try:
            return self.request_type(**fields)
        except (TypeError, ValueError) as error:
            refused = next((name for name in fields if not self._takes(name, fields[name])), None)
            if refused is None:
                raise
            raise type(error)(self._refusal(refused, fields[refused])) from error

    def _takes(self, name: str, value: object) -> bool:
        try:
            self.request_type(**{name: value})
        except (TypeError, ValueError):
            return False
        return True

    def _refusal(self, name: str, value: object) -> str:
        request = self.request_type.DESCRIPTOR
        field = request.fields_by_name.get(name)
        if field is None:
            near = get_close_matches(name, request.fields_by_name, n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            return f'{self.name}(): {request.name} has no "{name}" field{hint}'
        return f"{self.name}(): {name} must be {_kind(cast('FieldDescriptor', field))}, not {value!r}"


_KINDS = {
    FieldDescriptor.CPPTYPE_BOOL: "a bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "a float",
    FieldDescriptor.CPPTYPE_INT32: "an int",
    FieldDescriptor.CPPTYPE_INT64: "an int",
    FieldDescriptor.CPPTYPE_STRING: "a str",
}


def _kind(field: FieldDescriptor) -> str:
    """Describe the valid values of FIELD."""
    if is_map(field):
        return "a dict"
    named = field.message_type or field.enum_type
    kind = f"a {named.name}" if named else _KINDS[field.cpp_type]
    return f"an iterable, of which each is {kind}" if field.is_repeated else kind


def warn_of_unknown(rpc: str, trailers: Iterable[tuple[str, str | bytes]]) -> None:
    """Log the members of AWS's response to RPC that the contract does not know, as TRAILERS list them."""
    for key, value in trailers:
        if key == UNKNOWN_KEY:
            _logger.warning("%s: AWS answered what this version does not know: %s", rpc, _paths(value))


def _paths(unknown: str | bytes) -> str:
    try:
        return ", ".join(entry["path"] for entry in json.loads(unknown))
    except (ValueError, TypeError, KeyError):
        return repr(unknown)
