"""A table in one form, whether it is desired or live, with AWS's defaults for what is absent."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.state.index import (
    UNLIMITED,
    UNMANAGED,
    Index,
    Keys,
    SomeUnits,
    Units,
    index_of,
    key_types,
    keys_of,
    on_demand_of,
    throughput_of,
    warm_of,
)

PROVISIONED, PAY_PER_REQUEST = "PROVISIONED", "PAY_PER_REQUEST"
# AWS's default of a recovery period, in days.
RECOVERY_DAYS = 35
DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"
DEFAULT_PRECISION = "MILLISECOND"


@dataclass(slots=True)
class TableState:
    """What a plan compares. None stands for off, and for the key that AWS owns; for tags for unknown."""

    keys: Keys
    local_indexes: dict[str, Index]
    indexes: dict[str, Index]
    vector_indexes: dict[str, AwsDict]
    billing_mode: str = PROVISIONED
    throughput: Units | None = None
    on_demand: Units = UNLIMITED
    warm: SomeUnits = UNMANAGED
    # The view type.
    stream: str | None = None
    # A key of KMS by ARN, id or alias; "" for the default one.
    encryption: str | None = None
    table_class: str = "STANDARD"
    deletion_protection: bool = False
    # As `policy.canonical` has it; "" for none and None for unknown.
    policy: str | None = ""
    tags: dict[str, str] | None = field(default_factory=dict)
    # The attribute.
    time_to_live: str | None = None
    recovery_days: int | None = None
    # The mode.
    insights: str | None = None
    # Precision by ARN of the Kinesis data stream.
    kinesis: dict[str, str] = field(default_factory=dict)
    # Overrides by region.
    replicas: dict[str, AwsDict] = field(default_factory=dict)

    def draft(self) -> "TableState":
        """A copy whose members can be changed without changing this one."""
        other = copy(self)
        other.indexes = dict(self.indexes)
        other.vector_indexes = dict(self.vector_indexes)
        other.kinesis = dict(self.kinesis)
        other.replicas = dict(self.replicas)
        return other


def defined(holder: Mapping[str, AwsValue], gone: Iterable[str] = ()) -> TableState:
    """Keys, indexes and capacity, as specs and descriptions have them, without the indexes GONE."""
    types = key_types(holder)
    out = set(gone)
    return TableState(
        keys_of(holder, types),
        {
            text(each, "IndexName"): index_of(each, types)
            for each in elements(holder, "LocalSecondaryIndexes")
        },
        {
            name: index_of(each, types)
            for each in elements(holder, "GlobalSecondaryIndexes")
            if (name := text(each, "IndexName")) not in out
        },
        {
            name: vector_index(each)
            for each in elements(holder, "VectorIndexes")
            if (name := text(each, "IndexName")) not in out
        },
        throughput=throughput_of(holder),
        on_demand=on_demand_of(holder),
        warm=warm_of(holder),
    )


_VECTOR_MEMBERS = ("VectorAttribute", "SearchSchema", "Dimensions", "DistanceFunction")


def vector_index(data: AwsDict) -> AwsDict:
    """A vector index without what a description adds, sets sorted."""
    projection = dict(structure(data, "Projection"))
    if projection.get("NonKeyAttributes"):
        projection["NonKeyAttributes"] = sorted(projection["NonKeyAttributes"])  # type: ignore[type-var, arg-type]  # texts
    members = {member: data[member] for member in _VECTOR_MEMBERS if data.get(member)}
    return {**members, "Projection": projection}
