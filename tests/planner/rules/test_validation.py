"""What is wrong with a spec is found without AWS, all of it at once, each with its path."""

from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import validate
from tests.planner.model.table import Data

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
ALL = {"ProjectionType": "ALL"}


def key(*names: str) -> list[Data]:
    """A key schema: the first of NAMES is HASH, the others RANGE."""
    return [{"AttributeName": n, "KeyType": "RANGE" if i else "HASH"} for i, n in enumerate(names)]


def defined(*names: str) -> list[Data]:
    """Definitions of texts."""
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def index(name: str, *names: str, **members: object) -> Data:
    """An index of the key NAMES with MEMBERS."""
    return {"IndexName": name, "KeySchema": key(*names), "Projection": ALL, **members}


def table(**members: object) -> Data:
    """A valid on-demand spec with MEMBERS; None leaves one out."""
    spec = {
        "TableName": "Music",
        "KeySchema": key("Artist", "Song"),
        "AttributeDefinitions": defined("Artist", "Song"),
        "BillingMode": "PAY_PER_REQUEST",
        **members,
    }
    return {member: value for member, value in spec.items() if value is not None}


def found(spec: Data) -> dict[str, str]:
    """What is wrong, by path."""
    return {each.path: each.description for each in validate(cast("AwsDict", spec))}


def genre(**members: object) -> Data:
    """A spec with an index on Genre, which has MEMBERS."""
    return table(
        GlobalSecondaryIndexes=[index("GenreIndex", "Genre", **members)],
        AttributeDefinitions=defined("Artist", "Song", "Genre"),
    )


INCLUDE = {"ProjectionType": "INCLUDE"}
WIDE = [
    index(f"Index{n}", "Genre", Projection={**INCLUDE, "NonKeyAttributes": [f"a{m}" for m in range(20)]})
    for n in range(6)
]

MANY = "must be 1 to 4 HASH attributes, then 0 to 4 RANGE attributes"

