"""What a call can end in: one class for each gRPC code worth telling apart, with what the service says of it.

The service sends a `google.rpc.Status` with details (https://google.aip.dev/193); an error without them, from
a proxy or because nothing answers, has the same class and fewer attributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    QuotaFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from tableadmin.channel import Metadata
from tableadmin.v1 import Operation, WaitResponse

M = TypeVar("M", bound=Message)


class FieldViolation(NamedTuple):
    """A field of the request that was refused: `field` is its path in the message."""

    field: str
    description: str


class Resource(NamedTuple):
    """What an error is about: `type` is such as `dynamodb.amazonaws.com/Table`, `name` a name or ARN."""

    type: str
    name: str


class QuotaViolation(NamedTuple):
    """A quota that was exceeded by `subject`."""

    subject: str
    description: str


class PreconditionViolation(NamedTuple):
    """A condition that did not hold for `subject`."""

    type: str
    subject: str
    description: str


@dataclass(eq=False)
class TableAdminError(Exception):
    """A call that failed. The gRPC error is its `__cause__`.

    `reason` is the AWS code in upper snake case and `domain` whose it is, `dynamodb.amazonaws.com` or
    `tableadmin`; `aws_code` is the code as AWS writes it. `request_id` finds the call in the service's log,
    `aws_request_id` in AWS's. `retry_delay` is in seconds. What is not known is empty or None.
    """

    message: str
    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
    reason: str = ""
    domain: str = ""
    aws_code: str = ""
    request_id: str = ""
    aws_request_id: str = ""
    operation: str = ""
    endpoint: str = ""
    field_violations: tuple[FieldViolation, ...] = ()
    quota_violations: tuple[QuotaViolation, ...] = ()
    precondition_violations: tuple[PreconditionViolation, ...] = ()
    resource: Resource | None = None
    retry_delay: float | None = None

    def __post_init__(self) -> None:
        super().__init__(self.message)  # what pickle makes it again from

    def __str__(self) -> str:
        fields = [
            violation.field if violation.description in self.message else ": ".join(violation)
            for violation in self.field_violations
        ]
        request = [f"request {self.request_id}"] if self.request_id else []
        notes = "; ".join([self.reason or self.code.name, *fields, *request])
        return " ".join(f"{self.message} ({notes})".split())


class NotFound(TableAdminError):
    """A table, index, backup or other resource does not exist."""


class AlreadyExists(TableAdminError):
    """What was to be created exists."""


class InvalidArgument(TableAdminError):
    """The request is wrong whatever the state of things; `field_violations` says where, if it is known."""


class FailedPrecondition(TableAdminError):
    """The state of the resource does not allow it: a change is under way, or it is protected."""


class ResourceExhausted(TableAdminError):
    """A limit or quota is used up, or calls come too fast; `retry_delay` says how long to wait, if known."""


class PermissionDenied(TableAdminError):
    """The caller, or the service at AWS, may not do this."""


class Unauthenticated(TableAdminError):
    """The credentials of the caller, or of the service at AWS, are missing, wrong or expired."""


class Unavailable(TableAdminError):
    """The service or its endpoint can't be reached now; what was asked may or may not have been done."""


@dataclass(eq=False)
class DeadlineExceeded(TableAdminError):
    """No answer came in time; what was asked may or may not have been done.

    Of a wait, `progress` is what was seen last, None where nothing was.
    """

    progress: WaitResponse | None = field(default=None, repr=False)


class Unimplemented(TableAdminError):
    """The service or its endpoint does not have this operation."""


class Aborted(TableAdminError):
    """A conflict with another change: read the state again, then decide anew."""


class Cancelled(TableAdminError):
    """The call was given up before it ended; what was asked may or may not have been done."""


class ClientClosed(Cancelled):
    """The client was closed, before the call or while it was under way.

    What was asked by a call under way may or may not have been done.
    """


class WrongEventLoop(TableAdminError):
    """An asynchronous client was made outside an event loop, or used outside the one that it was made in.

    Nothing was sent.
    """


class Internal(TableAdminError):
    """Something is broken in the service or on the way; `request_id` finds it in the service's log."""


