"""Resources beside a table that are part of it."""

import json
from typing import Any

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, find, read
from tests.formats.refusing import refusal

KEYS = (
    "AttributeDefinitions: [{AttributeName: id, AttributeType: S}], "
    "KeySchema: [{AttributeName: id, KeyType: HASH}]"
)
PROVISIONED = f"""\
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      {{TableName: orders, {KEYS}, ProvisionedThroughput: {{ReadCapacityUnits: 5, WriteCapacityUnits: 5}}}}
"""


def test_a_replica_of_cdk() -> None:
    """A Custom::DynamoDBReplica is a replica of its table, unless its condition is false."""
    replica = {
        "ServiceToken": {"Fn::GetAtt": ["ReplicaProvider", "Outputs.Arn"]},
        "TableName": {"Ref": "Orders"},
    }
    resources = {
        "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}},
        **{
            f"OrdersReplica{region}": {
                "Type": "Custom::DynamoDBReplica",
                "Properties": {**replica, "Region": region},
                "Condition": f"NotIn{region}",
            }
            for region in ("eu-west-2", "eu-west-1")
        },
    }
    conditions = {
        f"NotIn{region}": {"Fn::Not": [{"Fn::Equals": [region, {"Ref": "AWS::Region"}]}]}
        for region in ("eu-west-2", "eu-west-1")
    }
    text = json.dumps({"Resources": resources, "Conditions": conditions})
    (spec,) = read(text, name="f", parameters={"AWS::Region": "eu-west-1"})

    assert [{"RegionName": "eu-west-2"}] == to_aws(spec)["Replicas"]
    assert "give AWS::Region=VALUE" in refusal(text)
    named = text.replace('"TableName": "orders"', '"BillingMode": "PAY_PER_REQUEST"')
    (spec,) = read(named, name="f", parameters={"AWS::Region": "eu-west-1"}, names={"Orders": "mine"})
    assert ["eu-west-2"] == [each.region_name for each in spec.replicas]


@pytest.mark.parametrize(
    "resource_id",
    [
        "table/orders",
        "!Sub 'table/${Orders}'",
        "!Join ['/', [table, !Ref Orders]]",
        "{'Fn::Join': ['', ['table/', {Ref: Orders}]]}",
    ],
)
def test_auto_scaling_of_a_table(resource_id: str) -> None:
    """Capacity with a scalable target is not managed, within its bounds; the other capacity is."""
    target = f"""\
  Writes:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MaxCapacity: 100
      MinCapacity: 5
      ResourceId: {resource_id}
      ScalableDimension: dynamodb:table:WriteCapacityUnits
      ServiceNamespace: dynamodb
"""
    (spec,) = read(PROVISIONED + target, name="f")

    assert [
        {
            "Path": "ProvisionedThroughput.WriteCapacityUnits",
            "Reason": "Application Auto Scaling",
            "Minimum": 5,
            "Maximum": 100,
        }
    ] == to_aws(spec)["Unmanaged"]


def test_auto_scaling_of_an_index() -> None:
    """A target of an index is of the index's capacity; bounds that can't be worked out are left out."""
    target = """\
  Reads:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MaxCapacity: !ImportValue nowhere
      MinCapacity: 5
      ResourceId: !Sub table/${Orders}/index/by-state
      ScalableDimension: dynamodb:index:ReadCapacityUnits
      ServiceNamespace: dynamodb
  Service:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties: {ResourceId: service/x, ScalableDimension: ecs:service:DesiredCount, ServiceNamespace: ecs}
"""
    (spec,) = read(PROVISIONED + target, name="f")

    assert [
        {
            "Path": "GlobalSecondaryIndexes[by-state].ProvisionedThroughput.ReadCapacityUnits",
            "Reason": "Application Auto Scaling",
            "Minimum": 5,
        }
    ] == to_aws(spec)["Unmanaged"]


