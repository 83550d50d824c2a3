"""Reads tables for plans: with the parts that a spec can have, and with auto scaling."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.reading import background_reader
from tableadmin_server.tables.restore_sources import restore_source
from tableadmin_server.tables.snapshot import Snapshot

# The key of a table that is encrypted by KMS without a named key.
_AWS_MANAGED_KEY = "alias/aws/dynamodb"
# Parts that are read for each index cost a call an index. They are read only for specs that have them.
_ALWAYS = frozenset(part for part, row in ROWS.items() if not row.each)


async def read_for_plan(endpoint: Endpoint, name: str, spec: Mapping[str, AwsValue]) -> Snapshot:
    """Return the current table NAME, for SPEC. Raises Failure.

    The snapshot of a table that does not exist has only the parts of SPEC that the endpoint lacks, and the
    source that SPEC restores the table from.
    """
    needed = _needed(spec)
    reader = background_reader(endpoint)
    read = await reader.snapshot(name, _ALWAYS | needed, needed)
    if not read.exists:
        read = replace(read, source=await restore_source(reader, spec, _ALWAYS))
    return await _completed(endpoint, read, spec)


async def observed_again(
    endpoint: Endpoint, before: Snapshot, parts: Collection[Part], spec: Mapping[str, AwsValue]
) -> Snapshot:
    """Return the current table of BEFORE, with PARTS read again. Raises Failure.

    Other parts are as in BEFORE. A replaced table is read completely.
    """
    again = await background_reader(endpoint).again(before, parts)
    if again is None:
        return await read_for_plan(endpoint, before.name, spec)
    return await _completed(endpoint, again, spec)


def _needed(members: Collection[str]) -> frozenset[Part]:
    return frozenset(part for part in ROWS if part in members)


async def _completed(endpoint: Endpoint, snapshot: Snapshot, spec: Mapping[str, AwsValue]) -> Snapshot:
    """SNAPSHOT with facts of the endpoint, and with the ARNs of the key aliases in SPEC."""
    for failure in snapshot.unreadable.values():
        raise failure
    alias = _alias(snapshot, spec)
    of_replicas = {region: each for region, each in _replica_aliases(snapshot, spec) if each}
    return replace(
        snapshot,
        ignored_members=endpoint.support.ignored_members,
        is_aws=endpoint.is_aws,
        cooldowns=endpoint.support.cooldowns,
        key_aliases=await _keys(endpoint, alias) if alias else {},
        replica_key_aliases={
            region: await _keys(endpoint, alias, region) for region, alias in of_replicas.items()
        },
    )


async def _keys(endpoint: Endpoint, alias: str, region: str = "") -> dict[str, str]:
    """ALIAS with the ARN of its key in REGION ("" for the endpoint's), empty if KMS does not return it."""
    arn = await endpoint.keys.arn_of(alias, region)
    return {alias: arn} if arn else {}


def _alias(snapshot: Snapshot, spec: Mapping[str, AwsValue]) -> str:
    """The alias of the key in SPEC that must be compared with the table's key; "" if there is none."""
    wanted = cast("AwsDict", spec.get("SSESpecification") or {})
    shown = cast("AwsDict", (snapshot.description or {}).get("SSEDescription") or {})
    if not wanted.get("Enabled") or not shown.get("KMSMasterKeyArn"):
        return ""
    return _as_alias(wanted)


def _replica_aliases(snapshot: Snapshot, spec: Mapping[str, AwsValue]) -> Iterator[tuple[str, str]]:
    """The region of each replica that has a key, and the key alias in SPEC, "" for none."""
    shown = cast("list[AwsDict]", (snapshot.description or {}).get("Replicas") or [])
    encrypted = {each.get("RegionName") for each in shown if each.get("KMSMasterKeyId")}
    for replica in cast("list[AwsDict]", spec.get("Replicas") or []):
        if replica.get("RegionName") in encrypted:
            yield str(replica["RegionName"]), _as_alias(replica)


def _as_alias(holder: AwsDict) -> str:
    """The key alias in HOLDER; "" if it names the key in another way."""
    key = str(holder.get("KMSMasterKeyId") or _AWS_MANAGED_KEY)
    return key if "alias/" in key else ""