@dataclass(eq=False)
class OperationFailed(TableAdminError):
    """Operations have ended, and not all have succeeded: what else it says is of the first that has not.

    `operations` are all of them in the order of the request, `failed` those that failed, were cancelled or
    were aborted. The `error` of each says in what state its table was left.
    """

    operations: tuple[Operation, ...] = field(default=(), repr=False)
    failed: tuple[Operation, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        tables = [] if self.resource is None else [self.resource.name]
        more = [f"{len(self.failed) - 1} more did not succeed"] if len(self.failed) > 1 else []
        return "; ".join([": ".join([*tables, super().__str__()]), *more])


ERROR_CLASSES: Mapping[grpc.StatusCode, type[TableAdminError]] = {
    grpc.StatusCode.ABORTED: Aborted,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.CANCELLED: Cancelled,
    grpc.StatusCode.DATA_LOSS: Internal,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.FAILED_PRECONDITION: FailedPrecondition,
    grpc.StatusCode.INTERNAL: Internal,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.OUT_OF_RANGE: InvalidArgument,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.UNIMPLEMENTED: Unimplemented,
    grpc.StatusCode.UNKNOWN: Internal,
}

# What gRPC itself says when the service did not, in words that say what happened.
_BARE_MESSAGES: Mapping[grpc.StatusCode, str] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer from {target} in time: {text}",
    grpc.StatusCode.UNAVAILABLE: "cannot reach {target}: {text}",
    grpc.StatusCode.UNIMPLEMENTED: "{target} does not have this RPC: {text}",
}


# What gRPC says of calls under way on a channel that its owner closes.
_CLOSED = "Channel closed!"


def closed() -> ClientClosed:
    """The error of a call whose client is closed, or the channel that it was given."""
    return ClientClosed("the client was closed: calls need an open one", grpc.StatusCode.CANCELLED)


def from_rpc_error(error: grpc.RpcError, target: str) -> TableAdminError:
    """The error that ERROR stands for; TARGET, the address called, is named where there are no details.

    A CANCELLED without details is UNAVAILABLE: the caller has cancelled nothing, the connection has.
    """
    code, status = error.code(), _status(error)
    if code is grpc.StatusCode.CANCELLED and not status.details:
        if error.details() == _CLOSED:
            return closed()
        code = grpc.StatusCode.UNAVAILABLE
    info = _detail(status, ErrorInfo)
    trailers = {key: str(value) for key, value in cast("Metadata", error.trailing_metadata() or ())}
    return ERROR_CLASSES[code](
        message=status.message if status.details else _bare_message(error, code, target),
        code=code,
        reason=info.reason,
        domain=info.domain,
        aws_code=info.metadata.get("aws_error_code", ""),
        request_id=info.metadata.get("request_id") or trailers.get("tableadmin-request-id", ""),
        aws_request_id=info.metadata.get("aws_request_id") or trailers.get("aws-request-id", ""),
        operation=info.metadata.get("operation", ""),
        endpoint=info.metadata.get("endpoint", ""),
        field_violations=_field_violations(_detail(status, BadRequest)),
        quota_violations=_quota_violations(_detail(status, QuotaFailure)),
        precondition_violations=_precondition_violations(_detail(status, PreconditionFailure)),
        resource=_resource(_detail(status, ResourceInfo)),
        retry_delay=_retry_delay(_detail(status, RetryInfo)),
    )


def _status(error: grpc.RpcError) -> Status:
    """The status that the service sent with ERROR; an empty one if it sent none, or not a sound one."""
    try:
        return rpc_status.from_call(cast("grpc.Call", error)) or Status()
    except (ValueError, DecodeError):
        return Status()


def _detail(status: Status, detail_type: type[M]) -> M:
    """The detail of that type; an empty one if STATUS has none, or not a sound one."""
    detail = detail_type()
    try:
        any(packed.Unpack(detail) for packed in status.details)
    except DecodeError:
        return detail_type()
    return detail


# How gRPC's resolvers begin a text about a host name that they can't resolve.
_UNRESOLVED = ("errors resolving ", "DNS resolution failed ")


def _bare_message(error: grpc.RpcError, code: grpc.StatusCode, target: str) -> str:
    text = (error.details() or error.code().name).rpartition("Failed to connect to remote host: ")[2]
    if text.startswith(_UNRESOLVED):
        text = "the host name cannot be resolved"
    return _BARE_MESSAGES.get(code, "{text}").format(target=target, text=text)


def _field_violations(detail: BadRequest) -> tuple[FieldViolation, ...]:
    return tuple(FieldViolation(found.field, found.description) for found in detail.field_violations)


def _quota_violations(detail: QuotaFailure) -> tuple[QuotaViolation, ...]:
    return tuple(QuotaViolation(found.subject, found.description) for found in detail.violations)


def _precondition_violations(detail: PreconditionFailure) -> tuple[PreconditionViolation, ...]:
    return tuple(
        PreconditionViolation(found.type, found.subject, found.description) for found in detail.violations
    )


def _resource(detail: ResourceInfo) -> Resource | None:
    return Resource(detail.resource_type, detail.resource_name) if detail.resource_name else None


def _retry_delay(detail: RetryInfo) -> float | None:
    if not detail.HasField("retry_delay"):
        return None
    return float(detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9)
