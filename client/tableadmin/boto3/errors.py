"""Convert errors of Table Admin to the errors that boto3 raises."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from tableadmin.boto3.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from tableadmin.errors import (
    Cancelled,
    ClientClosed,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    PermissionDenied,
    ResourceExhausted,
    TableAdminError,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)

# The errors of DynamoDB's service model, including those of the data plane, which existing code may name.
MODELED = (
    "BackupInUseException",
    "BackupNotFoundException",
    "ConditionalCheckFailedException",
    "ContinuousBackupsUnavailableException",
    "DuplicateItemException",
    "ExportConflictException",
    "ExportNotFoundException",
    "GlobalTableAlreadyExistsException",
    "GlobalTableNotFoundException",
    "IdempotentParameterMismatchException",
    "ImportConflictException",
    "ImportNotFoundException",
    "IndexNotFoundException",
    "InternalServerError",
    "InvalidExportTimeException",
    "InvalidRestoreTimeException",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "PointInTimeRecoveryUnavailableException",
    "PolicyNotFoundException",
    "ProvisionedThroughputExceededException",
    "ReplicaAlreadyExistsException",
    "ReplicaNotFoundException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "TableAlreadyExistsException",
    "TableInUseException",
    "TableNotFoundException",
    "ThrottlingException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
)

# The errors that boto3 raises if the connection or the credentials fail before a response of AWS.
_UNANSWERED: Mapping[type[TableAdminError], Callable[..., Exception]] = {
    Cancelled: ConnectionClosedError,
    ClientClosed: ConnectionClosedError,
    DeadlineExceeded: ReadTimeoutError,
    Unavailable: EndpointConnectionError,
}
_NO_CREDENTIALS = "NO_CREDENTIALS"

# The AWS error codes for refusals of Table Admin itself.
_OWN: Mapping[type[TableAdminError], str] = {
    FailedPrecondition: "ResourceInUseException",
    Internal: "InternalServerError",
    InvalidArgument: "ValidationException",
    PermissionDenied: "AccessDeniedException",
    ResourceExhausted: "ThrottlingException",
    Unauthenticated: "UnrecognizedClientException",
    Unimplemented: "UnknownOperationException",
}

_HTTP_STATUS: Mapping[str, int] = {
    "InternalFailure": 500,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
}

# The beginnings of botocore's validation messages. The service joins these messages in one line.
_PROBLEM = r"(?:Missing required parameter in |Unknown parameter in |Invalid \w+ for parameter )"


class Exceptions:
    """The `exceptions` of a client: a class for each error in DynamoDB's model, and ClientError."""

    def __init__(self) -> None:
        self.ClientError = ClientError
        self._classes = {code: type(code, (ClientError,), {}) for code in MODELED}
        # The classes are attributes, so that `dir` and completion show them.
        vars(self).update(self._classes)

    def from_code(self, error_code: str) -> type[ClientError]:
        """Return the class of ERROR_CODE, ClientError if there is none."""
        return self._classes.get(error_code, ClientError)

    def __getattr__(self, name: str) -> type[ClientError]:
        valid = ", ".join(MODELED)
        raise AttributeError(f"{type(self).__name__} has no attribute {name}. Valid exceptions are: {valid}")


@cache
def exceptions() -> Exceptions:
    """Return the error classes. All clients share them."""
    return Exceptions()


def boto3_error(error: TableAdminError, operation: str, target: str) -> Exception:
    """Return the boto3 error for ERROR of OPERATION at TARGET."""
    if _refused_by_botocore(error):
        return ParamValidationError(report=re.sub(f"; (?={_PROBLEM})", "\n", error.message))
    if error.aws_code:
        # The service's message if AWS sent a code without a message.
        silent = error.message == f"{operation} failed with {error.aws_code}"
        message = "" if silent else error.message
        return client_error(error.aws_code, message, operation, error.aws_request_id)
    if error.reason == _NO_CREDENTIALS:
        return NoCredentialsError()
    if type(error) in _UNANSWERED:
        return _UNANSWERED[type(error)](endpoint_url=target, error=error)
    code = _OWN.get(type(error)) or error.reason or error.code.name
    return client_error(code, str(error), operation, error.request_id)


def client_error(code: str, message: str, operation: str, request_id: str = "") -> ClientError:
    """Return the ClientError for an AWS error response with CODE and MESSAGE."""
    response: dict[str, Any] = {
        "Error": {"Message": message, "Code": code},
        "ResponseMetadata": response_metadata(request_id, _HTTP_STATUS.get(code, 400)),
    }
    if code in MODELED:
        response["message"] = message
    return exceptions().from_code(code)(response, operation)


def response_metadata(request_id: str, status: int = 200) -> dict[str, Any]:
    """Return ResponseMetadata. Of AWS's headers, Table Admin returns only the request id."""
    headers = {"x-amzn-requestid": request_id} if request_id else {}
    return {"RequestId": request_id, "HTTPStatusCode": status, "HTTPHeaders": headers, "RetryAttempts": 0}


def _refused_by_botocore(error: TableAdminError) -> bool:
    """Whether the service's botocore refused the parameters before a call to AWS."""
    return (
        error.aws_code == "ValidationException"
        and not error.aws_request_id
        and re.match(_PROBLEM, error.message) is not None
    )
