"""Templates that are written from specs."""

from typing import Any

import yaml

from tableadmin.awsshape import from_aws
from tableadmin.formats import read, write
from tableadmin.v1 import TableSpec

KEYS: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("id", "genre", "unused")
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
VECTOR_INDEX = {
    "IndexName": "similar",
    "VectorAttribute": {"AttributeName": "embedding"},
    "SearchSchema": [{"AttributeName": "genre", "SearchSchemaElementType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
    "Dimensions": 128,
    "DistanceFunction": "COSINE",
}
REPLICAS: tuple[dict[str, Any], ...] = ({}, {"Replicas": [{"RegionName": "eu-west-1"}]})


def test_vector_indexes() -> None:
    """Both types of tables have vector indexes, and definitions of key attributes alone."""
    for replicas in REPLICAS:
        data = {"TableName": "films", **KEYS, "VectorIndexes": [VECTOR_INDEX], **replicas}
        written = write([from_aws(data, TableSpec)], "cloudformation")
        (resource,) = yaml.safe_load(written.text)["Resources"].values()

        assert () == written.notes
        assert [VECTOR_INDEX] == resource["Properties"]["VectorIndexes"]
        assert ["id", "genre"] == [
            each["AttributeName"] for each in resource["Properties"]["AttributeDefinitions"]
        ]


def test_capacity_under_auto_scaling() -> None:
    """Bounds of auto scaling are scalable targets, or settings of a global table, and are read back."""
    for replicas in REPLICAS:
        spec = from_aws(scaled() | replicas, TableSpec)
        written = write([spec], "cloudformation")
        (back,) = read(written.text, name="f", parameters={"AWS::Region": "home"})

        assert () == written.notes
        # The capacity of a replica is that of the table, and so are its bounds.
        of_table = [each for each in back.unmanaged if not each.path.startswith("Replicas")]
        assert sorted(map(str, spec.unmanaged)) == sorted(map(str, of_table))
        assert spec.provisioned_throughput == back.provisioned_throughput


def test_what_a_template_cannot_leave_alone() -> None:
    """A member that is not managed is noted: the template has it at its default."""
    spec = from_aws({"TableName": "films", **KEYS, "Unmanaged": [{"Path": "Tags"}]}, TableSpec)

    assert ("table films: Tags is not managed; a template can't leave it alone",) == write(
        [spec], "cloudformation"
    ).notes


def scaled() -> dict[str, Any]:
    """A table whose capacity auto scaling moves, and that of an index."""
    index = {
        "IndexName": "by-genre",
        "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
    }
    bounds = {"Reason": "Application Auto Scaling", "Minimum": 4, "Maximum": 50}
    return {
        "TableName": "films",
        **KEYS,
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 4},
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "GlobalSecondaryIndexes": [index],
        "Unmanaged": [
            {"Path": path, **bounds}
            for path in (
                "ProvisionedThroughput.ReadCapacityUnits",
                "ProvisionedThroughput.WriteCapacityUnits",
                "GlobalSecondaryIndexes[by-genre].ProvisionedThroughput.WriteCapacityUnits",
            )
        ],
    }
