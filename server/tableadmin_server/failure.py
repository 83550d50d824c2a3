"""How a call ends that does not succeed: a google.rpc.Status with details, whoever finds the reason.

The conventions are AIP-193's: a code to branch on, one readable line, an ErrorInfo with the reason, and
further details where they help the caller.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

AWS_DOMAIN = "dynamodb.amazonaws.com"
OWN_DOMAIN = "tableadmin"

T = TypeVar("T")

# gRPC carries the message in one HTTP/2 header and all of the status in another, and past 8 KiB for all
# headers peers may refuse the whole response. In bytes: the message as it travels, percent-encoded; the
# status before it grows by a third in base64.
_MAX_MESSAGE = 1500
_MAX_STATUS = 4096
# Fields that are named at most, and characters of a description or of a value in the ErrorInfo.
_MAX_VIOLATIONS = 10
_MAX_TEXT = 250


class Failure(Exception):
    """Ends a call: CODE is a google.rpc.Code, MESSAGE a line for a person, REASON for programs.

    DETAILS are messages of google.rpc; the ErrorInfo is made here from REASON, DOMAIN and METADATA.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str,
        domain: str = OWN_DOMAIN,
        metadata: Mapping[str, str] | None = None,
        details: Sequence[Message] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = _line(message)
        self.reason = reason
        self.domain = domain
        self.metadata = dict(metadata or {})
        self.details = tuple(details)

    def status(self, **metadata: str) -> Status:
        """The status to send; METADATA goes into the ErrorInfo too; details that don't fit are left out."""
        known = {key: value[:_MAX_TEXT] for key, value in {**self.metadata, **metadata}.items() if value}
        info = ErrorInfo(reason=self.reason, domain=self.domain, metadata=known)
        status = Status(code=self.code, message=self.message, details=[_packed(info)])
        for detail in map(_packed, self.details):
            if status.ByteSize() + detail.ByteSize() < _MAX_STATUS:
                status.details.append(detail)
        return status


def server_stopping() -> Failure:
    """The end of a call that this server does not carry out any more; another server may."""
    return Failure(Code.UNAVAILABLE, "the server is stopping; retry the call", reason="SERVER_STOPPING")


def retry_after(seconds: float) -> RetryInfo:
    """Says that the same call may succeed after SECONDS."""
    delay = Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    return RetryInfo(retry_delay=delay)


def field_violations(violations: Sequence[tuple[str, str]]) -> BadRequest:
    """Says which fields of the request, by proto path, are wrong and why: the first ten of them."""
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=field, description=description[:_MAX_TEXT])
            for field, description in violations[:_MAX_VIOLATIONS]
        ]
    )


def invalid_request(field: str, problem: str) -> Failure:
    """The end of a call whose request can't be: FIELD, by proto path, and what is wrong with it."""
    return Failure(
        Code.INVALID_ARGUMENT,
        f"{field}: {problem}",
        reason="INVALID_REQUEST",
        details=[field_violations([(field, problem)])],
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
    return "".join(char if " " < char <= "~" else "?" for char in str(given)[:_MAX_TEXT].strip())


def _line(text: str) -> str:
    """TEXT as one line that does nothing to a terminal, cut where it is too long for a header."""
    text = " ".join(text[: 2 * _MAX_MESSAGE].split("\n")).strip()
    line = "".join(char if char.isprintable() else "?" for char in text)
    # gRPC writes a byte outside of ASCII as %XX.
    sizes = (1 if char.isascii() and char != "%" else 3 * len(char.encode()) for char in line)
    fitting = sum(size <= _MAX_MESSAGE for size in itertools.accumulate(sizes))
    return line if fitting == len(line) else f"{line[:fitting]} ..."


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
