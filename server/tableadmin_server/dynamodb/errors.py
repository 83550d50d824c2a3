"""Maps AWS's errors to gRPC statuses, by tables of error codes, texts and exceptions.

The gRPC code says what the caller can do (AIP-193): correct the request (INVALID_ARGUMENT, NOT_FOUND), wait
for another state of the table (FAILED_PRECONDITION) or for a quota or rate (RESOURCE_EXHAUSTED). A few error
codes of DynamoDB have several meanings. For them the operation or the text decides.
Error codes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsValue
from tableadmin_server.dynamodb.fields import violations
from tableadmin_server.failure import (
    AWS_DOMAIN,
    Failure,
    FieldViolation,
    PreconditionViolation,
    Resource,
    request_id_text,
)


@dataclass(frozen=True)
class ErrorStatus:
    """The gRPC status of an error: the code, and details for the caller."""

    code: int
    # Seconds after which the same call may succeed.
    retry_delay: float | None = None
    # The state that the table, index or other resource must have.
    precondition: str | None = None
    # The exhausted quota, and when it renews.
    quota: str | None = None
    # The reason, if it can't be derived from AWS's error code.
    reason: str | None = None


# The reason of an item that exceeds DynamoDB's size limit.
ITEM_TOO_LARGE = "ITEM_TOO_LARGE"

_RATE = ErrorStatus(Code.RESOURCE_EXHAUSTED, retry_delay=1.0)
_IN_USE = ErrorStatus(Code.FAILED_PRECONDITION, retry_delay=5.0, precondition="NO_CHANGE_UNDER_WAY")
_EXISTS = ErrorStatus(Code.ALREADY_EXISTS)
_NOT_FOUND = ErrorStatus(Code.NOT_FOUND)
_INVALID = ErrorStatus(Code.INVALID_ARGUMENT)
_CREDENTIALS = ErrorStatus(Code.UNAUTHENTICATED)

# Every error shape of botocore's DynamoDB model, and AWS's common error codes.
STATUS_BY_CODE: Mapping[str, ErrorStatus] = {
    "AccessDeniedException": ErrorStatus(Code.PERMISSION_DENIED),
    "AuthFailure": _CREDENTIALS,
    "BackupInUseException": _IN_USE,
    "BackupNotFoundException": _NOT_FOUND,
    "ConditionalCheckFailedException": ErrorStatus(Code.FAILED_PRECONDITION, precondition="CONDITION"),
    "ContinuousBackupsUnavailableException": ErrorStatus(
        Code.FAILED_PRECONDITION, retry_delay=3.0, precondition="CONTINUOUS_BACKUPS_AVAILABLE"
    ),
    "DuplicateItemException": _EXISTS,
    "ExpiredToken": _CREDENTIALS,
    "ExpiredTokenException": _CREDENTIALS,
    "ExportConflictException": ErrorStatus(Code.ABORTED),
    "ExportNotFoundException": _NOT_FOUND,
    "GlobalTableAlreadyExistsException": _EXISTS,
    "GlobalTableNotFoundException": _NOT_FOUND,
    "IdempotentParameterMismatchException": _INVALID,
    "ImportConflictException": ErrorStatus(Code.ABORTED),
    "ImportNotFoundException": _NOT_FOUND,
    "IncompleteSignature": _CREDENTIALS,
    "IncompleteSignatureException": _CREDENTIALS,
    "IndexNotFoundException": _NOT_FOUND,
    "InternalFailure": ErrorStatus(Code.INTERNAL),
    "InternalServerError": ErrorStatus(Code.INTERNAL),
    "InvalidAccessKeyId": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "InvalidEndpointException": ErrorStatus(Code.UNAVAILABLE),
    "InvalidExportTimeException": _INVALID,
    "InvalidRestoreTimeException": _INVALID,
    "InvalidSignatureException": _CREDENTIALS,
    "InvalidToken": _CREDENTIALS,
    "ItemCollectionSizeLimitExceededException": ErrorStatus(
        Code.RESOURCE_EXHAUSTED, quota="an item collection can be at most 10 GB large"
    ),
    "LimitExceededException": ErrorStatus(Code.RESOURCE_EXHAUSTED, quota="see the message for the quota"),
    "MissingAuthenticationToken": _CREDENTIALS,
    "MissingAuthenticationTokenException": _CREDENTIALS,
    "OptInRequired": ErrorStatus(Code.PERMISSION_DENIED),
    "PointInTimeRecoveryUnavailableException": ErrorStatus(
        Code.FAILED_PRECONDITION, precondition="POINT_IN_TIME_RECOVERY_ENABLED"
    ),
    "PolicyNotFoundException": _NOT_FOUND,
    "ProvisionedThroughputExceededException": _RATE,
    "ReplicaAlreadyExistsException": _EXISTS,
    "ReplicaNotFoundException": _NOT_FOUND,
    "ReplicatedWriteConflictException": ErrorStatus(Code.ABORTED, retry_delay=1.0),
    "RequestExpired": _CREDENTIALS,
    "RequestLimitExceeded": _RATE,
    "RequestTimeTooSkewed": _CREDENTIALS,
    "ResourceInUseException": _IN_USE,
    "ResourceNotFoundException": _NOT_FOUND,
    "SerializationException": _INVALID,
    "ServiceUnavailable": ErrorStatus(Code.UNAVAILABLE),
    "ServiceUnavailableException": ErrorStatus(Code.UNAVAILABLE),
    "SignatureDoesNotMatch": _CREDENTIALS,
    "TableAlreadyExistsException": _EXISTS,
    "TableInUseException": _IN_USE,
    "TableNotFoundException": _NOT_FOUND,
    "Throttling": _RATE,
    "ThrottlingException": _RATE,
    "TransactionCanceledException": ErrorStatus(Code.ABORTED),
    "TransactionConflictException": ErrorStatus(Code.ABORTED, retry_delay=1.0),
    "TransactionInProgressException": ErrorStatus(Code.ABORTED, retry_delay=1.0),
    "UnknownOperation": ErrorStatus(Code.UNIMPLEMENTED),
    "UnknownOperationException": ErrorStatus(Code.UNIMPLEMENTED),
    "UnrecognizedClientException": _CREDENTIALS,
    "ValidationError": _INVALID,
    "ValidationException": _INVALID,
}

# The statuses of codes that are in no table, by AWS's naming of errors: (end of the code, status). AWS may
# append "Exception", "Error" or "Fault".
STATUS_BY_CODE_PATTERN: tuple[tuple[str, ErrorStatus], ...] = (
    (r"NotFound|DoesNotExist", _NOT_FOUND),
    (r"AlreadyExists", _EXISTS),
    (r"InUse", _IN_USE),
    (r"(Limit|Quota)Exceeded", STATUS_BY_CODE["LimitExceededException"]),
    (r"Throttling|Throttled|TooManyRequests", _RATE),
    (r"AccessDenied|NotAuthorized", ErrorStatus(Code.PERMISSION_DENIED)),
)

# Codes with several meanings: (error code, operation, text of the message, status). The first match counts.
_ANYTHING = ""
STATUS_BY_MESSAGE: tuple[tuple[str, str, str, ErrorStatus], ...] = (
    # Any code whose message repeats the string to sign, with the session token.
    (_ANYTHING, _ANYTHING, r"(?i)canonical string|x-amz-security-token", _CREDENTIALS),
    ("ResourceInUseException", r"CreateTable|RestoreTable\w+|ImportTable", _ANYTHING, _EXISTS),
    (
        "LimitExceededException",
        _ANYTHING,
        r"online index|simultaneous|Attempting to|tag",
        ErrorStatus(Code.FAILED_PRECONDITION, retry_delay=5.0, precondition="NO_JOB_UNDER_WAY"),
    ),
    (
        "LimitExceededException",
        _ANYTHING,
        r"decrease",
        ErrorStatus(Code.RESOURCE_EXHAUSTED, quota="throughput decreases: 4 per UTC day, then 1 per hour"),
    ),
    (
        "LimitExceededException",
        _ANYTHING,
        r"table class",
        ErrorStatus(Code.RESOURCE_EXHAUSTED, quota="table class changes: 2 per 30 days"),
    ),
    (
        "LimitExceededException",
        _ANYTHING,
        r"SSE|encryption",
        ErrorStatus(Code.RESOURCE_EXHAUSTED, quota="encryption changes: 4 per 24 hours"),
    ),
    (
        "ValidationException",
        r"DeleteTable",
        r"protected against deletion|[Dd]eletion [Pp]rotection",
        ErrorStatus(Code.FAILED_PRECONDITION, precondition="DELETION_PROTECTION_DISABLED"),
    ),
    (
        "ValidationException",
        r"UpdateTimeToLive",
        r"modified multiple times",
        ErrorStatus(Code.FAILED_PRECONDITION, retry_delay=1800.0, precondition="TIME_TO_LIVE_SETTLED"),
    ),
    (
        "ValidationException",
        _ANYTHING,
        r"in CREATING state|replica being added|is not ACTIVE",
        ErrorStatus(Code.FAILED_PRECONDITION, retry_delay=5.0, precondition="ACTIVE"),
    ),
    ("ValidationException", r"DeleteBackup|DescribeBackup", r"Backup not found", _NOT_FOUND),
    (
        # Item size has exceeded the maximum allowed size; Item size to update has exceeded ...
        "ValidationException",
        r"PutItem|UpdateItem|TransactWriteItems",
        r"exceeded the maximum allowed size",
        ErrorStatus(Code.INVALID_ARGUMENT, reason=ITEM_TOO_LARGE),
    ),
)

# botocore's exceptions without an answer of AWS: (exception, reason, status, text for the caller). Its own
# texts are not passed on, because they may name hosts, files and settings of this server.
_TIMED_OUT = "the endpoint did not respond in time; a change may have been made"
STATUS_BY_EXCEPTION: tuple[tuple[type[Exception], str, ErrorStatus, str], ...] = (
    (
        boto.ConnectTimeoutError,
        "ENDPOINT_UNREACHABLE",
        ErrorStatus(Code.UNAVAILABLE, retry_delay=1.0),
        "the connection to the endpoint timed out",
    ),
    (boto.ReadTimeoutError, "ENDPOINT_TIMEOUT", ErrorStatus(Code.DEADLINE_EXCEEDED), _TIMED_OUT),
    (
        boto.ConnectionError,
        "ENDPOINT_UNREACHABLE",
        ErrorStatus(Code.UNAVAILABLE, retry_delay=1.0),
        "the endpoint cannot be reached",
    ),
    (
        boto.HTTPClientError,
        "ENDPOINT_UNREACHABLE",
        ErrorStatus(Code.UNAVAILABLE, retry_delay=1.0),
        "the connection to the endpoint was lost",
    ),
    (
        boto.NoCredentialsError,
        "NO_CREDENTIALS",
        _CREDENTIALS,
        "the service has no AWS credentials for this endpoint",
    ),
    (
        boto.CredentialRetrievalError,
        "NO_CREDENTIALS",
        _CREDENTIALS,
        "the AWS credentials of the service cannot be renewed",
    ),
    (
        boto.PartialCredentialsError,
        "NO_CREDENTIALS",
        _CREDENTIALS,
        "the AWS credentials of the service are incomplete",
    ),
    (
        boto.TokenRetrievalError,
        "NO_CREDENTIALS",
        _CREDENTIALS,
        "the AWS credentials of the service cannot be renewed",
    ),
    (
        boto.UnauthorizedSSOTokenError,
        "NO_CREDENTIALS",
        _CREDENTIALS,
        "the AWS sign-in of the service has expired",
    ),
)
_UNREADABLE = ErrorStatus(Code.UNAVAILABLE, retry_delay=1.0)
# The reasons of calls that no DynamoDB has answered.
OUTAGE = frozenset({"ENDPOINT_UNREACHABLE", "ENDPOINT_TIMEOUT", "ENDPOINT_ANSWER_UNREADABLE"})

# The gRPC statuses of HTTP statuses, for errors whose code is in no table.
_STATUS_BY_HTTP_STATUS: Mapping[int, ErrorStatus] = {
    401: _CREDENTIALS,
    403: ErrorStatus(Code.PERMISSION_DENIED),
    408: ErrorStatus(Code.UNAVAILABLE),
    429: _RATE,
    500: ErrorStatus(Code.INTERNAL),
    502: ErrorStatus(Code.UNAVAILABLE),
    503: ErrorStatus(Code.UNAVAILABLE),
    504: ErrorStatus(Code.DEADLINE_EXCEEDED),
}

# The parameters that name the resource of a call, most specific first, and the kind of the resource.
_RESOURCES: tuple[tuple[str, str], ...] = (
    ("IndexName", "Index"),
    ("TargetTableName", "Table"),
    ("TableName", "Table"),
    ("BackupArn", "Backup"),
    ("ExportArn", "Export"),
    ("ImportArn", "Import"),
    ("BulkOperationArn", "BulkOperation"),
    ("GlobalTableName", "GlobalTable"),
    ("ResourceArn", "Table"),
    ("SourceTableName", "Table"),
    ("SourceTableArn", "Table"),
    ("TableArn", "Table"),
)


@dataclass(frozen=True)
class Call:
    """A call to an endpoint. `request` is the message of the contract for it, if there is one."""

    operation: str
    params: Mapping[str, AwsValue]
    request: Message | None
    endpoint: str


class CredentialsRefused(Exception):
    """Replaces an error about credentials in logs, because its text may have the session token."""


def failure_of(error: Exception, call: Call) -> Failure | None:
    """Return the Failure of CALL for ERROR, which botocore raised; None if ERROR is not botocore's."""
    if isinstance(error, boto.ClientError):
        return _answered(error, call) if error.operation_name == call.operation else _no_role(call)
    if isinstance(error, boto.ParamValidationError):
        return _refused_by_botocore(error, call)
    for exception, reason, status, text in STATUS_BY_EXCEPTION:
        if isinstance(error, exception):
            return _failure(call, status, f"{call.operation}: {text}", reason)
    if isinstance(error, boto.BotoCoreError | ResponseParserError):
        text = f"{call.operation}: the response of the endpoint cannot be parsed"
        return _failure(call, _UNREADABLE, text, "ENDPOINT_ANSWER_UNREADABLE")
    return None


