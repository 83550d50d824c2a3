"""What the drop-in makes of the service's answers, and of its callers' arguments, without an engine."""

import json
import logging
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import grpc
import pytest
from botocore import exceptions as boto
from botocore.utils import parse_to_aware_datetime
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from tableadmin import TableAdminError, v1
from tableadmin.boto3 import drop_in
from tableadmin.boto3.errors import exceptions
from tests.client.scripted import Step, answer, bare_failure, failure, serving

DESCRIBED = v1.DescribeTableResponse(
    table=v1.TableDescription(
        table_name="Music",
        table_status=v1.TableStatus.TABLE_STATUS_ACTIVE,
        global_secondary_indexes=[v1.GlobalSecondaryIndexDescription(index_name="Genre")],
    )
)


def _asked(step: Step, method: str, **params: object) -> tuple[dict[str, Any], Message]:
    """The answer of METHOD where the service takes STEP, and the request that came in."""
    with serving(step) as service, drop_in.client(service.target) as client:
        found = getattr(client, method)(**params)
    return found, service.seen[0].request


def _refused(code: int, message: str, **info: Any) -> Step:  # noqa: ANN401 - fields of ErrorInfo
    """The service fails with MESSAGE and an ErrorInfo of INFO."""
    packed = Packed()
    packed.Pack(ErrorInfo(**info))
    return failure(Status(code=code, message=message, details=[packed]))


def _aws(code: int, aws_code: str, message: str) -> Step:
    """The service passes on an error of AWS."""
    metadata = {"aws_error_code": aws_code, "aws_request_id": "AWS1", "request_id": "own1"}
    return _refused(code, message, reason="X", domain="dynamodb.amazonaws.com", metadata=metadata)


def _raised(step: Step, method: str = "describe_table", **params: object) -> Exception:
    with pytest.raises((boto.BotoCoreError, boto.ClientError)) as caught:
        _asked(step, method, **params)
    return caught.value


def test_an_answer_has_its_metadata() -> None:
    """The request id is AWS's own; the rest of the metadata is what boto3 code expects to be there."""
    found, _ = _asked(answer(DESCRIBED, (("aws-request-id", "AWS1"),)), "describe_table", TableName="Music")
    assert found == {
        "Table": {
            "TableName": "Music",
            "TableStatus": "ACTIVE",
            "GlobalSecondaryIndexes": [{"IndexName": "Genre"}],
        },
        "ResponseMetadata": {
            "RequestId": "AWS1",
            "HTTPStatusCode": 200,
            "HTTPHeaders": {"x-amzn-requestid": "AWS1"},
            "RetryAttempts": 0,
        },
    }


def test_unknown_members_are_put_back(caplog: pytest.LogCaptureFixture) -> None:
    """What AWS answers and the contract does not know is where boto3 would have it."""
    unknown = [
        {"path": "Table.NewThing", "value": {"Since": 1}},
        {"path": "Table.TableStatus", "value": "DREAMING"},
        {"path": "Table.GlobalSecondaryIndexes[0].Colour", "value": "red"},
    ]
    step = answer(DESCRIBED, (("tableadmin-unknown-bin", json.dumps(unknown).encode()),))
    found, _ = _asked(step, "describe_table", TableName="Music")
    assert found["Table"] == {
        "TableName": "Music",
        "TableStatus": "DREAMING",
        "NewThing": {"Since": 1},
        "GlobalSecondaryIndexes": [{"IndexName": "Genre", "Colour": "red"}],
    }
    assert not caplog.records