def test_a_target_that_cannot_be_worked_out() -> None:
    """Its table is refused: capacity would be taken as fixed; a target of another table is noted."""
    target = """\
  Writes:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties: {ResourceId: %s, ScalableDimension: dynamodb:table:WriteCapacityUnits}
"""
    said = refusal(PROVISIONED + target % "!Sub '${Kind}/${Orders}'")
    assert "table orders: Resources.Writes.Properties.ResourceId: Ref names Kind" in said
    notes: list[str] = []
    read(PROVISIONED + target % "table/carts", name="f", notes=notes)
    assert ["f: Resources.Writes: its table carts is not among the tables here"] == notes


def test_auto_scaling_of_a_global_table() -> None:
    """Capacity under auto scaling of a global table, its indexes and its replicas is not managed."""
    scaling = (
        "{MinCapacity: %s, MaxCapacity: %s, TargetTrackingScalingPolicyConfiguration: {TargetValue: 70}}"
    )
    text = f"""\
Resources:
  Orders:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: orders
      BillingMode: PROVISIONED
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
      WriteProvisionedThroughputSettings: {{WriteCapacityAutoScalingSettings: {scaling % (5, 100)}}}
      GlobalSecondaryIndexes:
        - IndexName: by-id
          KeySchema: [{{AttributeName: id, KeyType: HASH}}]
          Projection: {{ProjectionType: ALL}}
          WriteProvisionedThroughputSettings: {{WriteCapacityAutoScalingSettings: {scaling % (7, 7)}}}
      Replicas:
        - Region: eu-west-1
          ReadProvisionedThroughputSettings: {{ReadCapacityUnits: 3}}
          GlobalSecondaryIndexes:
            - IndexName: by-id
              ReadProvisionedThroughputSettings: {{ReadCapacityAutoScalingSettings: {scaling % (4, 40)}}}
        - Region: eu-west-2
          ReadProvisionedThroughputSettings: {{ReadCapacityAutoScalingSettings: {scaling % (6, 60)}}}
"""
    data: Any = to_aws(read(text, name="f", parameters={"AWS::Region": "eu-west-1"})[0])
    (index,) = data["GlobalSecondaryIndexes"]

    assert {"ReadCapacityUnits": 3, "WriteCapacityUnits": 5} == data["ProvisionedThroughput"]
    assert {"ReadCapacityUnits": 4, "WriteCapacityUnits": 7} == index["ProvisionedThroughput"]
    assert [
        ("ProvisionedThroughput.WriteCapacityUnits", 5, 100),
        ("GlobalSecondaryIndexes[by-id].ProvisionedThroughput.ReadCapacityUnits", 4, 40),
        ("Replicas[eu-west-2].ProvisionedThroughputOverride", None, None),
    ] == [(each["Path"], each.get("Minimum"), each.get("Maximum")) for each in data["Unmanaged"]]


def test_an_import() -> None:
    """A table whose items are to be imported has to be there already: it can't be created empty."""
    source = "ImportSourceSpecification: {InputFormat: CSV, S3BucketSource: {S3Bucket: b}}"
    text = PROVISIONED.replace("TableName: orders", f"TableName: orders, {source}")
    (table,) = find(text, name="f", inputs=Inputs()).tables

    assert "its items are to be imported from S3 (ImportSourceSpecification)" == table.must_exist
    assert table.spec is not None


def test_resources_that_could_be_about_tables_are_noted() -> None:
    """Nested stacks, modules and custom resources about DynamoDB are noted; other resources are not."""
    others = """\
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://b.s3/nested.yaml}}
  Module: {Type: Org::Data::Tables::MODULE}
  Newer: {Type: AWS::DynamoDB::Backup}
  Call: {Type: Custom::AWS, Properties: {Create: '{"service":"DynamoDB","action":"updateTimeToLive"}'}}
  Other: {Type: Custom::Thing}
  Topic: {Type: AWS::SNS::Topic}
"""
    notes: list[str] = []
    read(PROVISIONED + others, name="f", notes=notes)

    assert [
        "f: Resources.Nested: a nested stack: give its template too if it has tables",
        "f: Resources.Module: the resources of the module Org::Data::Tables::MODULE are not read",
        "f: Resources.Newer: AWS::DynamoDB::Backup is not read and left out",
        "f: Resources.Call: Custom::AWS is not read and left out",
    ] == notes
