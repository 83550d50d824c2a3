"""The errors of calls: a class for each gRPC code, with the details that the service sends.

The service sends a `google.rpc.Status` with details (https://google.aip.dev/193). An error of a proxy or of
gRPC itself has no details: its class is the same, and most attributes are empty.
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

from tableadmin.channel import Metadata, Target
from tableadmin.v1 import Operation, WaitResponse

M = TypeVar("M", bound=Message)

# The reasons why a TLS handshake fails.
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
    """An invalid field of the request. `field` is the path of the field in the request message."""

    field: str
    description: str


class Resource(NamedTuple):
    """The resource of an error: `type` is, for example, `dynamodb.amazonaws.com/Table`."""

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
    """The base class of all errors of calls. `__cause__` is the gRPC error.

    `reason` is the error code in upper snake case. `domain` is the source of `reason`:
    `dynamodb.amazonaws.com` or `tableadmin`. `aws_code` is the code as AWS spells it. `request_id` identifies
    the call in the service's log, `aws_request_id` in AWS's. `retry_delay` is in seconds. Unknown attributes
    are empty or None.
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
        super().__init__(self.message)  # the arguments with which pickle rebuilds the error

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
    """The resource to create already exists."""


class InvalidArgument(TableAdminError):
    """The request is invalid in any state of the resource. `field_violations` names the fields, if known."""


class FailedPrecondition(TableAdminError):
    """The state of the resource does not allow the call: it is being changed, or it is protected."""


class ResourceExhausted(TableAdminError):
    """A limit or quota is exceeded, or calls are throttled. `retry_delay` is how long to wait, if known."""


class PermissionDenied(TableAdminError):
    """The caller, or the service at AWS, does not have permission for the call."""


class Unauthenticated(TableAdminError):
    """The credentials of the caller, or of the service at AWS, are missing, invalid or expired."""


@dataclass(eq=False)
class Unavailable(TableAdminError):
    """The service or its endpoint can't be reached. The call may or may not have taken effect.

    `tls_problem` is why the TLS handshake failed, None if it did not fail.
    """

    tls_problem: TlsProblem | None = None


@dataclass(eq=False)
class DeadlineExceeded(TableAdminError):
    """The deadline expired before a response. The call may or may not have taken effect.

    For a wait, `progress` is the last response, None if there was none.
    """

    progress: WaitResponse | None = field(default=None, repr=False)


class Unimplemented(TableAdminError):
    """The service or its endpoint does not have this operation."""


class Aborted(TableAdminError):
    """The call conflicts with another change. Read the current state before you call again."""


class Cancelled(TableAdminError):
    """The call was cancelled. The call may or may not have taken effect."""


class ClientClosed(Cancelled):
    """The client was closed before or during the call.

    A call in progress may or may not have taken effect.
    """


class WrongEventLoop(TableAdminError):
    """An asynchronous client was created outside an event loop, or used in another event loop.

    No request was sent.
    """


class Internal(TableAdminError):
    """The service or the connection has a fault. `request_id` identifies the call in the service's log."""


@dataclass(eq=False)
class OperationFailed(TableAdminError):
    """All operations have ended, and at least one did not succeed.

    `operations` are all operations in the order of the request. `failed` are the operations that failed or
    were cancelled or aborted; the `error` of each says in what state its table is. The other attributes are
    those of the first failed operation.
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

# The messages of errors that gRPC itself reports.
_BARE_MESSAGES: Mapping[grpc.StatusCode, str] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer from {target} in time: {text}",
    grpc.StatusCode.UNAVAILABLE: "cannot reach {target}: {text}",
    grpc.StatusCode.UNIMPLEMENTED: "{target} does not have this RPC: {text}",
}


# gRPC's text for calls in progress on a channel that its owner closes, also as "Stream removed (...)".
_CLOSED = "Channel closed!"


def client_closed() -> ClientClosed:
    """Return the error of a call whose client or channel is closed."""
    return ClientClosed("the client was closed: calls need an open one", grpc.StatusCode.CANCELLED)


def from_rpc_error(error: grpc.RpcError, target: Target) -> TableAdminError:
    """Convert ERROR to a TableAdminError. If ERROR has no details, the message names TARGET.

    CANCELLED without details becomes Unavailable: the connection was lost, the caller cancelled nothing.
    """
    code, status = error.code(), _status(error)
    if code is grpc.StatusCode.CANCELLED and not status.details:
        if _CLOSED in (error.details() or ""):
            return client_closed()
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
    """Return the status that the service sent with ERROR, empty if there is none or it can't be parsed."""
    from grpc_status import rpc_status  # noqa: PLC0415 - it loads asyncio, which calls that succeed need not

    try:
        return rpc_status.from_call(cast("grpc.Call", error)) or Status()
    except (ValueError, DecodeError):
        return Status()


def _detail(status: Status, detail_type: type[M]) -> M:
    """Return the detail of DETAIL_TYPE, empty if STATUS has none or it can't be parsed."""
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

# gRPC's texts of failed TLS handshakes.
_HANDSHAKE_PROBLEMS: Mapping[str, TlsProblem] = {
    "WRONG_VERSION_NUMBER": "TLS_NOT_SERVED",
    "certificate has expired": "SERVER_CERTIFICATE_EXPIRED",
    "CERTIFICATE_VERIFY_FAILED": "SERVER_NOT_TRUSTED",
    "Hostname Verification Check failed": "SERVER_NAME_WRONG",
    "is not in peer certificate": "SERVER_NAME_WRONG",  # of earlier releases
}
# gRPC's texts for a connection that the server closed at once, and for an established connection.
_NOT_CONNECTED, _CLOSED_AT_ONCE = "ailed to connect", ("Socket closed", "Connection reset by peer")


def tls_problem(text: str, target: Target) -> TlsProblem | None:
    """Return the TLS problem of gRPC's TEXT for TARGET, None for other problems."""
    if _NOT_CONNECTED not in text:
        return None
    if text.endswith(_CLOSED_AT_ONCE):
        return _CLOSED_BY_SERVER.get((target.tls, target.certificate))
    return next((problem for part, problem in _HANDSHAKE_PROBLEMS.items() if part in text), None)


# Why a server closes a connection at once, by `tls` and `certificate` of Target.
_CLOSED_BY_SERVER: Mapping[tuple[bool | None, bool | None], TlsProblem] = {
    (False, False): "TLS_REQUIRED",
    (True, False): "CLIENT_CERTIFICATE_REQUIRED",
    (True, True): "CLIENT_CERTIFICATE_REFUSED",
}


# The beginnings of gRPC's texts for a host name that can't be resolved.
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
