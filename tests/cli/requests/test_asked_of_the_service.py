"""What the options of backups, restores, imports and exports ask for, where engines do not look at it."""

import json
from datetime import UTC, datetime

import pytest

from tableadmin.awsshape import AwsDict
from tests.cli.answered import Answered

TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Music"
BACKUP_ARN = f"{TABLE_ARN}/backup/01489602797149-73d8d5bc"
JANUARY, NOON = datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
RESTORING: AwsDict = {"TableDescription": {"TableName": "New", "TableStatus": "CREATING"}}


def test_backups_by_time_and_type(answered: Answered) -> None:
    """Moments are in UTC unless they say otherwise."""
    ran = answered(
        *("backup", "list", "Music", "--type", "ALL", "--max-items", "3"),
        *("--since", "2026-01-31", "--until", "2026-01-31T13:30:00+01:00"),
        answers=[("ListBackups", {"BackupSummaries": []})],
    )
    assert (0, "", "no backups\n") == (ran.code, ran.out, ran.err)
    request: AwsDict = {
        "TableName": "Music",
        "Limit": 3,
        "TimeRangeLowerBound": JANUARY,
        "TimeRangeUpperBound": NOON,
        "BackupType": "ALL",
    }
    assert [("ListBackups", request)] == ran.asked


OVERRIDES = ["--provisioned", "--read", "5", "--write", "6", "--sse", "kms"]
OVERRIDDEN: AwsDict = {
    "BillingModeOverride": "PROVISIONED",
    "ProvisionedThroughputOverride": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    "SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS"},
}


@pytest.mark.parametrize(
    ("arguments", "rpc", "members"),
    [
        (
            ["from-backup", BACKUP_ARN, "New", *OVERRIDES],
            "RestoreTableFromBackup",
            {"BackupArn": BACKUP_ARN, **OVERRIDDEN},
        ),
        (
            ["from-backup", BACKUP_ARN, "New", "--cli-input-json", '{"LocalSecondaryIndexOverride": []}'],
            "RestoreTableFromBackup",
            {"BackupArn": BACKUP_ARN, "LocalSecondaryIndexOverride": []},
        ),
        (
            ["to-point-in-time", "Music", "New", "--time", "2026-01-31T12:30:00Z", *OVERRIDES],
            "RestoreTableToPointInTime",
            {"SourceTableName": "Music", "RestoreDateTime": NOON, **OVERRIDDEN},
        ),
        (
            ["to-point-in-time", TABLE_ARN, "New", "--latest"],
            "RestoreTableToPointInTime",
            {"SourceTableArn": TABLE_ARN, "UseLatestRestorableTime": True},
        ),
        (
            [
                *("to-point-in-time", "Music", "New", "--cli-input-json"),
                '{"RestoreDateTime": "2026-01-31T12:30:00Z"}',
            ],
            "RestoreTableToPointInTime",
            {"SourceTableName": "Music", "RestoreDateTime": NOON},
        ),
    ],
    ids=["from backup", "with a file", "at a moment", "the latest", "at the moment of a file"],
)
def test_restores(answered: Answered, arguments: list[str], rpc: str, members: AwsDict) -> None:
    """What the options say takes the place of what the old table had."""
    ran = answered("restore", *arguments, answers=[(rpc, RESTORING)])
    assert (0, "table New CREATING\n", "") == (ran.code, ran.out, ran.err)
    assert [(rpc, {"TargetTableName": "New", **members})] == ran.asked


EXPORTING: AwsDict = {"ExportDescription": {"ExportArn": "arn:x", "ExportStatus": "IN_PROGRESS"}}


@pytest.mark.parametrize(
    ("arguments", "members"),
    [
        (["--time", "2026-01-31", "--sse", "AES256"], {"ExportTime": JANUARY, "S3SseAlgorithm": "AES256"}),
        (["--sse", "kms", "--bucket-owner", "1"], {"S3SseAlgorithm": "KMS", "S3BucketOwner": "1"}),
        (
            [
                *("--from", "2026-01-31", "--to", "2026-01-31T12:30", "--view", "NEW_IMAGE"),
                *("--client-token", "once", "--cli-input-json", '{"S3Prefix": "p"}'),
            ],
            {
                "ClientToken": "once",
                "S3Prefix": "p",
                "ExportType": "INCREMENTAL_EXPORT",
                "IncrementalExportSpecification": {
                    "ExportFromTime": JANUARY,
                    "ExportToTime": NOON,
                    "ExportViewType": "NEW_IMAGE",
                },
            },
        ),
    ],
    ids=["as it was", "encrypted for another", "what has changed"],
)
def test_exports(answered: Answered, arguments: list[str], members: AwsDict) -> None:
    """An export is of a whole table, or with a beginning or an end of what has changed."""
    ran = answered(
        *("export-s3", "start", TABLE_ARN, "s3://archive", *arguments),
        answers=[("ExportTableToPointInTime", EXPORTING)],
    )
    assert (0, ["Export  arn:x", "Status  IN_PROGRESS"], "") == (ran.code, ran.out.splitlines(), ran.err)
    request = {"TableArn": TABLE_ARN, "S3Bucket": "archive", **members}
    assert [("ExportTableToPointInTime", request)] == ran.asked


def test_an_import_with_a_file(answered: Answered) -> None:
    """The options of an import override the file's, those of the table within the table's."""
    file = {
        "InputFormat": "ION",
        "InputCompressionType": "GZIP",
        "S3BucketSource": {"S3BucketOwner": "1"},
        "TableCreationParameters": {
            "TableName": "Other",
            "AttributeDefinitions": [{"AttributeName": "A", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        },
    }
    ran = answered(
        *("import", "start", "New", "s3://archive/a", "--on-demand", "--gsi", "name=I,hash=B:N"),
        *("--cli-input-json", json.dumps(file)),
        answers=[("ImportTable", {"ImportTableDescription": {"ImportArn": "arn:x"}})],
    )
    assert (0, "Import  arn:x\n", "") == (ran.code, ran.out, ran.err)
    ((rpc, request),) = ran.asked
    assert "ImportTable" == rpc
    assert {
        "InputFormat": "ION",
        "InputCompressionType": "GZIP",
        "S3BucketSource": {"S3BucketOwner": "1", "S3Bucket": "archive", "S3KeyPrefix": "a"},
        "TableCreationParameters": {
            "TableName": "New",
            "AttributeDefinitions": [
                {"AttributeName": "A", "AttributeType": "S"},
                {"AttributeName": "B", "AttributeType": "N"},
            ],
            "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "I",
                    "KeySchema": [{"AttributeName": "B", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        },
    } == request


def test_what_goes_wrong_is_one_line(answered: Answered) -> None:
    """A member that the file should not have ends with its name, and nothing is asked."""
    ran = answered(
        *("import", "start", "New", "s3://archive", "--cli-input-json", '{"InputFormt": "ION"}'),
        answers=[("ImportTable", {})],
    )
    assert (64, "", []) == (ran.code, ran.out, ran.asked)
    assert "InputFormt: unknown member of ImportTableRequest, did you mean 'InputFormat'?" in ran.err
