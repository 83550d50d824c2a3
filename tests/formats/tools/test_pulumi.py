"""`pulumi stack export`."""

import json

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, find, read
from tableadmin.formats.text.tree import Record, Tree
from tests.formats.refusing import left_alone, refusal

URN = "urn:pulumi:dev::shop::"
PROVIDER = f"{URN}pulumi:providers:aws::west"
SECRET: Record = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def stack(*resources: Record) -> str:
    """What `pulumi stack export` prints for RESOURCES."""
    provider = {"urn": PROVIDER, "type": "pulumi:providers:aws", "inputs": {"region": "us-west-2"}}
    return json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": [provider, *resources]}})


def resource(kind: str, name: str, inputs: Record, **others: Tree) -> Record:
    """A resource of the AWS provider."""
    return {
        "urn": f"{URN}{kind}::{name}",
        "type": kind,
        "custom": True,
        "provider": f"{PROVIDER}::0b1f",
        "inputs": {**inputs, "__defaults": []},
        **others,
    }


TABLE: Record = {
    "attributes": [{"__defaults": [], "name": "id", "type": "S"}, {"name": "at", "type": "N"}],
    "billingMode": "PROVISIONED",
    "hashKey": "id",
    "readCapacity": 5,
    "writeCapacity": 5,
    "globalSecondaryIndexes": [
        {"name": "byAt", "hashKey": "at", "projectionType": "ALL", "readCapacity": 1, "writeCapacity": 1}
    ],
    "ttl": {"attributeName": "expires", "enabled": True},
    "tags": {"ownerTeam": "shop"},
}


def test_inputs_are_read() -> None:
    """Inputs are read, not what AWS answered; targets of auto scaling and policies are joined."""
    outputs: Record = {"name": "orders-1a2b", "warmThroughput": {"readUnitsPerSecond": 12000}, "tagsAll": {}}
    policy: Record = {
        "resourceArn": "arn:aws:dynamodb:us-west-2:1:table/orders-1a2b",
        "policy": SECRET | {"plaintext": '"{}"'},
    }
    target: Record = {
        "resourceId": "table/orders-1a2b/index/byAt",
        "scalableDimension": "dynamodb:index:ReadCapacityUnits",
        "serviceNamespace": "dynamodb",
        "minCapacity": 1,
        "maxCapacity": 10,
    }
    text = stack(
        resource("aws:dynamodb/table:Table", "orders", TABLE, outputs=outputs),
        resource("aws:dynamodb/resourcePolicy:ResourcePolicy", "p", policy),
        resource("aws:appautoscaling/target:Target", "t", target),
        resource("aws:dynamodb/table:Table", "old", {"name": "old"}, delete=True),
        resource("aws:s3/bucketV2:BucketV2", "b", {}),
    )
    (table,) = find(text, name="f", inputs=Inputs()).tables

    assert ("orders", "orders-1a2b", "us-west-2") == (table.address, table.name, table.region)
    assert table.spec is not None
    assert "{}" == table.spec.resource_policy
    assert not table.spec.HasField("warm_throughput")
    assert [{"Key": "ownerTeam", "Value": "shop"}] == to_aws(table.spec)["Tags"]
    assert {"AttributeName": "expires", "Enabled": True} == to_aws(table.spec.time_to_live_specification)
    (scaled,) = left_alone(table.spec)
    assert ("GlobalSecondaryIndexes[byAt].ProvisionedThroughput.ReadCapacityUnits", 1, 10) == (
        scaled.path,
        scaled.minimum,
        scaled.maximum,
    )


def test_what_is_not_known() -> None:
    """An encrypted secret and a value of a later update are refused by name, unless declared unmanaged."""
    key: Record = {
        **TABLE,
        "name": "o",
        "serverSideEncryption": {"enabled": True, "kmsKeyArn": SECRET | {"ciphertext": "x"}},
    }
    text = stack(resource("aws:dynamodb/table:Table", "orders", key))

    assert (
        "orders.server_side_encryption.kms_key_arn: is encrypted; export it with --show-secrets"
        in refusal(text)
    )
    (spec,) = read(text, name="f", unmanaged=["SSESpecification.KMSMasterKeyId"])
    assert spec.sse_specification.enabled


def test_no_table() -> None:
    """A stack without a table is refused."""
    bucket = resource("aws:s3/bucketV2:BucketV2", "b", {})

    assert "f: has no aws:dynamodb/table:Table and no aws-native:dynamodb:Table and no " in refusal(
        stack(bucket)
    )


def test_a_program() -> None:
    """A program of Pulumi is told from a stack."""
    assert "is a program of Pulumi; give what `pulumi stack export` prints" in refusal(
        "name: shop\nruntime: yaml\n"
    )
