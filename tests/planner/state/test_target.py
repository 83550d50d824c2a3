"""What a plan aims at, and what it takes to be the same."""

from dataclasses import replace
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import plan
from tableadmin_server.tables.parts import Part
from tests.planner.tables import (
    MORE,
    index,
    settled,
    summaries,
    table,
)


def test_sets() -> None:
    """Order of definitions, tags, indexes and projected attributes says nothing."""
    first = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]}
    last = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]}
    tags = [{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}]
    after = table(index("Two"), index("One", last), Tags=tags[::-1])
    after["AttributeDefinitions"].reverse()
    assert [] == summaries(table(index("One", first), index("Two"), Tags=tags), after)


def test_defaults() -> None:
    """What is absent is at AWS's default, so that a default that is written down changes nothing."""
    written = table(
        BillingMode="PROVISIONED",
        TableClass="STANDARD",
        SSESpecification={"Enabled": False},
        StreamSpecification={"StreamEnabled": False},
        DeletionProtectionEnabled=False,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    assert [] == summaries(table(), written)
    assert [] == summaries(written, table())


def test_auto_scaling() -> None:
    """Capacity that Application Auto Scaling moves is left alone, the other dimension is not."""
    driver = settled(table(index("One")))
    moved_by_itself: AwsDict = {"ScalingPolicies": [{"PolicyName": "p"}]}
    one: AwsDict = {
        "IndexName": "One",
        "ProvisionedReadCapacityAutoScalingSettings": moved_by_itself,
        "ProvisionedWriteCapacityAutoScalingSettings": moved_by_itself,
    }
    seen = driver.observed()
    replica: AwsDict = {
        "RegionName": seen.region,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": moved_by_itself,
        "GlobalSecondaryIndexes": [one],
    }
    live = replace(seen, parts={**seen.parts, Part.AUTO_SCALING: {"Replicas": [replica]}})
    after = table(
        index("One", throughput=MORE), ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 8}
    )
    (step,) = plan(cast("AwsDict", after), live, driver.now()).steps
    expected = {
        "TableName": "Music",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 8},
    }
    assert expected == step.params