# What is wrong, the spec, and where and how that is said.
CASES: tuple[tuple[str, Data, dict[str, str]], ...] = (
    ("short name", table(TableName="Mu"), {"TableName": "must be 3 to 255 bytes long, and is 2"}),
    ("odd name", table(TableName="Mu/sic"), {"TableName": "must consist of [a-zA-Z0-9_.-]"}),
    ("no key", table(KeySchema=None, AttributeDefinitions=[]), {"KeySchema": "is required"}),
    (
        "range key alone",
        table(
            KeySchema=[{"AttributeName": "Artist", "KeyType": "RANGE"}],
            AttributeDefinitions=defined("Artist"),
        ),
        {"KeySchema": "must be one HASH attribute, then at most one RANGE attribute"},
    ),
    (
        "key attribute twice",
        table(KeySchema=key("Artist", "Artist"), AttributeDefinitions=defined("Artist")),
        {"KeySchema[1].AttributeName": "Artist is already part of the key"},
    ),
    (
        "undefined key attribute",
        table(AttributeDefinitions=defined("Artist")),
        {"KeySchema[1].AttributeName": "Song is not in AttributeDefinitions"},
    ),
    (
        "unused definition",
        table(AttributeDefinitions=defined("Artist", "Song", "Year")),
        {"AttributeDefinitions[2]": "Year is not used by any key of the table or its indexes"},
    ),
    (
        "definition twice",
        table(AttributeDefinitions=defined("Artist", "Song", "Song")),
        {"AttributeDefinitions[2]": "Song is defined twice"},
    ),
    (
        "unknown type",
        table(AttributeDefinitions=[*defined("Artist"), {"AttributeName": "Song", "AttributeType": "X"}]),
        {"AttributeDefinitions[1].AttributeType": "must be S or N or B"},
    ),
    (
        "21 indexes",
        table(
            AttributeDefinitions=defined("Artist", "Song", "Genre"),
            GlobalSecondaryIndexes=[index(f"Index{n}", "Genre") for n in range(21)],
        ),
        {"GlobalSecondaryIndexes": "must have 0 to 20 elements, and has 21"},
    ),
    (
        "6 local indexes",
        table(
            AttributeDefinitions=defined("Artist", "Song", "Genre"),
            LocalSecondaryIndexes=[index(f"Index{n}", "Artist", "Genre") for n in range(6)],
        ),
        {"LocalSecondaryIndexes": "must have 0 to 5 elements, and has 6"},
    ),
    (
        "names of indexes",
        table(
            AttributeDefinitions=defined("Artist", "Song", "Genre"),
            LocalSecondaryIndexes=[index("Same", "Artist", "Genre")],
            GlobalSecondaryIndexes=[index("Same", "Genre")],
        ),
        {"GlobalSecondaryIndexes[0].IndexName": "Same is the name of another index"},
    ),
    (
        "local index of a table without range key",
        table(
            KeySchema=key("Artist"),
            AttributeDefinitions=defined("Artist", "Genre"),
            LocalSecondaryIndexes=[index("Local", "Artist", "Genre")],
        ),
        {"LocalSecondaryIndexes[0].KeySchema": "requires a table key with a RANGE attribute"},
    ),
    (
        "local index of another hash key",
        table(LocalSecondaryIndexes=[index("Local", "Song", "Artist")]),
        {"LocalSecondaryIndexes[0].KeySchema[0]": "must be the table's HASH attribute Artist"},
    ),
    (
        "five hash attributes",
        table(
            AttributeDefinitions=defined("Artist", "Song", *"abc"),
            GlobalSecondaryIndexes=[
                index(
                    "Many",
                    KeySchema=[
                        {"AttributeName": name, "KeyType": "HASH"} for name in ("Artist", "Song", *"abc")
                    ],
                )
            ],
        ),
        {"GlobalSecondaryIndexes[0].KeySchema": MANY},
    ),
    (
        "include nothing",
        genre(Projection=INCLUDE),
        {"GlobalSecondaryIndexes[0].Projection.NonKeyAttributes": "is required with INCLUDE"},
    ),
    (
        "all and more",
        genre(Projection={**ALL, "NonKeyAttributes": ["Year"]}),
        {"GlobalSecondaryIndexes[0].Projection.NonKeyAttributes": "requires ProjectionType INCLUDE"},
    ),
    (
        "include twice",
        genre(Projection={**INCLUDE, "NonKeyAttributes": ["Year", "Year"]}),
        {"GlobalSecondaryIndexes[0].Projection.NonKeyAttributes": "Year is specified twice"},
    ),
    (
        "120 projected attributes",
        table(AttributeDefinitions=defined("Artist", "Song", "Genre"), GlobalSecondaryIndexes=WIDE),
        {"": "all indexes together project at most 100 attributes by name, not 120"},
    ),
    (
        "provisioned without throughput",
        {**genre(), "BillingMode": "PROVISIONED"},
        {
            "ProvisionedThroughput": "is required with BillingMode PROVISIONED",
            "GlobalSecondaryIndexes[0].ProvisionedThroughput": "is required with BillingMode PROVISIONED",
        },
    ),
    (
        "on demand with throughput",
        {**genre(ProvisionedThroughput=UNITS), "ProvisionedThroughput": UNITS},
        {
            "ProvisionedThroughput": "is invalid with BillingMode PAY_PER_REQUEST",
            "GlobalSecondaryIndexes[0].ProvisionedThroughput": "is invalid with BillingMode PAY_PER_REQUEST",
        },
    ),
    (
        "ceilings with provisioned throughput",
        table(BillingMode=None, ProvisionedThroughput=UNITS, OnDemandThroughput={"MaxReadRequestUnits": 5}),
        {"OnDemandThroughput": "is invalid with BillingMode PROVISIONED"},
    ),
    (
        "no ceiling at all",
        table(OnDemandThroughput={}),
        {"OnDemandThroughput": "must have MaxReadRequestUnits or MaxWriteRequestUnits"},
    ),
    (
        "ceiling of 0",
        table(OnDemandThroughput={"MaxReadRequestUnits": 0}),
        {"OnDemandThroughput.MaxReadRequestUnits": "must be at least 1, or -1, and is 0"},
    ),
    (
        "empty warm throughput",
        table(WarmThroughput={}),
        {"WarmThroughput": "must have ReadUnitsPerSecond or WriteUnitsPerSecond"},
    ),
    (
        "stream without view",
        table(StreamSpecification={"StreamEnabled": True}),
        {"StreamSpecification.StreamViewType": "is required with StreamEnabled"},
    ),
    (
        "key of encryption that is off",
        table(SSESpecification={"Enabled": False, "KMSMasterKeyId": "alias/mine"}),
        {"SSESpecification.KMSMasterKeyId": "requires Enabled to be true"},
    ),
    (
        "time to live by nothing",
        table(TimeToLiveSpecification={"Enabled": True}),
        {"TimeToLiveSpecification.AttributeName": "is required with Enabled"},
    ),
    (
        "recovery of 36 days",
        table(
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 36}
        ),
        {"PointInTimeRecoverySpecification.RecoveryPeriodInDays": "must be 1 to 35, and is 36"},
    ),
    (
        "51 tags",
        table(Tags=[{"Key": str(n), "Value": ""} for n in range(51)]),
        {"Tags": "must have 0 to 50 elements, and has 51"},
    ),
    (
        "tags",
        table(
            Tags=[
                {"Key": "aws:mine", "Value": ""},
                {"Key": "k" * 129, "Value": "v" * 257},
                {"Key": "same", "Value": ""},
                {"Key": "same", "Value": ""},
            ]
        ),
        {
            "Tags[0].Key": "must not begin with aws:, which is reserved for AWS",
            "Tags[1].Key": "must be 1 to 128 characters long, and is 129",
            "Tags[1].Value": "must be 0 to 256 characters long, and is 257",
            "Tags[3].Key": "same is specified twice",
        },
    ),
    ("policy", table(ResourcePolicy="Allow"), {"ResourcePolicy": "must be a JSON object"}),
    (
        "replicas",
        table(
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            Replicas=[
                {"RegionName": "eu-west-1", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 5}},
                {"RegionName": "eu-west-1", "GlobalSecondaryIndexes": [{"IndexName": "GenreIndex"}]},
            ],
        ),
        {
            "Replicas[0].ProvisionedThroughputOverride": "is invalid with BillingMode PAY_PER_REQUEST",
            "Replicas[1].RegionName": "eu-west-1 is specified twice",
            "Replicas[1].GlobalSecondaryIndexes[0].IndexName": "the table has no index GenreIndex",
            "StreamSpecification.StreamViewType": "must be NEW_AND_OLD_IMAGES on a table with replicas",
        },
    ),
    (
        "a replica without a key of a table with a key",
        table(
            SSESpecification={"Enabled": True, "KMSMasterKeyId": "arn:aws:kms:us-west-2:1:key/1"},
            Replicas=[
                {"RegionName": "eu-west-1"},
                {"RegionName": "eu-west-2", "KMSMasterKeyId": "arn:aws:kms:us-west-2:1:key/1"},
                {"RegionName": "eu-west-3", "KMSMasterKeyId": "alias/any"},
                {"RegionName": "us-east-1"},
            ],
            Unmanaged=[{"Path": "Replicas[us-east-1].KMSMasterKeyId"}],
        ),
        {
            "Replicas[0].KMSMasterKeyId": (
                "is required, a key in eu-west-1: the table has a KMS key of its own"
            ),
            "Replicas[1].KMSMasterKeyId": "must be a key in eu-west-2",
        },
    ),
    (
        "a replica of a table with the key that AWS manages",
        table(
            SSESpecification={"Enabled": True, "KMSMasterKeyId": "alias/aws/dynamodb"},
            Replicas=[{"RegionName": "eu-west-1"}],
        ),
        {},
    ),
    (
        "unmanaged",
        table(
            Unmanaged=[
                {"Path": "Tags"},
                {"Path": "Tags"},
                {"Path": "KeySchema"},
                {"Path": "tags"},
                {"Path": "Replicas", "Minimum": 1},
                {"Path": "ProvisionedThroughput", "Minimum": 5, "Maximum": 4},
                {"Reason": "none"},
            ]
        ),
        {
            "Unmanaged[1].Path": "Tags is specified twice",
            "Unmanaged[2].Path": "KeySchema is always managed",
            "Unmanaged[3].Path": "tags is not a path that can be unmanaged, such as Tags",
            "Unmanaged[4].Minimum": "requires a path of capacity units",
            "Unmanaged[5].Maximum": "must be at least the Minimum, 5",
            "Unmanaged[6].Path": "is required",
        },
    ),
    (
        "half of a capacity",
        table(BillingMode=None, ProvisionedThroughput={"ReadCapacityUnits": 5}),
        {"ProvisionedThroughput.WriteCapacityUnits": "is required"},
    ),
    (
        "half of a capacity, the other half unmanaged",
        table(
            BillingMode=None,
            ProvisionedThroughput={"ReadCapacityUnits": 5},
            Unmanaged=[{"Path": "ProvisionedThroughput.WriteCapacityUnits"}],
        ),
        {},
    ),
    ("no capacity, all of it unmanaged", table(BillingMode=None, Unmanaged=[{"Path": "*"}]), {}),
)


@pytest.mark.parametrize(
    ("spec", "violations"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_violations(spec: Data, violations: dict[str, str]) -> None:
    """Each violation is found, named by its path, and nothing else is."""
    assert violations == found(spec)


def test_all_at_once() -> None:
    """One look finds every violation."""
    spec: Data = {"TableName": "a b", "BillingMode": "FREE", "DeletionProtectionEnabled": "yes"}
    assert {
        "TableName": "must consist of [a-zA-Z0-9_.-]",
        "BillingMode": "must be PROVISIONED or PAY_PER_REQUEST",
        "DeletionProtectionEnabled": "must be true or false",
        "AttributeDefinitions": "is required",
        "KeySchema": "is required",
    } == found(spec)


def test_valid() -> None:
    """A spec with nothing wrong has no violations."""
    assert {} == found(genre(OnDemandThroughput={"MaxReadRequestUnits": -1}))
