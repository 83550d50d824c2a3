"""Which fields of a request the texts of DynamoDB, of its engines and of botocore are about."""

import pytest
from google.protobuf.message import Message

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import (
    CreateTableRequest,
    DeleteTableRequest,
    ListTablesRequest,
    TagResourceRequest,
    UpdateTableRequest,
    UpdateTimeToLiveRequest,
)
from tableadmin_server.dynamodb.fields import field_path, violations

_GSI: AwsDict = {"GlobalSecondaryIndexes": [{"IndexName": "GenreAndPriceIndex"}]}
_LSI: AwsDict = {"LocalSecondaryIndexes": [{"IndexName": "YearIndex"}]}
_PREFIX = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
                "Member must have length greater than or equal to 3"
            ),
            [("table_name", "Member must have length greater than or equal to 3")],
        ),
        (
            (
                "2 validation errors detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed "
                "to satisfy constraint: Member must have value greater than or equal to 1; Value 'X' at "
                "'keySchema.2.member.keyType' failed to satisfy constraint: Member must satisfy enum "
                "value set: [HASH, RANGE]"
            ),
            [
                (
                    "provisioned_throughput.read_capacity_units",
                    "Member must have value greater than or equal to 1",
                ),
                ("key_schema[1].key_type", "Member must satisfy enum value set: [HASH, RANGE]"),
            ],
        ),
        (
            "Invalid length for parameter KeySchema[0].AttributeName, value: 0, valid min length: 1",
            [("key_schema[0].attribute_name", "value: 0, valid min length: 1")],
        ),
        (
            (
                'Missing required parameter in input: "TableName"; '
                'Missing required parameter in KeySchema[0]: "AttributeName"'
            ),
            [("table_name", "is required"), ("key_schema[0].attribute_name", "is required")],
        ),
    ],
)
def test_fields_that_the_text_names(text: str, expected: list[tuple[str, str]]) -> None:
    """Where the text names fields, each is found, with its own problem."""
    assert expected == violations(text, CreateTableRequest())


@pytest.mark.parametrize(
    ("text", "request_", "expected"),
    [
        ("Table name is too short", CreateTableRequest(), "table_name"),
        (f"{_PREFIX}Some AttributeDefinitions are not used", CreateTableRequest(), "attribute_definitions"),
        (
            f"{_PREFIX}Some index key attributes are not defined in AttributeDefinitions. Keys: [Genre]",
            from_aws(_GSI, CreateTableRequest),
            "attribute_definitions",
        ),
        (
            "Global Secondary Index hash key not specified in Attribute Definitions.Type unknown.",
            from_aws(_GSI, CreateTableRequest),
            "attribute_definitions",
        ),
        (f"{_PREFIX}Duplicate index name: X", from_aws(_GSI, CreateTableRequest), "global_secondary_indexes"),
        (f"{_PREFIX}Duplicate index name: X", from_aws(_LSI, CreateTableRequest), "local_secondary_indexes"),
        (
            f"{_PREFIX}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
            from_aws({**_GSI, **_LSI}, CreateTableRequest),
            "local_secondary_indexes",
        ),
        (
            f"{_PREFIX}GlobalSecondaryIndex count exceeds the per-table limit of 20",
            from_aws({**_GSI, **_LSI}, CreateTableRequest),
            "global_secondary_indexes",
        ),
        (
            f"{_PREFIX}Index KeySchema does not have the same leading hash key as table KeySchema",
            from_aws({**_GSI, **_LSI}, CreateTableRequest),
            "local_secondary_indexes",
        ),
        (
            f"{_PREFIX}ProvisionedThroughput should not be specified for index: GenreAndPriceIndex",
            from_aws(_GSI, CreateTableRequest),
            "global_secondary_indexes",
        ),
        (
            "The provisioned throughput for the index GenreAndPriceIndex will not change",
            UpdateTableRequest(),
            "global_secondary_index_updates",
        ),
        (
            "The provisioned throughput for the table will not change",
            UpdateTableRequest(),
            "provisioned_throughput",
        ),
        ("TimeToLive is already enabled", UpdateTimeToLiveRequest(), "time_to_live_specification"),
        ("Invalid TableArn: Invalid ResourceArn provided as input X", TagResourceRequest(), "resource_arn"),
        ("Limit in ListTables must be <= 100", ListTablesRequest(), "limit"),
    ],
)
def test_field_that_the_text_describes(text: str, request_: Message, expected: str) -> None:
    """A text that only describes a field finds it, and of several that it may be the one that is there."""
    assert [(expected, text)] == violations(text, request_)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("Nothing to update", UpdateTableRequest()),
        (
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled is required",
            UpdateTableRequest(),
        ),
        ("No such stream, tag or throughput", DeleteTableRequest()),
        ("Value 'x' at 'noSuchField' failed to satisfy constraint: Member must be", DeleteTableRequest()),
        ("You will learn of it", TagResourceRequest()),
        ("", CreateTableRequest()),
    ],
)
def test_no_field_rather_than_a_wrong_one(text: str, request_: Message) -> None:
    """A text that is about no field of the request, or about all of it, gives none."""
    assert [] == violations(text, request_)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tableName", "table_name"),
        (
            "globalSecondaryIndexes.1.member.projection.nonKeyAttributes.2.member",
            "global_secondary_indexes[0].projection.non_key_attributes[1]",
        ),
        ("SSESpecification.KMSMasterKeyId", "sse_specification.kms_master_key_id"),
        ("KeySchema[1].Unheard", "key_schema[1]"),
        ("unheard.of", ""),
    ],
)
def test_path(path: str, expected: str) -> None:
    """A path of AWS's is one of the contract's, as deep as the contract knows it."""
    assert expected == field_path(path, CreateTableRequest.DESCRIPTOR)
