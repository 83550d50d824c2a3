"""Requests that DynamoDB refuses: what each ends in, and which engine does not refuse it, and why."""

import dataclasses
from collections.abc import Mapping

import grpc

from tableadmin.awsshape import AwsDict
from tests.lifecycle.tables import (
    THROUGHPUT,
    attributes,
    index,
    index_creation,
    key,
    local_index,
    table,
)

# Stands for the name of the test's own table.
NAME = "NAME"

_INVALID = grpc.StatusCode.INVALID_ARGUMENT
_VALIDATION = "VALIDATION_EXCEPTION"
_FOUR = attributes("Artist", "SongTitle", "Genre", "Price")
_THREE = attributes("Artist", "SongTitle", "Genre")
_INCLUDE = index(Projection={"ProjectionType": "INCLUDE"})


@dataclasses.dataclass(frozen=True)
class BadRequest:
    """A request that is refused: `exists` is the CreateTable request of the table that there is before.

    `field` is the field that it is refused for; without one it is refused for the table that it names.
    `accepted_by` names the engines that do what they are asked, and says why.
    """

    id: str
    operation: str
    request: AwsDict
    code: grpc.StatusCode = _INVALID
    reason: str = _VALIDATION
    field: str = ""
    exists: AwsDict | None = None
    accepted_by: Mapping[str, str] = dataclasses.field(default_factory=dict)
    precondition: str = ""


BAD_REQUESTS: tuple[BadRequest, ...] = (
    *(
        BadRequest(
            f"unknown table: {operation}",
            operation,
            {"TableName": NAME, **members},
            code=grpc.StatusCode.NOT_FOUND,
            reason="RESOURCE_NOT_FOUND_EXCEPTION",
        )
        for operation, members in (
            ("DescribeTable", {}),
            ("UpdateTable", {"ProvisionedThroughput": THROUGHPUT}),
            ("DeleteTable", {}),
            ("DescribeTimeToLive", {}),
        )
    ),
    BadRequest(
        "existing table",
        "CreateTable",
        table(NAME, KeySchema=key("Artist"), AttributeDefinitions=attributes("Artist")),
        code=grpc.StatusCode.ALREADY_EXISTS,
        reason="RESOURCE_IN_USE_EXCEPTION",
        exists=table(NAME),
    ),
    BadRequest("name of 2 characters", "CreateTable", table("ab"), field="table_name"),
    BadRequest("name of 256 characters", "CreateTable", table("a" * 256), field="table_name"),
    BadRequest("name with a blank", "CreateTable", table("Music and more"), field="table_name"),
    BadRequest(
        "undefined key attribute",
        "CreateTable",
        table(NAME, AttributeDefinitions=attributes("Artist")),
        field="attribute_definitions",
    ),
    BadRequest(
        "undefined key attribute of an index",
        "CreateTable",
        table(NAME, GlobalSecondaryIndexes=[index()]),
        field="attribute_definitions",
    ),
    BadRequest(
        "unused attribute definition",
        "CreateTable",
        table(NAME, AttributeDefinitions=_THREE),
        field="attribute_definitions",
    ),
    BadRequest(
        "missing throughput",
        "CreateTable",
        table(NAME, ProvisionedThroughput=None),
        field="provisioned_throughput",
    ),
    BadRequest(
        "throughput with on-demand",
        "CreateTable",
        table(NAME, BillingMode="PAY_PER_REQUEST"),
        field="provisioned_throughput",
        accepted_by={"dynamodb-local": "it takes no notice of the throughput"},
    ),
    BadRequest(
        "zero capacity",
        "CreateTable",
        table(NAME, ProvisionedThroughput={"ReadCapacityUnits": 0, "WriteCapacityUnits": 5}),
        field="provisioned_throughput.read_capacity_units",
    ),
    BadRequest(
        "zero capacity in an update",
        "UpdateTable",
        {"TableName": NAME, "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 0}},
        field="provisioned_throughput.write_capacity_units",
        exists=table(NAME),
    ),
    BadRequest(
        "the throughput that it has",
        "UpdateTable",
        {"TableName": NAME, "ProvisionedThroughput": THROUGHPUT},
        field="provisioned_throughput",
        exists=table(NAME),
    ),
    BadRequest(
        "21 global indexes",
        "CreateTable",
        table(
            NAME,
            AttributeDefinitions=_FOUR,
            GlobalSecondaryIndexes=[index(f"Index{number}") for number in range(21)],
        ),
        field="global_secondary_indexes",
        accepted_by={"ministack": "it has no limit of indexes"},
    ),
    BadRequest(
        "duplicate global index",
        "CreateTable",
        table(NAME, AttributeDefinitions=_FOUR, GlobalSecondaryIndexes=[index(), index()]),
        field="global_secondary_indexes",
    ),
    BadRequest(
        "duplicate local index",
        "CreateTable",
        table(NAME, AttributeDefinitions=_THREE, LocalSecondaryIndexes=[local_index(), local_index()]),
        field="local_secondary_indexes",
    ),
    BadRequest(
        "index that there is",
        "UpdateTable",
        index_creation(NAME, index()),
        field="global_secondary_index_updates",
        exists=table(NAME, AttributeDefinitions=_FOUR, GlobalSecondaryIndexes=[index()]),
        accepted_by={"dynalite": "it takes no notice of new indexes"},
    ),
    BadRequest(
        "local index without a range key",
        "CreateTable",
        table(NAME, LocalSecondaryIndexes=[local_index(KeySchema=key("Artist"))]),
        field="local_secondary_indexes",
        accepted_by={"ministack": "it does not look at the key of a local index"},
    ),
    BadRequest(
        "local index of a table without a range key",
        "CreateTable",
        table(
            NAME,
            KeySchema=key("Artist"),
            AttributeDefinitions=attributes("Artist", "Genre"),
            LocalSecondaryIndexes=[local_index()],
        ),
        field="local_secondary_indexes",
    ),
    BadRequest(
        "INCLUDE without attributes",
        "CreateTable",
        table(NAME, AttributeDefinitions=_FOUR, GlobalSecondaryIndexes=[_INCLUDE]),
        field="global_secondary_indexes",
        accepted_by={"dynalite": "it includes nothing then"},
    ),
    BadRequest(
        "INCLUDE with an empty list of attributes",
        "CreateTable",
        table(
            NAME,
            AttributeDefinitions=_FOUR,
            GlobalSecondaryIndexes=[index(Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": []})],
        ),
        field="global_secondary_indexes[0].projection.non_key_attributes",
    ),
    BadRequest(
        "stream without a view type",
        "CreateTable",
        table(NAME, StreamSpecification={"StreamEnabled": True}),
        field="stream_specification",
        accepted_by={
            "ministack": "it takes a view type of its own",
            "dynalite": "it has no streams",
        },
    ),
    BadRequest(
        "a delete under deletion protection",
        "DeleteTable",
        {"TableName": NAME},
        code=grpc.StatusCode.FAILED_PRECONDITION,
        exists=table(NAME, DeletionProtectionEnabled=True),
        accepted_by={"dynalite": "it has no deletion protection"},
        precondition="DELETION_PROTECTION_DISABLED",
    ),
)
