"""Kubernetes manifests: ACK and Crossplane."""

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, SpecError, find, read, write
from tableadmin.v1 import TableSpec
from tests.formats.refusing import left_alone, refusal

ACK = """
apiVersion: dynamodb.services.k8s.aws/v1alpha1
kind: Table
metadata: {name: orders, namespace: shop, annotations: {services.k8s.aws/region: eu-west-1}}
spec:
  tableName: orders
  billingMode: PAY_PER_REQUEST
  attributeDefinitions: [{attributeName: id, attributeType: S}, {attributeName: at, attributeType: N}]
  keySchema: [{attributeName: id, keyType: HASH}]
  provisionedThroughput: {readCapacityUnits: 0, writeCapacityUnits: 0}
  globalSecondaryIndexes:
  - indexName: byAt
    keySchema: [{attributeName: at, keyType: HASH}]
    projection: {projectionType: INCLUDE, nonKeyAttributes: [a]}
  sseSpecification: {enabled: true, sseType: KMS, kmsMasterKeyID: "arn:aws:kms:eu-west-1:1:key/2"}
  continuousBackups: {pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 7}
  timeToLive: {attributeName: expires, enabled: true}
  tableReplicas: [{regionName: us-east-1, kmsMasterKeyID: k}]
  streamSpecification: {streamEnabled: true, streamViewType: NEW_AND_OLD_IMAGES}
  tags: [{key: team, value: "7"}]
  tableClass: STANDARD
  contributorInsights: ENABLE
  fieldOfTomorrow: x
status: {tableStatus: ACTIVE, itemCount: 3}
"""


