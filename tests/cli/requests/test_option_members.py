"""What options add to requests, and how a file and options go together."""

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin.cli.requests import merging, option_members


def test_keys_are_in_order() -> None:
    """Hash keys go before range keys in any order of options, and each attribute is defined once."""
    merged = merging.merge(option_members.range_key("Price:N"), option_members.hash_key("Genre:S+Label:S"))
    assert {
        "AttributeDefinitions": [
            {"AttributeName": "Price", "AttributeType": "N"},
            {"AttributeName": "Genre", "AttributeType": "S"},
            {"AttributeName": "Label", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "Genre", "KeyType": "HASH"},
            {"AttributeName": "Label", "KeyType": "HASH"},
            {"AttributeName": "Price", "KeyType": "RANGE"},
        ],
    } == merged


def test_two_types() -> None:
    """An attribute that is given two types is refused."""
    with pytest.raises(ValueError, match="Genre is S in one option and N in another"):
        merging.merge(option_members.hash_key("Genre:S"), option_members.global_index("name=I,hash=Genre:N"))


def test_global_index() -> None:
    """A global index has a projection of everything unless it says otherwise."""
    assert {
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "I",
                "KeySchema": [{"AttributeName": "G", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            }
        ],
        "AttributeDefinitions": [{"AttributeName": "G", "AttributeType": "S"}],
    } == option_members.global_index("name=I,hash=G:S,read=5,write=6")


def test_local_index_has_the_hash_of_its_table() -> None:
    """A local index takes its hash key from the table, be that from options or from a file."""
    request = merging.merge(
        option_members.local_index("name=L,range=Y:N,projection=INCLUDE:a+b"), option_members.hash_key("A:S")
    )
    assert [
        {
            "IndexName": "L",
            "KeySchema": [
                {"AttributeName": "A", "KeyType": "HASH"},
                {"AttributeName": "Y", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]},
        }
    ] == merging.with_table_hash(request)["LocalSecondaryIndexes"]


def test_a_written_hash_stays() -> None:
    """A local index that brings its whole key, as in a file of the AWS CLI, keeps it."""
    request: AwsDict = {
        "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
        "LocalSecondaryIndexes": [{"KeySchema": [{"AttributeName": "B", "KeyType": "HASH"}]}],
    }
    assert request == merging.with_table_hash(request)


def test_options_override_a_file() -> None:
    """Objects are merged, lists replaced, and attributes added by name."""
    document: AwsDict = {
        "TableName": "Old",
        "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "A", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    flags = merging.merge(
        {"TableName": "New"},
        option_members.capacity("Read")("7"),
        option_members.hash_key("B:N"),
        option_members.tag("c=d"),
    )
    assert {
        "TableName": "New",
        "KeySchema": [{"AttributeName": "B", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "A", "AttributeType": "S"},
            {"AttributeName": "B", "AttributeType": "N"},
        ],
        "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 1},
        "Tags": [{"Key": "c", "Value": "d"}],
    } == merging.override(document, flags)


def test_on_demand_overrides_capacity() -> None:
    """Going on demand drops the provisioned throughput of the file."""
    document: AwsDict = {"ProvisionedThroughput": {"ReadCapacityUnits": 1}}
    assert {"BillingMode": "PAY_PER_REQUEST"} == merging.override(
        document, {"BillingMode": "PAY_PER_REQUEST"}
    )


def test_nothing_changes_its_arguments() -> None:
    """A file's request is not changed by laying options over it."""
    document: AwsDict = {"ProvisionedThroughput": {"ReadCapacityUnits": 1}}
    merging.override(document, option_members.capacity("Write")("2"))
    assert {"ProvisionedThroughput": {"ReadCapacityUnits": 1}} == document


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("aws-owned", {"Enabled": False}),
        ("kms", {"Enabled": True, "SSEType": "KMS"}),
        ("alias/mine", {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"}),
    ],
)
def test_encryption(text: str, members: dict[str, object]) -> None:
    """Encryption is with the key that AWS owns, with AWS's key in KMS, or with a key named."""
    assert {"SSESpecification": members} == option_members.encryption(text)
