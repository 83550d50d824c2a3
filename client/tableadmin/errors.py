"""What a call can end in: one class for each gRPC code worth telling apart, with what the service says of it.

The service sends a `google.rpc.Status` with details (https://google.aip.dev/193); an error without them, from
a proxy or because nothing answers, has the same class and fewer attributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, TypeVar, cast

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

from tableadmin.channel import Metadata, Target
from tableadmin.v1 import Operation, WaitResponse

M = TypeVar("M", bound=Message)

# What keeps a client and a server from speaking TLS to each other.
TlsProblem: TypeAlias = Literal[
    "TLS_REQUIRED",
    "TLS_NOT_SERVED",
    "CLIENT_CERTIFICATE_REQUIRED",
    "CLIENT_CERTIFICATE_REFUSED",
    "SERVER_NOT_TRUSTED",
    "SERVER_CERTIFICATE_EXPIRED",
    "SERVER_NAME_WRONG",
]


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


@dataclass(eq=False)
class Unavailable(TableAdminError):
    """The service or its endpoint can't be reached now; what was asked may or may not have been done.

    `tls_problem` is the kind of problem where TLS kept the connection from being made.
    """

    tls_problem: TlsProblem | None = None


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


# What gRPC says of calls under way on a channel that its owner closes, also as "Stream removed (...)".
_CLOSED = "Channel closed!"


def closed() -> ClientClosed:
    """The error of a call whose client is closed, or the channel that it was given."""
    return ClientClosed("the client was closed: calls need an open one", grpc.StatusCode.CANCELLED)


def from_rpc_error(error: grpc.RpcError, target: Target) -> TableAdminError:
    """The error that ERROR stands for; TARGET, which was called, is named where there are no details.

    A CANCELLED without details is UNAVAILABLE: the caller has cancelled nothing, the connection has.
    """
    code, status = error.code(), _status(error)
    if code is grpc.StatusCode.CANCELLED and not status.details:
        if _CLOSED in (error.details() or ""):
            return closed()
        code = grpc.StatusCode.UNAVAILABLE
    info = _detail(status, ErrorInfo)
    trailers = {key: str(value) for key, value in cast("Metadata", error.trailing_metadata() or ())}
    failure = ERROR_CLASSES[code](
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
    if isinstance(failure, Unavailable) and not status.details:
        failure.tls_problem = tls_problem(error.details() or "", target)
    return failure


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


_TLS_TEXTS: Mapping[TlsProblem, str] = {
    "TLS_REQUIRED": "the server closed the connection, as a server does that requires TLS",
    "TLS_NOT_SERVED": "the server does not speak TLS at this address",
    "CLIENT_CERTIFICATE_REQUIRED": "the server closed the connection, as a server does that requires "
    "a client certificate",
    "CLIENT_CERTIFICATE_REFUSED": "the server closed the connection, as a server does that refuses the "
    "client certificate: another authority has issued it, or it has expired",
    "SERVER_NOT_TRUSTED": "no authority that this client trusts has issued the certificate of the server",
    "SERVER_CERTIFICATE_EXPIRED": "the certificate of the server has expired",
    "SERVER_NAME_WRONG": "the certificate of the server is for another name",
}

# What gRPC's texts say of a handshake that failed.
_HANDSHAKE_PROBLEMS: Mapping[str, TlsProblem] = {
    "WRONG_VERSION_NUMBER": "TLS_NOT_SERVED",
    "certificate has expired": "SERVER_CERTIFICATE_EXPIRED",
    "CERTIFICATE_VERIFY_FAILED": "SERVER_NOT_TRUSTED",
    "Hostname Verification Check failed": "SERVER_NAME_WRONG",
    "is not in peer certificate": "SERVER_NAME_WRONG",  # of earlier releases
}
# How gRPC ends its text where the server has closed a connection at once, and where one was made at all.
_NOT_CONNECTED, _CLOSED_AT_ONCE = "ailed to connect", ("Socket closed", "Connection reset by peer")


def tls_problem(text: str, target: Target) -> TlsProblem | None:
    """What TEXT of gRPC says of TLS on the way to TARGET; None for another problem."""
    if _NOT_CONNECTED not in text:
        return None
    if text.endswith(_CLOSED_AT_ONCE):
        return _CLOSED_BY_SERVER.get((target.tls, target.certificate))
    return next((problem for part, problem in _HANDSHAKE_PROBLEMS.items() if part in text), None)


# Why a server closes a connection at once, by whether the channel has TLS and the client a certificate.
_CLOSED_BY_SERVER: Mapping[tuple[bool | None, bool | None], TlsProblem] = {
    (False, False): "TLS_REQUIRED",
    (True, False): "CLIENT_CERTIFICATE_REQUIRED",
    (True, True): "CLIENT_CERTIFICATE_REFUSED",
}


# How gRPC's resolvers begin a text about a host name that they can't resolve.
_UNRESOLVED = ("errors resolving ", "DNS resolution failed ")


def _bare_message(error: grpc.RpcError, code: grpc.StatusCode, target: Target) -> str:
    problem = tls_problem(error.details() or "", target)
    text = (error.details() or error.code().name).rpartition("Failed to connect to remote host: ")[2]
    if text.startswith(_UNRESOLVED):
        text = "the host name cannot be resolved"
    if problem is not None:
        text = _TLS_TEXTS[problem]
    return _BARE_MESSAGES.get(code, "{text}").format(target=target.address, text=text)


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
