"""The state of a table in one form, for specs and for live tables, with AWS's defaults."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace

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
# AWS's default recovery period, in days.
RECOVERY_DAYS = 35
DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"
DEFAULT_PRECISION = "MILLISECOND"


@dataclass(slots=True)
class TableState:
    """The settings that a plan compares.

    None means off; for `encryption` the key that AWS owns; for `tags` and `policy` unknown.
    """

    keys: Keys
    local_indexes: dict[str, Index]
    indexes: dict[str, Index]
    vector_indexes: dict[str, AwsDict]
    billing_mode: str = PROVISIONED
    throughput: Units | None = None
    on_demand: Units = UNLIMITED
    warm: SomeUnits = UNMANAGED
    # The view type of the stream.
    stream: str | None = None
    # The KMS key by ARN, id or alias; "" for the key that AWS manages.
    encryption: str | None = None
    table_class: str = "STANDARD"
    deletion_protection: bool = False
    # In the form of `policy.canonical`; "" for no policy.
    policy: str | None = ""
    tags: dict[str, str] | None = field(default_factory=dict)
    # The attribute of time to live.
    time_to_live: str | None = None
    recovery_days: int | None = None
    # The mode of Contributor Insights.
    insights: str | None = None
    # Precision by ARN of the Kinesis data stream.
    kinesis: dict[str, str] = field(default_factory=dict)
    # Overrides by region.
    replicas: dict[str, AwsDict] = field(default_factory=dict)

    def draft(self) -> "TableState":
        """A copy that can be changed without a change of this state."""
        other = copy(self)
        other.indexes = dict(self.indexes)
        other.vector_indexes = dict(self.vector_indexes)
        other.tags = None if self.tags is None else dict(self.tags)
        other.kinesis = dict(self.kinesis)
        other.replicas = dict(self.replicas)
        return other


def parse_definition(holder: Mapping[str, AwsValue], gone: Iterable[str] = ()) -> TableState:
    """Keys, indexes and capacity of HOLDER, a spec or a description, without the indexes named in GONE."""
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


def of_one_mode(state: TableState) -> TableState:
    """STATE without the capacity of the other billing mode, which some engines still return."""
    one = copy(state)
    if state.billing_mode == PAY_PER_REQUEST:
        one.throughput = None
        one.indexes = {
            name: replace(index, throughput=None, shown=index.throughput) if index.throughput else index
            for name, index in state.indexes.items()
        }
    else:
        one.on_demand = UNLIMITED
        one.indexes = {
            name: replace(index, on_demand=UNLIMITED) if index.on_demand != UNLIMITED else index
            for name, index in state.indexes.items()
        }
    return one


_VECTOR_MEMBERS = ("VectorAttribute", "SearchSchema", "Dimensions", "DistanceFunction")


def vector_index(data: AwsDict) -> AwsDict:
    """The vector index DATA without what only descriptions have, attributes sorted."""
    projection = dict(structure(data, "Projection"))
    if projection.get("NonKeyAttributes"):
        projection["NonKeyAttributes"] = sorted(projection["NonKeyAttributes"])  # type: ignore[type-var, arg-type]  # texts
    members = {member: data[member] for member in _VECTOR_MEMBERS if data.get(member)}
    return {**members, "Projection": projection}
