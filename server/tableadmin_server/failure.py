"""How a call ends that does not succeed: a google.rpc.Status with details, whoever finds the reason.

The conventions are AIP-193's: a code to branch on, one readable line, an ErrorInfo with the reason, and
further details where they help the caller.
"""

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

# gRPC carries details in one HTTP/2 header: past 8 KiB peers may refuse the whole response.
_MAX_MESSAGE = 2000


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
        self.message = " ".join(message.split())[:_MAX_MESSAGE]
        self.reason = reason
        self.domain = domain
        self.metadata = dict(metadata or {})
        self.details = tuple(details)

    def status(self, **metadata: str) -> Status:
        """The status to send; METADATA is added to that of the ErrorInfo."""
        info = ErrorInfo(reason=self.reason, domain=self.domain, metadata={**self.metadata, **metadata})
        return Status(
            code=self.code, message=self.message, details=[_packed(each) for each in (info, *self.details)]
        )


def retry_after(seconds: float) -> RetryInfo:
    """Says that the same call may succeed after SECONDS."""
    delay = Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    return RetryInfo(retry_delay=delay)


def field_violations(violations: Sequence[tuple[str, str]]) -> BadRequest:
    """Says which fields of the request, by proto path, are wrong and why."""
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=field, description=description[:300])
            for field, description in violations
        ]
    )


def parsed(parse: Callable[[bytes], T], payload: bytes) -> T:
    """The message of an RPC's input type that PAYLOAD is; raises Failure (INVALID_ARGUMENT)."""
    try:
        return parse(payload)
    except DecodeError as error:
        text = "the request is not a message of this RPC's input type"
        raise Failure(Code.INVALID_ARGUMENT, text, reason="MALFORMED_REQUEST") from error


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