@pytest.mark.parametrize(
    ("trailer", "named"),
    [
        (b'[{"path": "Table.NewThing"}, {"path": "..."}]', "Table.NewThing, ..."),
        (b'[{"path": "Nowhere.At[7].All", "value": 1}]', "Nowhere.At[7].All"),
        (b"garbage", "b'garbage'"),
    ],
)
def test_what_cannot_be_put_back_is_logged(
    trailer: bytes, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A member whose value did not fit the trailers, or has no place, is a warning."""
    with caplog.at_level(logging.WARNING):
        _asked(answer(DESCRIBED, (("tableadmin-unknown-bin", trailer),)), "describe_table")
    expected = [f"DescribeTable: AWS answered what this version does not know: {named}"]
    assert expected == [record.getMessage() for record in caplog.records]


def test_an_error_of_aws_is_a_class_to_catch(nowhere: drop_in.Client) -> None:
    """An error of DynamoDB's model is the class of its name, a ClientError, with boto3's response."""
    step = _aws(Code.NOT_FOUND, "ResourceNotFoundException", "no such table")
    error = _raised(step, TableName="Music")
    assert [type(error)] == [nowhere.exceptions.ResourceNotFoundException]
    assert isinstance(error, boto.ClientError)
    assert str(error) == (
        "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation: "
        "no such table"
    )
    assert error.operation_name == "DescribeTable"
    assert error.response == {
        "Error": {"Code": "ResourceNotFoundException", "Message": "no such table"},
        "ResponseMetadata": {
            "RequestId": "AWS1",
            "HTTPStatusCode": 400,
            "HTTPHeaders": {"x-amzn-requestid": "AWS1"},
            "RetryAttempts": 0,
        },
        "message": "no such table",
    }
    assert isinstance(error.__cause__, TableAdminError)
    assert type(pickle.loads(pickle.dumps(error))) is boto.ClientError


def test_an_error_beside_the_model_is_a_client_error() -> None:
    """A code that DynamoDB's model does not have is a plain ClientError."""
    error = _raised(_aws(Code.INVALID_ARGUMENT, "ValidationException", "too short"))
    assert type(error) is boto.ClientError
    assert error.response["Error"] == {"Code": "ValidationException", "Message": "too short"}
    assert "message" not in error.response


@pytest.mark.parametrize(
    ("code", "status"), [("InternalServerError", 500), ("ServiceUnavailable", 503), ("Other", 400)]
)
def test_errors_have_a_status(code: str, status: int) -> None:
    """HTTPStatusCode is the one AWS sends with such an error."""
    error = _raised(_aws(Code.INTERNAL, code, "broken"))
    assert isinstance(error, boto.ClientError)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_silent_error_stays_silent() -> None:
    """Where AWS sends a code without a message, boto3's is empty."""
    said = "CreateTable failed with ResourceInUseException"
    error = _raised(_aws(Code.FAILED_PRECONDITION, "ResourceInUseException", said), "create_table")
    assert isinstance(error, boto.ClientError)
    assert error.response["Error"]["Message"] == ""


def test_parameters_that_the_service_refuses() -> None:
    """What the service's botocore refuses is the ParamValidationError that one's own raises."""
    message = (
        'Missing required parameter in input: "TableName"; '
        "Invalid length for parameter KeySchema, value: 0, valid min length: 1"
    )
    info = {"reason": "VALIDATION_EXCEPTION", "metadata": {"aws_error_code": "ValidationException"}}
    error = _raised(_refused(Code.INVALID_ARGUMENT, message, **info))
    assert isinstance(error, boto.ParamValidationError)
    assert str(error) == f"Parameter validation failed:\n{message.replace('; ', chr(10))}"


@pytest.mark.parametrize(
    ("step", "expected", "text"),
    [
        (
            bare_failure(grpc.StatusCode.UNAVAILABLE, "down"),
            boto.EndpointConnectionError,
            'Could not connect to the endpoint URL: "127',
        ),
        (
            _refused(Code.UNAVAILABLE, "down", reason="ENDPOINT_UNREACHABLE", domain="tableadmin"),
            boto.ConnectionError,
            "Could not connect",
        ),
        (
            bare_failure(grpc.StatusCode.DEADLINE_EXCEEDED, "late"),
            boto.ReadTimeoutError,
            "Read timeout on endpoint URL",
        ),
        (
            bare_failure(grpc.StatusCode.CANCELLED, "closed"),
            boto.EndpointConnectionError,
            'Could not connect to the endpoint URL: "127',
        ),
        (
            _refused(Code.UNAUTHENTICATED, "none", reason="NO_CREDENTIALS", domain="tableadmin"),
            boto.NoCredentialsError,
            "Unable to locate credentials",
        ),
        (
            _refused(Code.RESOURCE_EXHAUSTED, "busy", reason="ENDPOINT_OVERLOADED", domain="tableadmin"),
            exceptions().ThrottlingException,
            "busy (ENDPOINT_OVERLOADED)",
        ),
        (
            _refused(Code.PERMISSION_DENIED, "not yours", reason="FORBIDDEN", domain="tableadmin"),
            boto.ClientError,
            "An error occurred (AccessDeniedException) when calling the CreateTable operation: not yours",
        ),
        (
            _refused(Code.ABORTED, "moved on", reason="MOVED_ON", domain="tableadmin"),
            boto.ClientError,
            "An error occurred (MOVED_ON)",
        ),
        (bare_failure(grpc.StatusCode.ABORTED, "proxy"), boto.ClientError, "An error occurred (ABORTED)"),
    ],
)
def test_errors_without_an_answer_of_aws(step: Step, expected: type[Exception], text: str) -> None:
    """What goes wrong before AWS answers is what boto3 code catches in such a case."""
    error = _raised(step, "create_table")
    assert isinstance(error, expected)
    assert text in str(error)


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is 5:30 hours ahead of UTC."""
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_india")
@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 1, 1, 21, 34, 5),  # noqa: DTZ001 - the point
        "2026-01-01T21:34:05",
        "1767303245",
        "2026-01-01T21:34:05Z",
        1767303245,
        datetime(2026, 1, 1, 21, 34, 5, tzinfo=UTC),
        datetime(2026, 1, 1, 23, 34, 5, tzinfo=timezone(timedelta(hours=2))),
    ],
    ids=str,
)
def test_times_are_read_as_boto3_reads_them(given: Any) -> None:  # noqa: ANN401 - all that boto3 takes
    """A time without zone is UTC and not local, a number is in seconds, text is either."""
    _, request = _asked(answer(v1.ListBackupsResponse()), "list_backups", TimeRangeLowerBound=given)
    assert isinstance(request, v1.ListBackupsRequest)
    found = request.time_range_lower_bound.ToDatetime(UTC)
    assert found == datetime(2026, 1, 1, 21, 34, 5, tzinfo=UTC) == parse_to_aware_datetime(given)


def test_values_are_read_as_boto3_reads_them() -> None:
    """A Decimal is a number, text is UTF-8 bytes, tuples are lists."""
    update = {
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": Decimal("70.5")},
    }
    _, request = _asked(
        answer(v1.UpdateTableReplicaAutoScalingResponse()),
        "update_table_replica_auto_scaling",
        TableName="Music",
        ProvisionedWriteCapacityAutoScalingUpdate={"ScalingPolicyUpdate": update},
        GlobalSecondaryIndexUpdates=({"IndexName": "Genre"},),
    )
    assert isinstance(request, v1.UpdateTableReplicaAutoScalingRequest)
    policy = request.provisioned_write_capacity_auto_scaling_update.scaling_policy_update
    assert policy.target_tracking_scaling_policy_configuration.target_value == 70.5
    assert [each.index_name for each in request.global_secondary_index_updates] == ["Genre"]
    values = {":cover": {"B": "\N{SNOWMAN}"}, ":all": {"BS": [b"\0", bytearray(b"\1")]}}
    _, request = _asked(
        answer(v1.ExportTableToPointInTimeResponse()),
        "export_table_to_point_in_time",
        TableArn="arn",
        S3Bucket="bucket",
        FilterSpecification={"ExpressionAttributeValues": values},
    )
    assert isinstance(request, v1.ExportTableToPointInTimeRequest)
    found = request.filter_specification.expression_attribute_values
    assert (found[":cover"].b, list(found[":all"].bs)) == ("\N{SNOWMAN}".encode(), [b"\0", b"\1"])


@pytest.mark.parametrize(
    ("params", "report"),
    [
        (
            {"TableName": "Music", "Limit": "7"},
            'Unknown parameter in input: "Limit", must be one of: TableName',
        ),
        (
            {"TableName": 3},
            "Invalid type for parameter TableName, value: 3, type: <class 'int'>, valid types: ",
        ),
    ],
)
def test_parameters_that_never_leave(params: dict[str, object], report: str, nowhere: drop_in.Client) -> None:
    """What is unknown or of the wrong type is refused without a call, in botocore's words."""
    with pytest.raises(boto.ParamValidationError) as caught:
        nowhere.describe_table(**params)
    assert str(caught.value).startswith(f"Parameter validation failed:\n{report}")


def test_values_that_an_enum_lacks(nowhere: drop_in.Client) -> None:
    """The contract has no room for such values, so the client refuses them, all at once and as AWS does."""
    with pytest.raises(boto.ClientError) as caught:
        nowhere.update_table(TableName="Music", BillingMode="FREE", TableClass="UNSPECIFIED")
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": (
            "2 validation errors detected: Value 'FREE' at 'billingMode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]; "
            "Value 'UNSPECIFIED' at 'tableClass' failed to satisfy constraint: "
            "Member must satisfy enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]"
        ),
    }