def test_a_table_of_ack() -> None:
    """A table of ACK is read with its spec alone; a field that is not known is noted."""
    found = find(ACK, name="f", inputs=Inputs())
    (table,) = found.tables

    assert ("Table/shop/orders", "orders", "eu-west-1") == (table.address, table.name, table.region)
    assert ["f: Table/shop/orders: spec.fieldOfTomorrow is not part of a spec and left out"] == table.notes
    assert table.spec is not None
    lacking = {"KinesisStreamSpecification", "VectorIndexes", "ResourcePolicy", "OnDemandThroughput"}
    assert {*lacking, "GlobalSecondaryIndexes[byAt].OnDemandThroughput"} == {
        member.path for member in table.spec.unmanaged
    }
    table.spec.ClearField("unmanaged")
    assert {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "byAt",
                "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
            }
        ],
        "SSESpecification": {
            "Enabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": "arn:aws:kms:eu-west-1:1:key/2",
        },
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "Replicas": [{"RegionName": "us-east-1", "KMSMasterKeyId": "k"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "Tags": [{"Key": "team", "Value": "7"}],
        "TableClass": "STANDARD",
        "ContributorInsightsSpecification": {"Enabled": True},
    } == to_aws(table.spec)


def test_what_ack_writes_is_read_back() -> None:
    """A manifest that is written is read back, but for what a note names."""
    (spec,) = read(ACK, name="f")
    spec.warm_throughput.read_units_per_second = 15000
    written = write([spec], "ack")

    assert ("table orders: a manifest has no field for WarmThroughput",) == written.notes
    spec.ClearField("warm_throughput")
    assert [spec] == read(written.text, name="f")


def test_a_name_that_kubernetes_refuses() -> None:
    """The object has a name that Kubernetes takes, whatever the table is called."""
    assert "  name: my-table.v1\n" in write([TableSpec(table_name="My_Table.v1")], "ack").text


def test_several_objects() -> None:
    """Tables are read from lists and several documents; other objects are noted."""
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
    item = ACK.strip().replace("\n", "\n  ").replace("tableName: orders", "tableName: two")
    listed = f"apiVersion: v1\nkind: List\nitems:\n- {item}\n"
    notes: list[str] = []
    specs = read(f"{ACK}---\n{other}---\n{listed}", name="f", notes=notes)

    assert ["orders", "two"] == [spec.table_name for spec in specs]
    assert "f: ConfigMap/c: is no table and left out" in notes


def test_a_fault_has_its_line() -> None:
    """What is wrong with a table is said with the line."""
    assert "f:9: table orders: spec.keySchema[0].keyType: " in refusal(
        ACK.replace("keyType: HASH}]\n  prov", "keyType: HOW}]\n  prov")
    )


UPBOUND = """
apiVersion: dynamodb.aws.upbound.io/v1beta1
kind: Table
metadata:
  name: orders-abc12
  annotations: {crossplane.io/external-name: orders}
spec:
  forProvider:
    region: eu-west-1
    billingMode: PROVISIONED
    readCapacity: 5
    writeCapacity: 5
    hashKey: id
    rangeKey: at
    attribute: [{name: id, type: S}, {name: at, type: N}]
    globalSecondaryIndex: [{name: byAt, hashKey: at, projectionType: ALL, readCapacity: 1, writeCapacity: 1}]
    pointInTimeRecovery: [{enabled: true}]
    ttl: [{enabled: false, attributeName: ""}]
    serverSideEncryption: [{enabled: true, kmsKeyArnRef: {name: key}}]
    tags: {ownerTeam: shop}
  initProvider: {tableClass: STANDARD_INFREQUENT_ACCESS}
  providerConfigRef: {name: default}
---
apiVersion: dynamodb.aws.upbound.io/v1beta1
kind: KinesisStreamingDestination
metadata: {name: k}
spec:
  forProvider:
    region: eu-west-1
    streamArn: "arn:aws:kinesis:eu-west-1:1:stream/s"
    tableNameRef: {name: orders-abc12}
"""


def test_a_table_of_upbounds_provider() -> None:
    """A table of Upbound's provider is read by its external name, with what refers to it."""
    assert "kms_key_arn: is a reference to another object; give " in refusal(UPBOUND)

    (spec,) = read(UPBOUND, name="f", unmanaged=["SSESpecification.KMSMasterKeyId"])
    assert "orders" == spec.table_name
    assert 2 == len(spec.key_schema)
    assert 1 == spec.global_secondary_indexes[0].provisioned_throughput.read_capacity_units
    assert spec.point_in_time_recovery_specification.point_in_time_recovery_enabled
    assert not spec.HasField("time_to_live_specification")
    assert {"ownerTeam": "shop"} == {tag.key: tag.value for tag in spec.tags}
    assert "arn:aws:kinesis:eu-west-1:1:stream/s" == spec.kinesis_stream_specification.stream_arn
    assert {"SSESpecification.KMSMasterKeyId", "TableClass"} == {member.path for member in left_alone(spec)}


def test_the_next_version_of_upbounds_provider() -> None:
    """v1beta2 and namespaced objects have blocks as objects."""
    newer = (
        UPBOUND.replace("v1beta1", "v1beta2")
        .replace("aws.upbound.io", "aws.m.upbound.io")
        .replace("pointInTimeRecovery: [{enabled: true}]", "pointInTimeRecovery: {enabled: true}")
        .replace("kmsKeyArnRef: {name: key}", 'kmsKeyArn: "arn:aws:kms:eu-west-1:1:key/2"')
        .replace("serverSideEncryption: [{", "serverSideEncryption: {")
        .replace('key/2"}]', 'key/2"}')
    )
    (spec,) = read(newer, name="f")

    assert spec.point_in_time_recovery_specification.point_in_time_recovery_enabled
    assert "arn:aws:kms:eu-west-1:1:key/2" == spec.sse_specification.kms_master_key_id


def test_a_table_of_the_older_provider() -> None:
    """A table of the community's provider has AWS's members under forProvider."""
    (spec,) = read(
        """
apiVersion: dynamodb.aws.crossplane.io/v1alpha1
kind: Table
metadata: {name: orders}
spec:
  forProvider:
    region: us-east-1
    attributeDefinitions: [{attributeName: id, attributeType: S}]
    keySchema: [{attributeName: id, keyType: HASH}]
    provisionedThroughput: {readCapacityUnits: 1, writeCapacityUnits: 2}
    sseSpecification: {enabled: true, sseType: KMS}
    pointInTimeRecoveryEnabled: true
    tags: [{key: a, value: b}]
""",
        name="f",
    )

    assert "orders" == spec.table_name
    assert 2 == spec.provisioned_throughput.write_capacity_units
    assert spec.point_in_time_recovery_specification.point_in_time_recovery_enabled
    assert "TimeToLiveSpecification" in {member.path for member in spec.unmanaged}


def test_a_template_of_helm() -> None:
    """A template of Helm is no manifest yet: the error says what to give."""
    assert "give what `helm template` prints" in refusal(
        ACK.replace("tableName: orders", "tableName: {{ .Values.t }}")
    )


def test_a_composition() -> None:
    """Tables inside of a Composition are templates: the error says what to give."""
    inner = ACK.replace("\n", "\n      ")
    with pytest.raises(SpecError, match="give the rendered tables"):
        read(
            f"apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nspec:\n  base:\n      {inner}",
            name="f",
        )
