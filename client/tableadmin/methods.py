"""What the synchronous and the asynchronous client know of an RPC: its name, its types, its request."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Generic, ParamSpec, TypeVar, cast

from google.protobuf.message import Message

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
        """The request and the options of a call with these positional and keyword arguments.

        Raises TypeError for a message beside fields and for a value of the wrong type, and ValueError, which
        names it, for a field that the request does not have.
        """
        if not messages:
            return self.request_type(**fields), options
        if "timeout" in fields:
            options = replace(options, timeout=cast("float | None", fields.pop("timeout")))
        if len(messages) == 1 and isinstance(messages[0], self.request_type) and not fields:
            return messages[0], options
        raise TypeError(f"{self.name}() takes one {self.request_type.__name__}, or its fields as keywords")


def warn_of_unknown(rpc: str, trailers: Iterable[tuple[str, str | bytes]]) -> None:
    """Log what AWS answered to RPC and the contract does not know, as the service says in TRAILERS."""
    for key, value in trailers:
        if key == UNKNOWN_KEY:
            _logger.warning("%s: AWS answered what this version does not know: %s", rpc, _paths(value))


def _paths(unknown: str | bytes) -> str:
    try:
        return ", ".join(entry["path"] for entry in json.loads(unknown))
    except (ValueError, TypeError, KeyError):
        return repr(unknown)
