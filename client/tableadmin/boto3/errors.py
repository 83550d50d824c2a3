"""What boto3 raises where a call of Table Admin ends in an error."""

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

# The errors of DynamoDB's service model. Those of the data plane are there for code that names them.
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

# What boto3 raises where the connection or the credentials fail, before AWS answers.
_UNANSWERED: Mapping[type[TableAdminError], Callable[..., Exception]] = {
    Cancelled: ConnectionClosedError,
    ClientClosed: ConnectionClosedError,
    DeadlineExceeded: ReadTimeoutError,
    Unavailable: EndpointConnectionError,
}
_NO_CREDENTIALS = "NO_CREDENTIALS"

# What AWS would answer where Table Admin itself refuses.
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

# The words of botocore's validation, which the service runs too: its problems come joined in one line.
_PROBLEM = r"(?:Missing required parameter in |Unknown parameter in |Invalid \w+ for parameter )"


class Exceptions:
    """The `exceptions` of a client: a class for each error of DynamoDB's model, and ClientError."""

    def __init__(self) -> None:
        self.ClientError = ClientError
        self._classes = {code: type(code, (ClientError,), {}) for code in MODELED}
        # Attributes, so that `dir` and completion show them.
        vars(self).update(self._classes)

    def from_code(self, error_code: str) -> type[ClientError]:
        """The class of an error code; ClientError for one that has none."""
        return self._classes.get(error_code, ClientError)

    def __getattr__(self, name: str) -> type[ClientError]:
        valid = ", ".join(MODELED)
        raise AttributeError(f"{type(self).__name__} has no attribute {name}. Valid exceptions are: {valid}")


@cache
def exceptions() -> Exceptions:
    """The classes, the same for all clients."""
    return Exceptions()


def translated(error: TableAdminError, operation: str, target: str) -> Exception:
    """What boto3 raises for ERROR of OPERATION, called at TARGET."""
    if _refused_by_botocore(error):
        return ParamValidationError(report=re.sub(f"; (?={_PROBLEM})", "\n", error.message))
    if error.aws_code:
        # Where AWS says no more than the code, the service says this instead.
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
    """The error that stands for an answer of AWS with CODE and MESSAGE."""
    response: dict[str, Any] = {
        "Error": {"Message": message, "Code": code},
        "ResponseMetadata": response_metadata(request_id, _HTTP_STATUS.get(code, 400)),
    }
    if code in MODELED:
        response["message"] = message
    return exceptions().from_code(code)(response, operation)


def response_metadata(request_id: str, status: int = 200) -> dict[str, Any]:
    """The ResponseMetadata of an answer: of AWS's headers Table Admin passes on the request id alone."""
    headers = {"x-amzn-requestid": request_id} if request_id else {}
    return {"RequestId": request_id, "HTTPStatusCode": status, "HTTPHeaders": headers, "RetryAttempts": 0}


def _refused_by_botocore(error: TableAdminError) -> bool:
    """Whether the service's botocore refused the parameters: in AWS's name, but AWS never saw them."""
    return (
        error.aws_code == "ValidationException"
        and not error.aws_request_id
        and re.match(_PROBLEM, error.message) is not None
    )
