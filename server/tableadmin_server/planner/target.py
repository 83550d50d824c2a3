"""What a plan aims at: the desired state, with what stays as it is taken from the live one."""

from collections.abc import Iterator
from dataclasses import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import text
from tableadmin_server.planner.caution import Caution
from tableadmin_server.planner.encryption import is_alias, same_key
from tableadmin_server.planner.index import Index, SomeUnits, Units
from tableadmin_server.planner.live import AutoScaled, Live
from tableadmin_server.planner.parts import Part
from tableadmin_server.planner.replica import merged
from tableadmin_server.planner.replica_rules import REPLICATED_VIEW
from tableadmin_server.planner.state import TableState

# The member of a state that holds each part.
PART_MEMBERS = {
    Part.TIME_TO_LIVE: "time_to_live",
    Part.CONTINUOUS_BACKUPS: "recovery_days",
    Part.TAGS: "tags",
    Part.RESOURCE_POLICY: "policy",
    Part.CONTRIBUTOR_INSIGHTS: "insights",
    Part.KINESIS: "kinesis",
}


def aimed_at(desired: TableState, at: TableState, live: Live) -> TableState:
    """DESIRED with what AWS moves, can't change or can't tell apart taken from AT."""
    to = desired.draft()
    if to.billing_mode == at.billing_mode:
        to.throughput = _scaled(to.throughput, at.throughput, live.auto_scaled.get(""))
    to.warm = _raised(to.warm, at.warm)
    to.indexes = {name: _index(name, index, at, live) for name, index in to.indexes.items()}
    if to.encryption is not None and at.encryption is not None and same_key(to.encryption, at.encryption):
        to.encryption = at.encryption
    if to.replicas and to.stream is None:
        to.stream = REPLICATED_VIEW
    to.replicas = {
        region: _replica(replica, at.replicas.get(region))
        for region, replica in to.replicas.items()
        if region != live.region
    }
    for member in (PART_MEMBERS[part] for part in live.unsupported):
        setattr(to, member, getattr(at, member))
    if at.tags is None:
        to.tags = None
    if at.policy is None:
        to.policy = None
    return to


def cautions(desired: TableState, at: TableState, live: Live) -> Iterator[Caution]:
    """What of DESIRED is left as it is in AT, and why."""
    yield from _warm_cautions("", desired.warm, at.warm)
    for name, index in desired.indexes.items():
        if name in at.indexes and index.same_definition(at.indexes[name]):
            yield from _warm_cautions(f"GlobalSecondaryIndexes[{name}].", index.warm, at.indexes[name].warm)
    if desired.encryption and is_alias(desired.encryption) and at.encryption is not None:
        yield Caution(
            "SSESpecification.KMSMasterKeyId",
            "an alias can't be compared with the key in use, so the key is left as it is: name the key's ARN",
        )
    for name in live.auto_scaled:
        prefix = f"GlobalSecondaryIndexes[{name}]." if name else ""
        yield Caution(f"{prefix}ProvisionedThroughput", "Application Auto Scaling moves it: left as it is")
    for region, replica in desired.replicas.items():
        kept = at.replicas.get(region, {}).keys() - replica.keys() - {"TableClassOverride", "KMSMasterKeyId"}
        for member in sorted(kept):
            yield Caution(f"Replicas[{region}].{member}", "AWS can't remove an override: left as it is")


def _index(name: str, index: Index, at: TableState, live: Live) -> Index:
    now = at.indexes.get(name)
    if now is None or not index.same_definition(now):
        return index
    warm = _raised(index.warm, now.warm)
    throughput = _scaled(index.throughput, now.throughput, live.auto_scaled.get(name))
    if warm == index.warm and throughput == index.throughput:
        return index
    return replace(index, warm=warm, throughput=throughput)


def _scaled(desired: Units | None, now: Units | None, scaled: AutoScaled | None) -> Units | None:
    if desired is None or now is None or scaled is None:
        return desired
    return (now[0] if scaled.read else desired[0], now[1] if scaled.write else desired[1])


def _raised(desired: SomeUnits, now: SomeUnits) -> SomeUnits:
    """Warm throughput is unmanaged where it is not desired, and never goes down."""
    return _more(desired[0], now[0]), _more(desired[1], now[1])


def _more(desired: int | None, now: int | None) -> int | None:
    return now if desired is None or (now is not None and now > desired) else desired


def _warm_cautions(prefix: str, desired: SomeUnits, now: SomeUnits) -> Iterator[Caution]:
    if _raised(desired, now) != tuple(
        is_ if wanted is None else wanted for wanted, is_ in zip(desired, now, strict=True)
    ):
        yield Caution(f"{prefix}WarmThroughput", "warm throughput never goes down: the higher value stays")


def _replica(desired: AwsDict, at: AwsDict | None) -> AwsDict:
    if at is None:
        return desired
    both = merged(at, desired)
    key, now = text(desired, "KMSMasterKeyId"), text(at, "KMSMasterKeyId")
    if key and now and same_key(key, now):
        both["KMSMasterKeyId"] = now
    return both
