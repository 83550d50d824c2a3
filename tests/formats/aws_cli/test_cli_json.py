"""What the AWS CLI takes and gives."""

import json

from tableadmin.awsshape import to_aws
from tableadmin.formats import read, write
from tests.formats.conftest import DOCUMENTS, Reading

NOT_DESCRIBED = [
    {"Path": path, "Reason": "not in the output of describe-table"}
    for path in (
        "ResourcePolicy",
        "Tags",
        "TimeToLiveSpecification",
        "PointInTimeRecoverySpecification",
        "ContributorInsightsSpecification",
        "KinesisStreamSpecification",
    )
]
INPUT = {
    "TableName": "Films",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
APART = [
    "TimeToLiveSpecification",
    "PointInTimeRecoverySpecification",
    "ContributorInsightsSpecification",
    "KinesisStreamSpecification",
    "Replicas",
]


def unmanaged(document: object) -> list[str]:
    """What the spec in DOCUMENT, written as JSON, does not manage."""
    (spec,) = read(json.dumps(document), name="f")
    return [each.path for each in spec.unmanaged]


def test_what_an_input_can_not_say() -> None:
    """JSON with members of create-table alone does not manage the others, nor tags and a policy it lacks."""
    tags = [{"Key": "team", "Value": "film"}]

    assert [*APART, "Tags", "ResourcePolicy"] == unmanaged(INPUT)
    assert [*APART, "ResourcePolicy"] == unmanaged({**INPUT, "Tags": tags})
    assert [*APART, "Tags", "ResourcePolicy"] == unmanaged([INPUT])


def test_a_spec_in_json_is_no_input() -> None:
    """JSON is a spec of all members where a member, or the form of a member, is a spec's alone."""
    assert [] == unmanaged({**INPUT, "TimeToLiveSpecification": {"Enabled": False}})
    assert [] == unmanaged({**INPUT, "Tags": {"team": "film"}})
    assert [] == unmanaged({**INPUT, "ResourcePolicy": {"Version": "2012-10-17"}})


def test_describe_table(reading: Reading) -> None:
    """What describes, is a default or is going away is left out; what no description has is not managed."""
    assert {
        "TableName": "Films",
        "AttributeDefinitions": [
            {"AttributeName": "director", "AttributeType": "S"},
            {"AttributeName": "year", "AttributeType": "N"},
        ],
        "KeySchema": [{"AttributeName": "director", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "ByYear",
                "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "OnDemandThroughput": {"MaxReadRequestUnits": 10},
            }
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "SSESpecification": {
            "Enabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": "arn:aws:kms:eu-west-1:012345678901:key/1111",
        },
        "Replicas": [
            {
                "RegionName": "us-east-1",
                "KMSMasterKeyId": "arn:aws:kms:us-east-1:012345678901:key/2222",
            }
        ],
        "Unmanaged": NOT_DESCRIBED,
    } == to_aws(reading("describe-table.json")["Films"])


def test_the_same_as_yaml_or_by_itself() -> None:
    """`--output yaml` and `--query Table` give the same spec."""
    text = (DOCUMENTS / "describe-table.json").read_text(encoding="utf-8")
    as_yaml = (
        "Table:\n  TableName: Films\n  DeletionProtectionEnabled: false\n  ProvisionedThroughput:\n"
        "    ReadCapacityUnits: 5\n    WriteCapacityUnits: 6\n    NumberOfDecreasesToday: 0\n"
    )

    assert read(text, name="f") == read(json.dumps(json.loads(text)["Table"]), name="f")
    assert {
        "TableName": "Films",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "Unmanaged": NOT_DESCRIBED,
    } == to_aws(read(as_yaml, name="f")[0])


def test_strong_consistency_is_noted() -> None:
    """What a spec can't hold of a live table is noted, under the file's name."""
    notes: list[str] = []
    read('{"Table": {"TableName": "A1b", "MultiRegionConsistency": "STRONG"}}', name="f", notes=notes)

    said = "strong consistency between regions is not part of a spec (MultiRegionConsistency: STRONG)"
    assert [f"f: table A1b: {said}"] == notes


def test_create_tables_input(reading: Reading) -> None:
    """What create-table can't hold is left out, and the notes say which command sets it."""
    films = reading("films.yaml")["Films"]
    written = write([films], "cli")

    assert {"TimeToLiveSpecification", "Replicas"}.isdisjoint(json.loads(written.text))
    assert isinstance(json.loads(written.text)["ResourcePolicy"], str)
    assert (
        "table Films: TimeToLiveSpecification is not part of create-table: aws dynamodb update-time-to-live"
        in written.notes
    )
    assert 5 == len(written.notes)
