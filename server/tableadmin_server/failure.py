"""Why a call fails, in typed fields; `interceptors/status.py` makes the status that callers get from them."""

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

# Bytes of a message as gRPC sends it, percent-encoded, in a header. Peers may refuse a response with more
# than 8 KiB of headers.
_MAX_MESSAGE = 1500
_MAX_REQUEST_ID = 250
# Printable ASCII without spaces.
_is_printable = re.compile("[!-~]*").fullmatch


class FieldViolation(NamedTuple):
    """A field of the request, by its proto path, and what is wrong with the value."""

    field: str
    description: str


class PreconditionViolation(NamedTuple):
    """A state that is required (`type`, in UPPER_SNAKE), what is not in that state, and why not."""

    type: str
    subject: str
    description: str


class Resource(NamedTuple):
    """What a call works on: the type, such as `dynamodb.amazonaws.com/Table`, and the name or ARN."""

    type: str
    name: str


@dataclass(eq=False)
class Failure(Exception):
    """Ends a call: CODE is a google.rpc.Code, MESSAGE is one line for people, REASON is for programs.

    RETRY_DELAY is the number of seconds after which the same call may succeed, None if waiting does not help
    or nobody knows. NOT_SENT says that the endpoint was not asked, so nothing was changed. QUOTA describes
    the quota that is used up. LAST_RESPONSE is the newest response of a wait that its deadline ends.
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
        """Make MESSAGE one line, of printable characters, that fits in a header."""
        self.message = _line(self.message)
        super().__init__(self.message)


def server_stopping() -> Failure:
    """The end of a call that this server does not carry out any more; another server may."""
    return Failure(Code.UNAVAILABLE, "the server is stopping; retry the call", reason="SERVER_STOPPING")


def invalid_request(field: str, problem: str) -> Failure:
    """The end of a call whose request can't be: FIELD, by proto path, and what is wrong with it."""
    return Failure(
        Code.INVALID_ARGUMENT,
        f"{field}: {problem}",
        reason="INVALID_REQUEST",
        field_violations=[FieldViolation(field, problem)],
    )


def parsed(parse: Callable[[bytes], T], payload: bytes) -> T:
    """The message of an RPC's input type that PAYLOAD is; raises Failure (INVALID_ARGUMENT)."""
    try:
        return parse(payload)
    except DecodeError as error:
        text = "the request is not a message of this RPC's input type"
        raise Failure(Code.INVALID_ARGUMENT, text, reason="MALFORMED_REQUEST") from error


def request_id_text(given: object) -> str:
    """The request id GIVEN by an endpoint as metadata can carry it: printable ASCII, of 250 at most."""
    text = str(given)[:_MAX_REQUEST_ID].strip()
    if _is_printable(text):  # nearly always, and each call has one
        return text
    return "".join(char if " " < char <= "~" else "?" for char in text)


def _line(text: str) -> str:
    """TEXT as one line that does nothing to a terminal, cut where it is too long for a header."""
    text = " ".join(text[: 2 * _MAX_MESSAGE].split("\n")).strip()
    line = "".join(char if char.isprintable() else "?" for char in text)
    # gRPC writes a byte outside of ASCII as %XX.
    sizes = (1 if char.isascii() and char != "%" else 3 * len(char.encode()) for char in line)
    fitting = sum(size <= _MAX_MESSAGE for size in itertools.accumulate(sizes))
    return line if fitting == len(line) else f"{line[:fitting]} ..."
