"""Specs of clones."""

import json

import pytest

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.cli.specs.cloning import spec_of_clone
from tableadmin.v1 import TableSpec

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Music"
NEW = "arn:aws:dynamodb:us-east-1:123456789012:table/Films"


def policy(*resources: str) -> str:
    """A policy about RESOURCES."""
    return json.dumps({"Statement": [{"Effect": "Allow", "Resource": list(resources)}]})


def clone(
    name: str = "Films", *, elsewhere: bool = False, **members: AwsDict | str
) -> tuple[TableSpec, list[str]]:
    """The clone of Music with MEMBERS, and the notes."""
    spec = from_aws({"TableName": "Music", **members}, TableSpec)
    notes: list[str] = []
    return spec_of_clone(spec, name, ARN, notes, elsewhere=elsewhere), notes


def test_a_policy_names_the_clone() -> None:
    """The table's own ARN, and that of its indexes and streams, becomes the clone's; others stay."""
    spec, notes = clone(ResourcePolicy=policy(ARN, f"{ARN}/index/*", f"{ARN}-old", "*"))
    assert ([], policy(NEW, f"{NEW}/index/*", f"{ARN}-old", "*")) == (notes, spec.resource_policy)
    escaped, _ = clone(ResourcePolicy=policy(ARN).replace("/", "\\/"))
    assert policy(NEW) == escaped.resource_policy


@pytest.mark.parametrize("resource", [ARN.replace("us-east-1", "*"), ARN.replace("us-east-1", "eu-west-1")])
def test_a_policy_that_still_names_the_table_is_left_out(resource: str) -> None:
    """Where the table is named in another way than by its ARN, nobody knows what is meant for the clone."""
    spec, notes = clone(ResourcePolicy=policy(ARN, resource))
    assert not spec.HasField("resource_policy")
    assert ["table Films: the resource policy is not cloned: it contains the ARN of table Music"] == notes


@pytest.mark.parametrize("name", ["Films", "Music"])
def test_a_policy_elsewhere(name: str) -> None:
    """At another endpoint the ARN is another one: a policy about it is left out, another one is kept."""
    spec, notes = clone(name, elsewhere=True, ResourcePolicy=policy(f"{ARN}/index/*"))
    assert (False, 1) == (spec.HasField("resource_policy"), len(notes))
    kept, notes = clone(name, elsewhere=True, ResourcePolicy=policy("*", f"{ARN}-old"))
    assert ([], policy("*", f"{ARN}-old")) == (notes, kept.resource_policy)


def test_the_same_table_keeps_its_policy() -> None:
    """A table that is cloned onto itself is as it is."""
    spec, notes = clone("Music", ResourcePolicy=policy(ARN))
    assert ([], policy(ARN)) == (notes, spec.resource_policy)


def test_what_both_tables_use_is_said() -> None:
    """A Kinesis data stream gets the changes of both, and a key has to be at the other endpoint too."""
    kinesis: AwsDict = {"StreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/music"}
    key: AwsDict = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:1:key/k"}
    spec, notes = clone(KinesisStreamSpecification=kinesis, SSESpecification=key, elsewhere=True)
    assert "Films" == spec.table_name
    assert kinesis["StreamArn"] == spec.kinesis_stream_specification.stream_arn
    assert [f"table Films: its changes also go to {kinesis['StreamArn']}"] == notes[:1]
    assert [
        "table Films: the key arn:aws:kms:us-east-1:1:key/k must also exist at the other endpoint"
    ] == notes[1:]
    assert [] == clone(SSESpecification=key)[1]