def is_outage(error: Exception) -> bool:
    """Whether ERROR, raised by botocore, says that no DynamoDB has answered."""
    if isinstance(error, boto.ClientError):
        answer = _error_answer(error)
        return answer.code.isdigit() and answer.http_status != HTTPStatus.NOT_IMPLEMENTED
    if isinstance(error, ResponseParserError):
        return True
    return any(
        isinstance(error, exception) and reason in OUTAGE for exception, reason, _, _ in STATUS_BY_EXCEPTION
    )


def is_answer(error: Exception, operation: str) -> bool:
    """Whether ERROR, raised by botocore for a call of OPERATION, is an answer of DynamoDB."""
    return isinstance(error, boto.ClientError) and error.operation_name == operation and not is_outage(error)


def cause_of(error: Exception) -> Exception:
    """Return ERROR, raised by botocore, for the log; a replacement if its text may have secrets."""
    if not isinstance(error, boto.ClientError):
        return error
    answer = _error_answer(error)
    status = error_status(answer.code, error.operation_name, answer.message, answer.http_status)
    if status.code != Code.UNAUTHENTICATED:
        return error
    return CredentialsRefused(f"{error.operation_name}: {answer.code}")


def error_status(code: str, operation: str, message: str, http_status: int) -> ErrorStatus:
    """Return the status of AWS's error CODE for OPERATION with MESSAGE."""
    if http_status == HTTPStatus.NOT_IMPLEMENTED:  # engines send it with unrelated codes
        return ErrorStatus(Code.UNIMPLEMENTED)
    for of_code, of_operation, of_message, status in STATUS_BY_MESSAGE:
        if (
            of_code in {_ANYTHING, code}
            and (not of_operation or re.fullmatch(of_operation, operation))
            and re.search(of_message, message)
        ):
            return status
    return STATUS_BY_CODE.get(code) or _by_name(code, http_status) or _by_status(http_status)