def test_numbers_are_no_values_of_an_enum(nowhere: drop_in.Client) -> None:
    """The contract's numbers mean nothing to boto3 code."""
    with pytest.raises(boto.ParamValidationError, match="Invalid type for parameter BillingMode, value: 1"):
        nowhere.update_table(TableName="Music", BillingMode=1)


def test_methods_take_keywords_only(nowhere: drop_in.Client) -> None:
    """A positional argument is boto3's TypeError."""
    with pytest.raises(TypeError, match=r"describe_table\(\) only accepts keyword arguments\."):
        nowhere.describe_table("Music")


def test_items_are_none_of_its_business(nowhere: drop_in.Client) -> None:
    """A method of the data plane says what this client is for, and any other name is no attribute."""
    with pytest.raises(AttributeError, match=r"put_item works on items.*administers tables only"):
        getattr(nowhere, "put_item")  # noqa: B009 - mypy knows that there is none
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'generate_presigned_url'"):
        getattr(nowhere, "generate_presigned_url")  # noqa: B009 - the same


def test_only_known_errors_can_be_caught(nowhere: drop_in.Client) -> None:
    """A misspelt class is an AttributeError that names those there are; an unknown code is a ClientError."""
    with pytest.raises(AttributeError, match=r"no attribute NoSuch\. Valid exceptions are: BackupInUse"):
        _ = nowhere.exceptions.NoSuch
    assert nowhere.exceptions.from_code("NoSuch").__module__ == "botocore.exceptions"
    assert nowhere.exceptions.ClientError.__module__ == "botocore.exceptions"
    assert nowhere.exceptions.from_code("LimitExceededException").__name__ == "LimitExceededException"


def test_meta_says_where_it_calls(nowhere: drop_in.Client) -> None:
    """`client.meta` has the address; which region it is, only the service knows."""
    assert (nowhere.meta.endpoint_url, nowhere.meta.region_name) == ("127.0.0.1:1", None)


def test_options_are_those_of_the_client() -> None:
    """Endpoint, metadata and deadline go with each call, as with tableadmin.Client."""
    with serving(answer(DESCRIBED)) as service:
        options: Any = {"endpoint": "staging", "metadata": (("a", "b"),), "timeout": 300}
        with drop_in.client(service.target, **options) as client:
            client.describe_table(TableName="Music")
    (seen,) = service.seen
    assert (seen.metadata["tableadmin-endpoint"], seen.metadata["a"]) == ("staging", "b")
    assert seen.remaining == pytest.approx(300, rel=0.2)


def test_a_channel_that_is_given_stays_open() -> None:
    """Closing the client closes the channel that it opened, not one that it was given."""
    with serving(answer(DESCRIBED)) as service, grpc.insecure_channel(service.target) as channel:
        for _ in range(2):
            client = drop_in.client(channel=channel)
            assert client.describe_table(TableName="Music")["Table"]["TableName"] == "Music"
            client.close()
