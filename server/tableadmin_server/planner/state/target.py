"""The target of a plan: the desired state, with the live values of all that the plan leaves as it is."""

from dataclasses import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import text
from tableadmin_server.planner.state.index import Index, SomeUnits, Units
from tableadmin_server.planner.state.key import Same, compare_keys
from tableadmin_server.planner.state.live import AutoScaled, auto_scaled
from tableadmin_server.planner.state.replica import REPLICATED_VIEW, merge_overrides
from tableadmin_server.planner.state.table_state import TableState
from tableadmin_server.planner.state.unmanaged import MEMBERS, Unmanaged
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot

# The attribute of TableState that holds each part.
PART_MEMBERS = {part: MEMBERS[part.value] for part in Part if part.value in MEMBERS}


def target_state(desired: TableState, at: TableState, live: Snapshot, unmanaged: Unmanaged) -> TableState:
    """The target: DESIRED, with values of AT for all that the plan leaves as it is.

    These are the UNMANAGED members, and what AWS scales, can't change or can't compare.
    """
    to, scaled = unmanaged.kept(desired, at).draft(), auto_scaled(live)
    if to.billing_mode == at.billing_mode:
        to.throughput = _scaled(to.throughput, at.throughput, scaled.get(""))
    to.warm = raised_throughput(to.warm, at.warm)
    to.indexes = {
        name: _index(index, at.indexes.get(name), scaled.get(name)) for name, index in to.indexes.items()
    }
    if compared_key(to, at, live) in (Same.YES, Same.UNKNOWN):
        to.encryption = at.encryption
    if to.replicas:  # also of replicas that the spec does not manage, whatever it says of the stream
        to.stream = REPLICATED_VIEW
    to.replicas = {
        region: _replica(region, replica, at.replicas.get(region), live)
        for region, replica in to.replicas.items()
        if region != live.region
    }
    for member in (PART_MEMBERS[part] for part in live.unsupported & PART_MEMBERS.keys()):
        setattr(to, member, getattr(at, member))
    if at.tags is None:
        to.tags = None
    if at.policy is None:
        to.policy = None
    return to


def _index(index: Index, now: Index | None, scaled: AutoScaled | None) -> Index:
    if now is None or not index.same_definition(now):
        return index
    warm = raised_throughput(index.warm, now.warm)
    throughput = _scaled(index.throughput, now.throughput, scaled)
    if warm == index.warm and throughput == index.throughput:
        return index
    return replace(index, warm=warm, throughput=throughput)


def _scaled(desired: Units | None, now: Units | None, scaled: AutoScaled | None) -> Units | None:
    if desired is None or now is None or scaled is None:
        return desired
    return (now[0] if scaled.read else desired[0], now[1] if scaled.write else desired[1])


def raised_throughput(desired: SomeUnits, now: SomeUnits) -> SomeUnits:
    """The target of warm throughput: the higher value, the present one where none is desired."""
    return _more(desired[0], now[0]), _more(desired[1], now[1])


def _more(desired: int | None, now: int | None) -> int | None:
    return now if desired is None or (now is not None and now > desired) else desired


def _replica(region: str, desired: AwsDict, at: AwsDict | None, live: Snapshot) -> AwsDict:
    if at is None:
        return desired
    both = merge_overrides(at, desired)
    if compared_replica_key(region, desired, at, live) in (Same.YES, Same.UNKNOWN):
        both["KMSMasterKeyId"] = at["KMSMasterKeyId"]
    return both


def compared_key(desired: TableState, at: TableState, live: Snapshot) -> Same:
    """Whether the table has the KMS key that DESIRED has; NO where one of them is encrypted by no KMS key."""
    if desired.encryption is None or at.encryption is None:
        return Same.NO
    return compare_keys(desired.encryption, at.encryption, live.key_aliases, is_aws=live.is_aws)


def compared_replica_key(region: str, desired: AwsDict, at: AwsDict, live: Snapshot) -> Same:
    """Whether the replica AT of the table LIVE in REGION has the KMS key that DESIRED has."""
    key, now = text(desired, "KMSMasterKeyId"), text(at, "KMSMasterKeyId")
    if not now:
        return Same.NO
    same = compare_keys(key, now, live.replica_key_aliases.get(region, {}), is_aws=True)
    # AWS can't take the key of a replica away.
    return same if key or same is Same.YES else Same.UNKNOWN