def _by_name(code: str, http_status: int) -> ErrorStatus | None:
    """The status of CODE by its name; None for a server error."""
    if http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    matches = (
        status
        for end, status in STATUS_BY_CODE_PATTERN
        if re.search(rf"({end})(Exception|Error|Fault)?$", code)
    )
    return next(matches, None)


def _by_status(http_status: int) -> ErrorStatus:
    refused = http_status < HTTPStatus.INTERNAL_SERVER_ERROR
    fallback = ErrorStatus(Code.FAILED_PRECONDITION if refused else Code.INTERNAL)
    return _STATUS_BY_HTTP_STATUS.get(http_status, fallback)


@cache
def reason_of(code: str) -> str:
    """Return AWS's error CODE as a reason of ErrorInfo: UPPER_SNAKE, at most 63 characters."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", code)
    return re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")[:63] or "UNKNOWN"


@dataclass(frozen=True)
class _ErrorAnswer:
    """The members of an error answer."""

    code: str
    message: str
    http_status: int
    request_id: str


def _error_answer(error: boto.ClientError) -> _ErrorAnswer:
    answer = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode") or 0)
    # A code may begin with a namespace and '#', which botocore does not always remove.
    code = str(answer.get("Code") or status).rpartition("#")[2]
    # A message may have lone surrogates, which protobuf refuses.
    message = str(answer.get("Message") or f"{error.operation_name} failed with {code}")
    message = message.encode(errors="replace").decode()
    return _ErrorAnswer(code, message, status, request_id_text(metadata.get("RequestId") or ""))


def _answered(error: boto.ClientError, call: Call) -> Failure:
    answer = _error_answer(error)
    if answer.code.isdigit():  # the HTTP status, because there is no code: a proxy answered, not DynamoDB
        return _not_dynamodbs(call, answer.http_status)
    status = error_status(answer.code, call.operation, answer.message, answer.http_status)
    refused = f"{call.operation}: the endpoint refuses the service's credentials ({answer.code})"
    return _failure(
        call,
        status,
        refused if status.code == Code.UNAUTHENTICATED else answer.message,
        status.reason or reason_of(answer.code),
        domain=AWS_DOMAIN,
        aws_error_code=answer.code,
        aws_request_id=answer.request_id,
    )


def _not_dynamodbs(call: Call, status: int) -> Failure:
    """The Failure for an answer with HTTP STATUS and without an error code, which is not DynamoDB's."""
    if status == HTTPStatus.NOT_IMPLEMENTED:
        text = f"{call.operation}: the endpoint does not have this operation (HTTP status {status})"
        return _failure(call, ErrorStatus(Code.UNIMPLEMENTED), text, "NOT_SUPPORTED")
    text = f"{call.operation}: the response of the endpoint is not a DynamoDB response (HTTP status {status})"
    return _failure(call, _UNREADABLE, text, "ENDPOINT_ANSWER_UNREADABLE")


