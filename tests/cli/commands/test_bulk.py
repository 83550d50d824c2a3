"""Bulk operations, which no engine has: what is asked of the service, and what is shown."""

import json

from tableadmin.awsshape import AwsDict
from tests.cli.answered import Answered

ARN = "arn:aws:dynamodb:us-east-1:123456789012:bulk-operation/0149"
DESCRIBED: AwsDict = {
    "BulkOperationDescription": {
        "BulkOperationArn": ARN,
        "BulkOperationStatus": "IN_PROGRESS",
        "TableDetails": [{"TableName": "Music"}],
        "ProcessedItemCount": 10,
        "ProcessedInputBytes": 2048,
        "InputS3Configuration": {"S3Bucket": "incoming", "InputFormat": "DYNAMODB_JSON"},
    }
}
SHOWN = [
    f"Operation    {ARN}",
    "Status       IN_PROGRESS",
    "Items        10",
    "Read         2.0 KiB",
    "From bucket  incoming",
    "Format       DYNAMODB_JSON",
    "",
    "TABLE",
    "Music",
]


def test_what_need_not_be_said(answered: Answered) -> None:
    """Table and places are enough; the format is DynamoDB's JSON, and errors are reported."""
    ran = answered(
        *("bulk", "start", "Music", "s3://incoming/music/", "s3://reports"),
        answers=[("StartBulkPutItems", DESCRIBED)],
    )
    assert (0, SHOWN, "") == (ran.code, ran.out.splitlines(), ran.err)
    assert [
        (
            "StartBulkPutItems",
            {
                "TableName": "Music",
                "InputS3Configuration": {
                    "S3Bucket": "incoming",
                    "S3KeyPrefix": "music/",
                    "InputFormat": "DYNAMODB_JSON",
                },
                "OutputS3Configuration": {"S3Bucket": "reports", "OutputType": ["ERROR"]},
            },
        )
    ] == ran.asked


def test_all_that_can_be_said(answered: Answered) -> None:
    """Every option reaches the request, over what the file says."""
    ran = answered(
        *("bulk", "start", "Music", "s3://incoming", "s3://reports/r", "--format", "ION"),
        *("--compression", "GZIP", "--bucket-owner", "1", "--report", "ALL", "--report-owner", "2"),
        *("--sse", "alias/k", "--max-write", "2048", "--tier", "ACCELERATED", "--client-token", "once"),
        *("--cli-input-json", json.dumps({"TableName": "Other", "InputS3Configuration": {"S3Bucket": "b"}})),
        answers=[("StartBulkPutItems", DESCRIBED)],
    )
    assert "" == ran.err
    assert [
        (
            "StartBulkPutItems",
            {
                "TableName": "Music",
                "ClientToken": "once",
                "MaxWriteRequestUnits": 2048,
                "PerformanceTier": "ACCELERATED",
                "InputS3Configuration": {
                    "S3Bucket": "incoming",
                    "S3BucketOwner": "1",
                    "InputFormat": "ION",
                    "InputCompressionType": "GZIP",
                },
                "OutputS3Configuration": {
                    "S3Bucket": "reports",
                    "S3BucketOwner": "2",
                    "S3KeyPrefix": "r",
                    "S3SseAlgorithm": "KMS",
                    "S3SseKmsKeyId": "alias/k",
                    "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"],
                },
            },
        )
    ] == ran.asked


def test_describe(answered: Answered) -> None:
    """An operation is described by its ARN; JSON is the response as AWS shapes it."""
    ran = answered("bulk", "describe", ARN, answers=[("DescribeBulkOperation", DESCRIBED)])
    assert SHOWN == ran.out.splitlines()
    assert [("DescribeBulkOperation", {"BulkOperationArn": ARN})] == ran.asked
    as_json = answered("bulk", "describe", ARN, "-o", "json", answers=[("DescribeBulkOperation", DESCRIBED)])
    assert DESCRIBED == json.loads(as_json.out)


def test_cancel(answered: Answered) -> None:
    """An operation is cancelled, after it was confirmed."""
    cancelling: AwsDict = {"BulkOperationArn": ARN, "BulkOperationStatus": "CANCELLING"}
    refused = answered("bulk", "cancel", ARN, answers=[("CancelBulkOperation", cancelling)])
    assert (64, []) == (refused.code, refused.asked)
    assert "bulk operation 0149" in refused.err
    ran = answered("bulk", "cancel", ARN, "--yes", answers=[("CancelBulkOperation", cancelling)])
    assert [f"Operation  {ARN}", "Status     CANCELLING"] == ran.out.splitlines()
    assert [("CancelBulkOperation", {"BulkOperationArn": ARN})] == ran.asked


def _page(first: int, count: int, token: str = "") -> AwsDict:
    operations: list[AwsDict] = [{"BulkOperationArn": f"{ARN}{first + each}"} for each in range(count)]
    return {"BulkOperationsSummaryList": operations, **({"NextToken": token} if token else {})}


def test_all_pages(answered: Answered) -> None:
    """A list is of all pages, an empty one among them."""
    pages = [_page(0, 2, "a"), _page(2, 0, "b"), _page(2, 1)]
    ran = answered("bulk", "list", answers=[("ListBulkOperations", page) for page in pages])
    assert ["OPERATION", *(f"{ARN}{each}" for each in range(3))] == ran.out.splitlines()
    assert [{}, {"NextToken": "a"}, {"NextToken": "b"}] == [members for _, members in ran.asked]


def test_no_more_than_asked_for(answered: Answered) -> None:
    """--max-items asks for no more than that, and the answer has the token of what would follow."""
    pages = [_page(0, 25, "a"), _page(25, 5, "b")]
    ran = answered(
        *("bulk", "list", "--max-items", "30", "-o", "json"),
        answers=[("ListBulkOperations", page) for page in pages],
    )
    assert [{"MaxResults": 25}, {"MaxResults": 5, "NextToken": "a"}] == [each for _, each in ran.asked]
    listed = json.loads(ran.out)
    assert (30, "b") == (len(listed["BulkOperationsSummaryList"]), listed["NextToken"])


def test_a_service_that_gives_more_than_asked_for(answered: Answered) -> None:
    """--max-items holds even where a page is longer."""
    ran = answered("bulk", "list", "--max-items", "1", answers=[("ListBulkOperations", _page(0, 9))])
    assert ["OPERATION", f"{ARN}0"] == ran.out.splitlines()


def test_none(answered: Answered) -> None:
    """Where there is none, standard output is empty and standard error says so."""
    ran = answered("bulk", "list", answers=[("ListBulkOperations", _page(0, 0))])
    assert (0, "", "no bulk operations\n") == (ran.code, ran.out, ran.err)
