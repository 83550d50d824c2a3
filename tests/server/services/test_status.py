"""The google.rpc.Status that the typed fields of a failure become."""

from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    QuotaFailure,
    ResourceInfo,
    RetryInfo,
)

from tableadmin.v1 import WaitResponse
from tableadmin_server.failure import Failure, FieldViolation, PreconditionViolation, Resource
from tableadmin_server.interceptors.status import status_of


def details(failure: Failure) -> list[Message]:
    """The details of the status of FAILURE, in order."""
    types: tuple[type[Message], ...] = (
        ErrorInfo,
        BadRequest,
        ResourceInfo,
        PreconditionFailure,
        QuotaFailure,
        RetryInfo,
        WaitResponse,
    )
    unpacked = []
    for packed in status_of(failure, request_id="1").details:
        (detail,) = [each for each in (type_() for type_ in types) if packed.Unpack(each)]
        unpacked.append(detail)
    return unpacked


def test_each_field_is_a_detail() -> None:
    """Each field of a failure becomes its detail of google.rpc; the last response of a wait is one too."""
    failure = Failure(
        Code.FAILED_PRECONDITION,
        "no",
        reason="NO",
        metadata={"table": "Music"},
        retry_delay=1.5,
        quota="4 a day",
        resource=Resource("dynamodb.amazonaws.com/Table", "Music"),
        field_violations=[FieldViolation("table_name", "is wrong")],
        precondition_violations=[PreconditionViolation("ACTIVE", "Music", "is CREATING")],
        last_response=WaitResponse(pending=["table: CREATING"]),
    )
    retry = RetryInfo()
    retry.retry_delay.FromMilliseconds(1500)
    expected = [
        ErrorInfo(reason="NO", domain="tableadmin", metadata={"table": "Music", "request_id": "1"}),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="table_name", description="is wrong")]),
        ResourceInfo(resource_type="dynamodb.amazonaws.com/Table", resource_name="Music"),
        PreconditionFailure(
            violations=[
                PreconditionFailure.Violation(type="ACTIVE", subject="Music", description="is CREATING")
            ]
        ),
        QuotaFailure(violations=[QuotaFailure.Violation(subject="Music", description="4 a day")]),
        retry,
        WaitResponse(pending=["table: CREATING"]),
    ]
    assert expected == details(failure)


def test_no_field_no_detail() -> None:
    """A failure without further fields has an ErrorInfo alone."""
    info = ErrorInfo(reason="NO", domain="tableadmin", metadata={"request_id": "1"})
    assert [info] == details(Failure(Code.ABORTED, "no", reason="NO"))
