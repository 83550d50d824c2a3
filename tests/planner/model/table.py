"""A table of the model of DynamoDB's control plane: what it is, what is in motion, how it is described."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]  # AWS-shaped: JSON in, JSON out

REGION, ACCOUNT = "us-west-2", "000000000000"
EPOCH = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()

# Units that every table can take at once, on demand.
_WARM = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000}


class Rejected(Exception):
    """AWS refuses a call."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


def invalid(message: str) -> Rejected:
    """The ValidationException that says MESSAGE."""
    return Rejected("ValidationException", message)


def in_use(message: str) -> Rejected:
    """The ResourceInUseException that says MESSAGE."""
    return Rejected("ResourceInUseException", message)


def limit(message: str) -> Rejected:
    """The LimitExceededException that says MESSAGE."""
    return Rejected("LimitExceededException", message)


@dataclass
class Motion:
    """A status that lasts until a moment, and the one after it; "" stands for gone."""

    now: str
    then: str = ""
    until: float = float("inf")

    def settled(self, clock: float) -> str:
        """The status at the moment CLOCK."""
        if clock >= self.until:
            self.now, self.until = self.then, float("inf")
        return self.now

    def move(self, now: str, then: str, until: float) -> None:
        """Be NOW until the moment UNTIL, and THEN afterwards."""
        self.now, self.then, self.until = now, then, until


@dataclass
class Index:
    """A global secondary index."""

    definition: Data
    status: Motion
    warm: Data
    warming: Motion = field(default_factory=lambda: Motion("ACTIVE"))
    throughput: Data | None = None
    on_demand: Data = field(default_factory=dict)
    decreases: list[float] = field(default_factory=list)


@dataclass
class Table:
    """A table; times are seconds on the model's clock."""

    name: str
    identity: str
    keys: list[Data]
    types: dict[str, str]
    status: Motion
    local: list[Data] = field(default_factory=list)
    indexes: dict[str, Index] = field(default_factory=dict)
    mode: str = "PROVISIONED"
    been_on_demand: bool = False
    throughput: Data | None = None
    on_demand: Data = field(default_factory=dict)
    warm: Data = field(default_factory=lambda: dict(_WARM))
    warming: Motion = field(default_factory=lambda: Motion("ACTIVE"))
    stream: str | None = None
    key: str | None = None
    encrypting: Motion = field(default_factory=lambda: Motion("ENABLED"))
    table_class: str = "STANDARD"
    protected: bool = False
    policy: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    expiry: str | None = None
    expiring: Motion = field(default_factory=lambda: Motion("DISABLED"))
    recovery: int | None = None
    insights: Motion = field(default_factory=lambda: Motion("DISABLED"))
    insights_mode: str = "ACCESSED_AND_THROTTLED_KEYS"
    kinesis: dict[str, Data] = field(default_factory=dict)
    destinations: dict[str, Motion] = field(default_factory=dict)
    replicas: dict[str, Data] = field(default_factory=dict)
    replicating: dict[str, Motion] = field(default_factory=dict)
    decreases: list[float] = field(default_factory=list)
    active_since: float = 0.0
    # When each thing with a budget or a cooldown was changed.
    changed: dict[str, list[float]] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.name}"

    def settle(self, clock: float) -> None:
        """Let everything be over that is over at the moment CLOCK."""
        for motion in (self.status, self.encrypting, self.warming, self.expiring, self.insights):
            motion.settled(clock)
        self.indexes = {
            name: index
            for name, index in self.indexes.items()
            if index.status.settled(clock) and index.warming.settled(clock)
        }
        self.replicating = {region: each for region, each in self.replicating.items() if each.settled(clock)}
        self.replicas = {region: each for region, each in self.replicas.items() if region in self.replicating}
        for motion in self.destinations.values():
            motion.settled(clock)
        used = self._key_attributes()
        self.types = {name: kind for name, kind in self.types.items() if name in used}

    def jobs(self) -> list[str]:
        """What moves beside TableStatus."""
        return [
            *(name for name, index in self.indexes.items() if index.status.now != "ACTIVE"),
            *(name for name, index in self.indexes.items() if index.warming.now != "ACTIVE"),
            *(["encryption"] if self.encrypting.now == "UPDATING" else []),
            *(["warm throughput"] if self.warming.now != "ACTIVE" else []),
            *(region for region, each in self.replicating.items() if each.now != "ACTIVE"),
        ]

    def _key_attributes(self) -> set[str]:
        holders = [*self.local, *(index.definition for index in self.indexes.values())]
        return {key["AttributeName"] for key in [*self.keys, *(k for h in holders for k in h["KeySchema"])]}

    def _encryption(self) -> Data:
        """AWS's own key shows only while another one is given up for it."""
        if self.key is None and self.encrypting.now == "ENABLED":
            return {}
        arn = {"KMSMasterKeyArn": self.key} if self.key else {}
        return {"Status": self.encrypting.now, "SSEType": "KMS", **arn}

    def description(self) -> Data:
        """What DescribeTable shows: without what is at its default."""
        shown: Data = {
            "TableName": self.name,
            "TableId": self.identity,
            "TableArn": self.arn,
            "TableStatus": self.status.now,
            "CreationDateTime": EPOCH,
            "TableSizeBytes": 0,
            "ItemCount": 0,
            "KeySchema": self.keys,
            # An unordered set.
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in sorted(self.types.items())
            ],
            "ProvisionedThroughput": _throughput(self.throughput, self.decreases),
            "DeletionProtectionEnabled": self.protected,
            "WarmThroughput": {**self.warm, "Status": self.warming.now},
        }
        shown |= _present(
            LocalSecondaryIndexes=self.local,
            GlobalSecondaryIndexes=[_index(name, index) for name, index in reversed(self.indexes.items())],
            BillingModeSummary={"BillingMode": self.mode} if self.been_on_demand else None,
            OnDemandThroughput=self.on_demand,
            StreamSpecification=self.stream and {"StreamEnabled": True, "StreamViewType": self.stream},
            SSEDescription=self._encryption(),
            TableClassSummary={"TableClass": self.table_class} if "class" in self.changed else None,
            Replicas=[
                {"RegionName": region, "ReplicaStatus": self.replicating[region].now, **_replica(each)}
                for region, each in self.replicas.items()
            ],
        )
        return shown


def _index(name: str, index: Index) -> Data:
    backfilling = {"Backfilling": True} if index.status.now == "CREATING" else {}
    return {
        "IndexName": name,
        "IndexStatus": index.status.now,
        **backfilling,
        **index.definition,
        "ProvisionedThroughput": _throughput(index.throughput, index.decreases),
        **_present(OnDemandThroughput=index.on_demand),
        "WarmThroughput": {**index.warm, "Status": index.warming.now},
    }


def _replica(data: Data) -> Data:
    shown = {key: value for key, value in data.items() if key != "TableClassOverride"}
    if "TableClassOverride" in data:
        shown["ReplicaTableClassSummary"] = {"TableClass": data["TableClassOverride"]}
    return shown


def _throughput(units: Data | None, decreases: list[float]) -> Data:
    last = {"LastDecreaseDateTime": EPOCH + decreases[-1]} if decreases else {}
    return {
        **(units or {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}),
        "NumberOfDecreasesToday": len(decreases),
        **last,
    }


def _present(**members: Any) -> Data:  # noqa: ANN401  # AWS-shaped
    return {member: value for member, value in members.items() if value}
