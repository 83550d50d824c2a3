"""Attacks on one's own table: what a guardrail forbids is denied, and the same request without it is not."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

import grpc
import pytest
from google.protobuf.message import Message

from tableadmin.v1 import (
    ApplyPlanRequest,
    BulkOperationInputFormat,
    CreateTableRequest,
    DeleteGlobalSecondaryIndexAction,
    DeleteReplicationGroupMemberAction,
    DescribeTableRequest,
    EnableKinesisStreamingDestinationRequest,
    ExportTableToPointInTimeRequest,
    GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate,
    ImportTableRequest,
    InputS3Configuration,
    OutputS3Configuration,
    OutputTypeEnum,
    PointInTimeRecoverySpecification,
    Projection,
    ProjectionType,
    ProvisionedThroughput,
    PutResourcePolicyRequest,
    ReplicationGroupUpdate,
    RestoreTableToPointInTimeRequest,
    StartBulkPutItemsRequest,
    Tag,
    TagResourceRequest,
    TimeToLiveSpecification,
    UntagResourceRequest,
    UpdateContinuousBackupsRequest,
    UpdateTableRequest,
    UpdateTimeToLiveRequest,
)
from tests.server.security.attacks.target import (
    ANA,
    JAZZ,
    MALLORY,
    OLGA,
    OPERATIONS,
    STREAM_OF_OURS,
    TAGGED,
    Target,
    arn,
    ended,
    metadata_of,
)
from tests.server.security.attacks.test_others_tables import ATTRIBUTES, KEY_SCHEMA, import_of, spec

LARGEST = 2**63 - 1


class Attack(NamedTuple):
    """What is too much with a table, the policy that forbids it, and what is not too much."""

    too_much: Callable[[str], Message]
    policy: str
    modest: Callable[[str], Message]


def provisioned(table: str, read: int, write: int, of_index: int = 1) -> CreateTableRequest:
    """A request for TABLE with so many capacity units."""
    units = ProvisionedThroughput(read_capacity_units=of_index, write_capacity_units=of_index)
    index = GlobalSecondaryIndex(
        index_name="by-id",
        key_schema=KEY_SCHEMA,
        projection=Projection(projection_type=ProjectionType.PROJECTION_TYPE_ALL),
        provisioned_throughput=units,
    )
    return CreateTableRequest(
        table_name=table,
        key_schema=KEY_SCHEMA,
        attribute_definitions=ATTRIBUTES,
        provisioned_throughput=ProvisionedThroughput(read_capacity_units=read, write_capacity_units=write),
        global_secondary_indexes=[index],
    )


def restored(table: str, units: int) -> RestoreTableToPointInTimeRequest:
    """A request to restore TABLE with so many read capacity units."""
    return RestoreTableToPointInTimeRequest(
        target_table_name=f"{table}-copy",
        source_table_name=table,
        provisioned_throughput_override=ProvisionedThroughput(
            read_capacity_units=units, write_capacity_units=1
        ),
    )


def imported(table: str, bucket: str, units: int = 1) -> ImportTableRequest:
    """A request to make TABLE of what is in BUCKET."""
    request = import_of(table)
    request.s3_bucket_source.s3_bucket = bucket
    units_of = request.table_creation_parameters.provisioned_throughput
    units_of.read_capacity_units = units_of.write_capacity_units = units
    return request


def streaming(table: str, stream: str) -> EnableKinesisStreamingDestinationRequest:
    """A request to send the changes of TABLE to STREAM."""
    return EnableKinesisStreamingDestinationRequest(table_name=table, stream_arn=stream)


def exported(table: str, bucket: str) -> ExportTableToPointInTimeRequest:
    """A request to write the items of TABLE to BUCKET."""
    return ExportTableToPointInTimeRequest(table_arn=arn(table), s3_bucket=bucket)


def written(table: str, bucket: str, output: str = "acme-exports") -> StartBulkPutItemsRequest:
    """A request to write the items of BUCKET to TABLE, and to the bucket OUTPUT what came of them."""
    return StartBulkPutItemsRequest(
        table_name=table,
        input_s3_configuration=InputS3Configuration(
            s3_bucket=bucket,
            input_format=BulkOperationInputFormat.BULK_OPERATION_INPUT_FORMAT_DYNAMODB_JSON,
        ),
        output_s3_configuration=OutputS3Configuration(
            s3_bucket=output, output_type=[OutputTypeEnum.OUTPUT_TYPE_ENUM_ERROR]
        ),
    )


def expiring(table: str, *, enabled: bool) -> UpdateTimeToLiveRequest:
    """A request about the time to live of the items of TABLE."""
    specification = TimeToLiveSpecification(attribute_name="ends", enabled=enabled)
    return UpdateTimeToLiveRequest(table_name=table, time_to_live_specification=specification)


def recoverable(table: str, days: int | None, *, enabled: bool) -> UpdateContinuousBackupsRequest:
    """A request about the recovery points of TABLE."""
    specification = PointInTimeRecoverySpecification(
        point_in_time_recovery_enabled=enabled, recovery_period_in_days=days
    )
    return UpdateContinuousBackupsRequest(
        table_name=table, point_in_time_recovery_specification=specification
    )


def protected(table: str, *, enabled: bool) -> UpdateTableRequest:
    """A request about the deletion protection of TABLE."""
    return UpdateTableRequest(table_name=table, deletion_protection_enabled=enabled)


def applied(table: str, *, allow_replacement: bool = False, policy: str | None = None) -> ApplyPlanRequest:
    """A request to apply a plan to TABLE."""
    wanted = spec(table)
    if policy is not None:
        wanted.resource_policy = policy
    return ApplyPlanRequest(specs=[wanted], allow_replacement=allow_replacement, request_id=str(uuid.uuid4()))


def without_index(table: str) -> UpdateTableRequest:
    """A request that deletes an index of TABLE."""
    deletion = GlobalSecondaryIndexUpdate(delete=DeleteGlobalSecondaryIndexAction(index_name="by-year"))
    return UpdateTableRequest(table_name=table, global_secondary_index_updates=[deletion])


def without_replica(table: str) -> UpdateTableRequest:
    """A request that deletes a replica of TABLE."""
    deletion = ReplicationGroupUpdate(delete=DeleteReplicationGroupMemberAction(region_name="eu-west-1"))
    return UpdateTableRequest(table_name=table, replica_updates=[deletion])


def tagged(table: str, key: str) -> TagResourceRequest:
    """A request to tag TABLE."""
    return TagResourceRequest(resource_arn=arn(table), tags=[Tag(key=key, value="ana")])


def created(table: str, **more: object) -> CreateTableRequest:
    """A request to create TABLE."""
    return CreateTableRequest(table_name=table, **more)  # type: ignore[arg-type]  # of whichever field


ATTACKS = {
    "export elsewhere": Attack(
        lambda table: exported(table, "evil"), "stays-here", lambda table: exported(table, "acme-exports")
    ),
    "import from elsewhere": Attack(
        lambda table: imported(table, "evil"), "stays-here", lambda table: imported(table, "acme-exports")
    ),
    "items from elsewhere": Attack(
        lambda table: written(table, "evil"), "stays-here", lambda table: written(table, "acme-exports")
    ),
    "outcome elsewhere": Attack(
        lambda table: written(table, "acme-exports", "evil"),
        "stays-here",
        lambda table: written(table, "acme-exports"),
    ),
    "Kinesis elsewhere": Attack(
        lambda table: streaming(table, STREAM_OF_OURS.replace("ours", "evil")),
        "stays-here",
        lambda table: streaming(table, STREAM_OF_OURS),
    ),
    "policy in CreateTable": Attack(lambda table: created(table, resource_policy="{}"), "kept", created),
    "policy in a spec": Attack(lambda table: applied(table, policy="{}"), "kept", applied),
    "policy": Attack(
        lambda table: PutResourcePolicyRequest(resource_arn=arn(table), policy="{}"),
        "kept",
        lambda table: tagged(table, "colour"),
    ),
    "index delete by update": Attack(without_index, "kept", lambda table: protected(table, enabled=True)),
    "replica delete by update": Attack(without_replica, "kept", lambda table: protected(table, enabled=True)),
    "TTL on": Attack(
        lambda table: expiring(table, enabled=True), "kept", lambda table: expiring(table, enabled=False)
    ),
    "protection off": Attack(
        lambda table: protected(table, enabled=False), "kept", lambda table: protected(table, enabled=True)
    ),
    "recovery off": Attack(
        lambda table: recoverable(table, None, enabled=False),
        "kept",
        lambda table: recoverable(table, None, enabled=True),
    ),
    "recovery for a day": Attack(
        lambda table: recoverable(table, 1, enabled=True),
        "kept",
        lambda table: recoverable(table, 35, enabled=True),
    ),
    "replacement": Attack(lambda table: applied(table, allow_replacement=True), "kept", applied),
    "retagging `owner`": Attack(
        lambda table: tagged(table, "owner"), "owner-stays", lambda table: tagged(table, "colour")
    ),
    "untagging `owner`": Attack(
        lambda table: UntagResourceRequest(resource_arn=arn(table), tag_keys=["colour", "owner"]),
        "owner-stays",
        lambda table: UntagResourceRequest(resource_arn=arn(table), tag_keys=["colour"]),
    ),
    "`owner` in CreateTable": Attack(
        lambda table: created(table, tags=[Tag(key="owner", value="ana")]),
        "owner-stays",
        lambda table: created(table, tags=[Tag(key="colour", value="red")]),
    ),
    "capacity": Attack(
        lambda table: provisioned(table, 600, 600), "capacity", lambda table: provisioned(table, 499, 499)
    ),
    "capacity of an index": Attack(
        lambda table: provisioned(table, 1, 1, 500), "capacity", lambda table: provisioned(table, 1, 1, 499)
    ),
    "capacity by import": Attack(
        lambda table: imported(table, "acme-exports", 501),
        "capacity",
        lambda table: imported(table, "acme-exports", 500),
    ),
    "capacity by restore": Attack(
        lambda table: restored(table, 1000), "capacity", lambda table: restored(table, 999)
    ),
    # The sum that the guardrail makes is no number of Cedar: an error of a policy denies.
    "overflow": Attack(
        lambda table: provisioned(table, LARGEST, 1), "", lambda table: provisioned(table, 1, 1)
    ),
    "overflow of the sum of indexes": Attack(
        lambda table: provisioned(table, LARGEST, LARGEST, LARGEST),
        "",
        lambda table: provisioned(table, 1, 1, 1),
    ),
    "capacity made up for by less than none": Attack(
        lambda table: provisioned(table, 1001, 1, -(2**40)),
        "capacity",
        lambda table: provisioned(table, 1, 1, 1),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_guardrails(target: Target, channel: grpc.Channel, attack: Attack, table_name: str) -> None:
    """What a guardrail forbids is denied before any call, in the name of the policy; the rest is not."""
    table = f"music-{table_name}"
    end = ended(channel, attack.too_much(table), metadata_of(ANA))
    assert ("PERMISSION_DENIED", "POLICY_DENIED", attack.policy) == end[:3], end
    assert [] == target.reached(table)
    modest = ended(channel, attack.modest(table), metadata_of(ANA))
    assert target.reached(table), modest


# Changes, copies, shares or replaces a table.
WRITES = {
    "protection off": lambda table: protected(table, enabled=False),
    "export": lambda table: exported(table, "acme-exports"),
    "restore over": lambda table: RestoreTableToPointInTimeRequest(
        target_table_name=table, source_table_name="music-a"
    ),
    "policy": lambda table: PutResourcePolicyRequest(resource_arn=arn(table), policy="{}"),
    "TTL on": lambda table: expiring(table, enabled=True),
    "Kinesis": lambda table: streaming(table, STREAM_OF_OURS),
    "plan": applied,
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_operations_table(channel: grpc.Channel, write: Callable[[str], Message]) -> None:
    """The table in which the service keeps its operations is for nobody, operators included."""
    end = ended(channel, write(OPERATIONS), metadata_of(OLGA))
    assert ("FAILED_PRECONDITION", "RESERVED_TABLE") == end[:2]


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        (["secret"], ("PERMISSION_DENIED", "POLICY_DENIED")),
        (["production"], ("PERMISSION_DENIED", "POLICY_DENIED")),
        (["Staging"], ("PERMISSION_DENIED", "POLICY_DENIED")),
        (["staging", "production"], ("INVALID_ARGUMENT", "AMBIGUOUS_ENDPOINT")),
        (["production", "staging"], ("INVALID_ARGUMENT", "AMBIGUOUS_ENDPOINT")),
        (["staging", "staging"], ("INVALID_ARGUMENT", "AMBIGUOUS_ENDPOINT")),
    ],
    ids=" and ".join,
)
def test_unknown_or_two_endpoints(
    target: Target, channel: grpc.Channel, endpoints: list[str], expected: tuple[str, str], table_name: str
) -> None:
    """An endpoint that is not permitted looks like an unknown one, and two endpoints are none."""
    request = DescribeTableRequest(table_name=f"music-{table_name}")
    named = tuple(("tableadmin-endpoint", each) for each in endpoints)
    assert expected == ended(channel, request, (*metadata_of(ANA), *named))[:2]
    assert [] == target.reached(table_name)


@pytest.mark.parametrize("name", [MALLORY, JAZZ])
def test_retagging_owner(target: Target, channel: grpc.Channel, name: str) -> None:
    """Who owns a table by its tag can't be changed by a request: the tag that the table has decides.

    Nobody can take a table, and its owner can't give it away.
    """
    tag = TagResourceRequest(resource_arn=arn(TAGGED), tags=[Tag(key="owner", value=MALLORY)])
    owner = "owner-stays" if name == JAZZ else ""
    for request in (tag, UntagResourceRequest(resource_arn=arn(TAGGED), tag_keys=["owner"])):
        end = ended(channel, request, metadata_of(name))
        assert ("PERMISSION_DENIED", "POLICY_DENIED", owner) == end[:3]
    assert {"TagResource", "UntagResource"}.isdisjoint(target.reached(TAGGED))
    colour = TagResourceRequest(resource_arn=arn(TAGGED), tags=[Tag(key="colour", value="red")])
    assert ("OK" if name == JAZZ else "PERMISSION_DENIED") == ended(channel, colour, metadata_of(name)).code