def _no_role(call: Call) -> Failure:
    """The Failure for an error of STS, which was called to assume the role. Its text is not passed on."""
    text = f"{call.operation}: the service cannot assume the configured role for this endpoint"
    return _failure(call, _CREDENTIALS, text, "NO_CREDENTIALS")


# The actual and valid Python types in botocore's texts: `, type: <class 'int'>, valid types: <class 'str'>`.
_OF_PYTHON = re.compile(r", type: <class .*")
# The message has at most so many of botocore's problems.
_MAX_PROBLEMS = 50


def _refused_by_botocore(error: boto.ParamValidationError, call: Call) -> Failure:
    """The Failure for parameters that botocore refuses by AWS's service model. AWS would refuse them too."""
    problems = str(error.kwargs.get("report", error)).splitlines()[:_MAX_PROBLEMS]
    message = "; ".join(_OF_PYTHON.sub("", line).strip() for line in problems)
    return _failure(
        call,
        _INVALID,
        message,
        "VALIDATION_EXCEPTION",
        domain=AWS_DOMAIN,
        aws_error_code="ValidationException",
    )


def _failure(
    call: Call,
    status: ErrorStatus,
    message: str,
    reason: str,
    *,
    domain: str = "tableadmin",
    **metadata: str,
) -> Failure:
    metadata = {"operation": call.operation, "endpoint": call.endpoint, **metadata}
    resource = _resource(call.params)
    subject = resource.name if resource else ""
    required = status.precondition
    return Failure(
        status.code,
        message,
        reason=reason,
        domain=domain,
        metadata={key: value for key, value in metadata.items() if value},
        retry_delay=status.retry_delay,
        quota=status.quota,
        resource=resource,
        field_violations=_field_violations(call, status, message),
        precondition_violations=[PreconditionViolation(required, subject, message)] if required else (),
    )


def _field_violations(call: Call, status: ErrorStatus, message: str) -> Sequence[FieldViolation]:
    if status.code != Code.INVALID_ARGUMENT or call.request is None:
        return ()
    return [FieldViolation(*each) for each in violations(message, call.request)]


def _resource(params: Mapping[str, AwsValue]) -> Resource | None:
    """The resource of a call; None if it has no single resource."""
    for parameter, kind in _RESOURCES:
        value = params.get(parameter)
        if isinstance(value, str) and value:
            return Resource(f"dynamodb.amazonaws.com/{kind}", value)
    return None
