"""Reads what plans look at: a table with the parts that a spec can name, and what moves them by itself."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.reading import background_reader
from tableadmin_server.tables.restore_sources import restore_source
from tableadmin_server.tables.snapshot import Snapshot

# What a table has that is encrypted by KMS and names no key.
_AWS_MANAGED_KEY = "alias/aws/dynamodb"
# A part of each index costs a call an index: it is read for specs that name it.
_ALWAYS = frozenset(part for part, row in ROWS.items() if not row.each)


async def observed(endpoint: Endpoint, name: str, spec: Mapping[str, AwsValue]) -> Snapshot:
    """The table NAME as it is now, for SPEC; raises Failure.

    Of a table that is not there only this is known: which parts that SPEC names the endpoint lacks, and what
    SPEC restores the table from.
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
    """The table of BEFORE as it is now, PARTS included; of another table everything. Raises Failure.

    The parts that are not read again are as they were in BEFORE.
    """
    again = await background_reader(endpoint).again(before, parts)
    if again is None:
        return await observed(endpoint, before.name, spec)
    return await _completed(endpoint, again, spec)


def _needed(members: Collection[str]) -> frozenset[Part]:
    return frozenset(part for part in ROWS if part in members)


async def _completed(endpoint: Endpoint, snapshot: Snapshot, spec: Mapping[str, AwsValue]) -> Snapshot:
    """SNAPSHOT with what is known of the endpoint, and with the keys of the aliases in SPEC."""
    for failure in snapshot.unreadable.values():
        raise failure
    alias = _alias(snapshot, spec)
    of_replicas = {region: each for region, each in _replica_aliases(snapshot, spec) if each}
    return replace(
        snapshot,
        unheld=endpoint.support.unheld,
        is_aws=endpoint.is_aws,
        cooldowns=endpoint.support.cooldowns,
        key_aliases=await _keys(endpoint, alias) if alias else {},
        replica_key_aliases={
            region: await _keys(endpoint, alias, region) for region, alias in of_replicas.items()
        },
    )


async def _keys(endpoint: Endpoint, alias: str, region: str = "") -> dict[str, str]:
    """ALIAS with the ARN of the key in REGION, "" for that of the endpoint, if KMS tells the ARN."""
    arn = await endpoint.keys.arn_of(alias, region)
    return {alias: arn} if arn else {}


def _alias(snapshot: Snapshot, spec: Mapping[str, AwsValue]) -> str:
    """The alias of the key that SPEC wants and that is to be compared with the table's; "" where none is."""
    wanted = cast("AwsDict", spec.get("SSESpecification") or {})
    shown = cast("AwsDict", (snapshot.description or {}).get("SSEDescription") or {})
    if not wanted.get("Enabled") or not shown.get("KMSMasterKeyArn"):
        return ""
    return _as_alias(wanted)


def _replica_aliases(snapshot: Snapshot, spec: Mapping[str, AwsValue]) -> Iterator[tuple[str, str]]:
    """The region of each replica that has a key, and the alias that SPEC has there, "" for none."""
    shown = cast("list[AwsDict]", (snapshot.description or {}).get("Replicas") or [])
    encrypted = {each.get("RegionName") for each in shown if each.get("KMSMasterKeyId")}
    for replica in cast("list[AwsDict]", spec.get("Replicas") or []):
        if replica.get("RegionName") in encrypted:
            yield str(replica["RegionName"]), _as_alias(replica)


def _as_alias(holder: AwsDict) -> str:
    """The alias of the key that HOLDER names; "" where it names a key in another way."""
    key = str(holder.get("KMSMasterKeyId") or _AWS_MANAGED_KEY)
    return key if "alias/" in key else ""
