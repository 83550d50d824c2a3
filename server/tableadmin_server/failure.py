"""The failure of a call, in typed fields. `interceptors/status.py` makes the caller's status from them."""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from google.protobuf.message import DecodeError
from google.rpc.code_pb2 import Code

from tableadmin.v1 import WaitResponse

AWS_DOMAIN = "dynamodb.amazonaws.com"
OWN_DOMAIN = "tableadmin"

T = TypeVar("T")

# The largest size in bytes of a message, percent-encoded, which gRPC sends in a header. Peers may refuse a
# response with more than 8 KiB of headers.
_MAX_MESSAGE = 1500
_MAX_REQUEST_ID = 250
# Printable ASCII without spaces.
_is_printable = re.compile("[!-~]*").fullmatch


class FieldViolation(NamedTuple):
    """A field of the request, by its proto path, and the problem of its value."""

    field: str
    description: str


class PreconditionViolation(NamedTuple):
    """A required state (`type`, in UPPER_SNAKE), the resource that is not in that state, and why."""

    type: str
    subject: str
    description: str


class Resource(NamedTuple):
    """The resource of a call: its type, such as `dynamodb.amazonaws.com/Table`, and its name or ARN."""

    type: str
    name: str


@dataclass(eq=False)
class Failure(Exception):
    """The failure of a call. CODE is a google.rpc.Code, MESSAGE one line for people, REASON is for programs.

    RETRY_DELAY is the number of seconds after which the same call may succeed, None if it is unknown or
    waiting does not help. NOT_SENT says that the endpoint was not called, so nothing was changed. QUOTA
    describes the exhausted quota. LAST_RESPONSE is the newest response of a wait whose deadline has expired.
    """

    code: int
    message: str
    reason: str = field(kw_only=True)
    domain: str = field(default=OWN_DOMAIN, kw_only=True)
    metadata: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    retry_delay: float | None = field(default=None, kw_only=True)
    not_sent: bool = field(default=False, kw_only=True)
    quota: str | None = field(default=None, kw_only=True)
    resource: Resource | None = field(default=None, kw_only=True)
    field_violations: Sequence[FieldViolation] = field(default=(), kw_only=True)
    precondition_violations: Sequence[PreconditionViolation] = field(default=(), kw_only=True)
    last_response: WaitResponse | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Convert MESSAGE to one line of printable characters that fits in a header."""
        self.message = _line(self.message)
        super().__init__(self.message)


def server_stopping() -> Failure:
    """Return the Failure of a call that this server refuses because it is stopping."""
    return Failure(Code.UNAVAILABLE, "the server is stopping; retry the call", reason="SERVER_STOPPING")


def table_not_found(table: str) -> Failure:
    """Return the Failure of a call that names TABLE, which does not exist."""
    return Failure(
        Code.NOT_FOUND,
        f"Requested resource not found: Table: {table} not found",
        reason="TABLE_NOT_FOUND",
        metadata={"table": table},
    )


def invalid_request(field: str, problem: str) -> Failure:
    """Return the Failure of an invalid request. FIELD is a proto path, PROBLEM completes "FIELD: ..."."""
    return Failure(
        Code.INVALID_ARGUMENT,
        f"{field}: {problem}",
        reason="INVALID_REQUEST",
        field_violations=[FieldViolation(field, problem)],
    )


def parse_request(parse: Callable[[bytes], T], payload: bytes) -> T:
    """Parse PAYLOAD, a request of an RPC. Raises Failure (INVALID_ARGUMENT)."""
    try:
        return parse(payload)
    except DecodeError as error:
        text = "the request is not a message of this RPC's input type"
        raise Failure(Code.INVALID_ARGUMENT, text, reason="MALFORMED_REQUEST") from error


def request_id_text(given: object) -> str:
    """Return the request id GIVEN by an endpoint for metadata: at most 250 printable ASCII characters."""
    text = str(given)[:_MAX_REQUEST_ID].strip()
    if _is_printable(text):  # fast path
        return text
    return "".join(char if " " < char <= "~" else "?" for char in text)


def _line(text: str) -> str:
    """TEXT as one line without control characters, truncated to fit in a header."""
    text = " ".join(text[: 2 * _MAX_MESSAGE].split("\n")).strip()
    line = "".join(char if char.isprintable() else "?" for char in text)
    # gRPC writes a byte outside of ASCII as %XX.
    sizes = (1 if char.isascii() and char != "%" else 3 * len(char.encode()) for char in line)
    fitting = sum(size <= _MAX_MESSAGE for size in itertools.accumulate(sizes))
    return line if fitting == len(line) else f"{line[:fitting]} ..."
