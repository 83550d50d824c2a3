"""The overrides of a replica in one form, for desired and for live replicas."""

from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import elements, structure, text

# A replica whose creation failed has to be deleted before it is created again.
FAILED = "CREATION_FAILED"
# The only view type of a stream that replication can read.
REPLICATED_VIEW = "NEW_AND_OLD_IMAGES"

_OVERRIDES = ("KMSMasterKeyId", "ProvisionedThroughputOverride", "OnDemandThroughputOverride")


def replica_of(data: AwsDict) -> AwsDict:
    """The overrides of the replica DATA of a spec or of a description, its indexes by name."""
    replica: AwsDict = {member: data[member] for member in _OVERRIDES if data.get(member)}
    summary = structure(data, "ReplicaTableClassSummary")
    table_class = data.get("TableClassOverride") or summary.get("TableClass")
    if table_class:
        replica["TableClassOverride"] = table_class
    if data.get("ReplicaStatus") == FAILED:
        replica["ReplicaStatus"] = FAILED
    indexes: AwsDict = {
        text(index, "IndexName"): overrides
        for index in elements(data, "GlobalSecondaryIndexes")
        if (overrides := {member: index[member] for member in _OVERRIDES[1:] if index.get(member)})
    }
    return {**replica, "GlobalSecondaryIndexes": indexes} if indexes else replica


def merge_overrides(live: AwsDict, desired: AwsDict) -> AwsDict:
    """LIVE with the overrides of DESIRED added: AWS can't remove an override."""
    indexes = {**_indexes(live), **_indexes(desired)}
    both: AwsDict = {**live, **desired}
    both.pop("ReplicaStatus", None)
    return {**both, "GlobalSecondaryIndexes": cast("AwsValue", indexes)} if indexes else both


def has_failed(replica: AwsDict) -> bool:
    """Whether the creation of the live REPLICA failed."""
    return "ReplicaStatus" in replica


def replica_shape(replica: AwsDict, before: AwsDict | None = None) -> AwsDict:
    """The overrides of REPLICA that BEFORE does not have, in the shape of ReplicaUpdates."""
    was = before or {}
    known = _indexes(was)
    shape: AwsDict = {
        member: value
        for member, value in replica.items()
        if member != "GlobalSecondaryIndexes" and was.get(member) != value
    }
    indexes: list[AwsValue] = [
        {"IndexName": name, **overrides}
        for name, overrides in _indexes(replica).items()
        if known.get(name) != overrides
    ]
    return {**shape, "GlobalSecondaryIndexes": indexes} if indexes else shape


def _indexes(replica: AwsDict) -> dict[str, AwsDict]:
    return cast("dict[str, AwsDict]", structure(replica, "GlobalSecondaryIndexes"))
