"""The google.rpc.Status of a failure, by the conventions of AIP-193: https://google.aip.dev/193."""

from collections.abc import Iterator

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    QuotaFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from tableadmin_server.failure import Failure

# The largest size of a status in bytes. gRPC sends the status in one header, a third longer in base64, and
# peers may refuse a response with more than 8 KiB of headers.
_MAX_STATUS = 4096
# The largest number of field violations, and of characters of a description or of a value in the ErrorInfo.
_MAX_VIOLATIONS = 10
_MAX_TEXT = 250


def status_of(failure: Failure, **metadata: str) -> Status:
    """Return the status of FAILURE, with METADATA in the ErrorInfo. Details that do not fit are left out."""
    status = Status(code=failure.code, message=failure.message)
    status.details.append(_packed(_error_info(failure, metadata)))
    for detail in map(_packed, _details(failure)):
        if status.ByteSize() + detail.ByteSize() < _MAX_STATUS:
            status.details.append(detail)
    return status


def _error_info(failure: Failure, metadata: dict[str, str]) -> ErrorInfo:
    known = {key: value[:_MAX_TEXT] for key, value in {**failure.metadata, **metadata}.items() if value}
    return ErrorInfo(reason=failure.reason, domain=failure.domain, metadata=known)


def _details(failure: Failure) -> Iterator[Message]:
    if failure.field_violations:
        yield _bad_request(failure)
    if failure.resource:
        yield ResourceInfo(resource_type=failure.resource.type, resource_name=failure.resource.name)
    if failure.precondition_violations:
        yield _precondition_failure(failure)
    if failure.quota:
        subject = failure.resource.name if failure.resource else ""
        yield QuotaFailure(violations=[QuotaFailure.Violation(subject=subject, description=failure.quota)])
    if failure.retry_delay is not None:
        yield _retry_info(failure.retry_delay)
    if failure.last_response is not None:
        yield failure.last_response


def _bad_request(failure: Failure) -> BadRequest:
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=field, description=description[:_MAX_TEXT])
            for field, description in failure.field_violations[:_MAX_VIOLATIONS]
        ]
    )


def _precondition_failure(failure: Failure) -> PreconditionFailure:
    return PreconditionFailure(
        violations=[
            PreconditionFailure.Violation(type=type_, subject=subject, description=description[:_MAX_TEXT])
            for type_, subject, description in failure.precondition_violations
        ]
    )


def _retry_info(seconds: float) -> RetryInfo:
    delay = Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    return RetryInfo(retry_delay=delay)


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
