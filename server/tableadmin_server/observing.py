"""Reads all that a plan looks at of a table: its description, and what AWS keeps apart from it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.tags import tags_of
from tableadmin_server.failure import Failure
from tableadmin_server.planner import AutoScaled, Live, Part

_Read: TypeAlias = Callable[[Endpoint, str, str], Awaitable[AwsValue]]

# What says that a part can't be read just now: the table is on its way in or out.
_NOT_NOW = frozenset({Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.INVALID_ARGUMENT})
# The reads that want the ARN of a table accept any, where the question is only whether they are there.
_SOME_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
# Seconds before a read that was throttled, boto3's own tries included, is made again.
_DELAYS = (0.25, 0.5, 1.0)


async def observed(endpoint: Endpoint, name: str, wanted: Collection[str]) -> Live:
    """The table NAME as it is now.

    Of a table that is not there only this is known: which parts, among the members WANTED, are unsupported.
    Raises Failure.
    """
    return await _whole(endpoint, name, await _described(endpoint, name), wanted)


async def _whole(endpoint: Endpoint, name: str, description: AwsDict | None, wanted: Collection[str]) -> Live:
    """The table NAME with its DESCRIPTION, and everything that AWS keeps apart from that."""
    parts = [part for part in Part if description is not None or part in wanted]
    scaled, seen = await asyncio.gather(
        _auto_scaled(endpoint, name, description), _read_parts(endpoint, name, description, parts)
    )
    unsupported = frozenset(part for part, answer in seen.items() if answer is _UNSUPPORTED)
    return Live(name, description, auto_scaled=scaled, unsupported=unsupported, **_members(seen))


async def observed_again(
    endpoint: Endpoint, live: Live, parts: Collection[Part], wanted: Collection[str]
) -> Live:
    """The table of LIVE as it is now, PARTS included; what else AWS keeps apart from it is as it was then.

    Reads of parts are the dearest: AWS allows few of them a second. Of another table of the same name, and
    of one that came or went, everything is read. Raises Failure.
    """
    description = await _described(endpoint, live.name)
    if _identity(description) != _identity(live.description):
        return await _whole(endpoint, live.name, description, wanted)
    again = [part for part in Part if part in parts and part not in live.unsupported and description]
    seen = await _read_parts(endpoint, live.name, description, again)
    return replace(live, description=description, **_members(seen))


def _identity(description: AwsDict | None) -> tuple[bool, AwsValue]:
    return description is not None, (description or {}).get("TableId")


async def _read_parts(
    endpoint: Endpoint, name: str, description: AwsDict | None, parts: Sequence[Part]
) -> Mapping[Part, AwsValue]:
    arn = str((description or {}).get("TableArn") or _SOME_ARN + name)
    answers = await asyncio.gather(*(_part(part, endpoint, name, arn) for part in parts))
    return dict(zip(parts, answers, strict=True))


def _members(seen: Mapping[Part, AwsValue]) -> dict[str, Any]:
    """The members of Live that hold what was SEEN, None where it is unsupported."""
    return {_MEMBERS[part]: None if answer is _UNSUPPORTED else answer for part, answer in seen.items()}


_MEMBERS: Mapping[Part, str] = {
    Part.TIME_TO_LIVE: "time_to_live",
    Part.CONTINUOUS_BACKUPS: "continuous_backups",
    Part.TAGS: "tags",
    Part.RESOURCE_POLICY: "resource_policy",
    Part.CONTRIBUTOR_INSIGHTS: "contributor_insights",
    Part.KINESIS: "kinesis",
}

# Stands for the answer of an endpoint that does not have the operation.
_UNSUPPORTED: AwsDict = {}


async def _described(endpoint: Endpoint, name: str) -> AwsDict | None:
    try:
        return cast("AwsDict", await _read(endpoint, "DescribeTable", {"TableName": name}, "Table"))
    except Failure as failure:
        if failure.code != Code.NOT_FOUND:
            raise
        return None


async def _part(part: Part, endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    """What is read of PART; None where that is not possible just now."""
    try:
        return await _READS[part](endpoint, name, arn)
    except Failure as failure:
        if failure.code == Code.UNIMPLEMENTED:
            return _UNSUPPORTED
        if failure.code in _NOT_NOW or arn == _SOME_ARN + name:
            return None
        raise


async def _read(endpoint: Endpoint, operation: str, params: AwsDict, member: str) -> AwsValue:
    return (await _asked(endpoint, operation, params)).get(member)


async def _asked(endpoint: Endpoint, operation: str, params: AwsDict) -> AwsDict:
    """What AWS answers. A throttled read is tried again by itself: else all would have to be."""
    for delay in _DELAYS:
        try:
            return (await endpoint.background_call(operation, params)).data
        except Failure as failure:
            if failure.code != Code.RESOURCE_EXHAUSTED or not failure.metadata.get("aws_error_code"):
                raise
            await asyncio.sleep(delay)
    return (await endpoint.background_call(operation, params)).data


async def _time_to_live(endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    del arn
    return await _read(endpoint, "DescribeTimeToLive", {"TableName": name}, "TimeToLiveDescription")


async def _continuous_backups(endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    del arn
    params: AwsDict = {"TableName": name}
    return await _read(endpoint, "DescribeContinuousBackups", params, "ContinuousBackupsDescription")


async def _tags(endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    del name
    return await tags_of(arn, partial(_asked, endpoint))


async def _resource_policy(endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    del name
    try:
        return await _read(endpoint, "GetResourcePolicy", {"ResourceArn": arn}, "Policy") or ""
    except Failure as failure:
        if failure.reason != "POLICY_NOT_FOUND_EXCEPTION":
            raise
        return ""


async def _contributor_insights(endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    del arn
    return await _asked(endpoint, "DescribeContributorInsights", {"TableName": name})


async def _kinesis(endpoint: Endpoint, name: str, arn: str) -> AwsValue:
    del arn
    operation, member = "DescribeKinesisStreamingDestination", "KinesisDataStreamDestinations"
    return await _read(endpoint, operation, {"TableName": name}, member)


_READS: Mapping[Part, _Read] = {
    Part.TIME_TO_LIVE: _time_to_live,
    Part.CONTINUOUS_BACKUPS: _continuous_backups,
    Part.TAGS: _tags,
    Part.RESOURCE_POLICY: _resource_policy,
    Part.CONTRIBUTOR_INSIGHTS: _contributor_insights,
    Part.KINESIS: _kinesis,
}


async def _auto_scaled(
    endpoint: Endpoint, name: str, description: AwsDict | None
) -> Mapping[str, AutoScaled]:
    """What Application Auto Scaling moves, as far as the endpoint says."""
    billing = cast("AwsDict", (description or {}).get("BillingModeSummary") or {})
    if description is None or billing.get("BillingMode", "PROVISIONED") != "PROVISIONED":
        return {}
    operation, member = "DescribeTableReplicaAutoScaling", "TableAutoScalingDescription"
    try:
        answer = await _read(endpoint, operation, {"TableName": name}, member)
    except Failure as failure:
        # It serves to leave alone what moves, so a role without the right to ask goes without.
        if failure.code not in {*_NOT_NOW, Code.UNIMPLEMENTED, Code.PERMISSION_DENIED}:
            raise
        return {}
    region = str(description.get("TableArn", "")).split(":")[3:4]
    replicas = cast("list[AwsDict]", cast("AwsDict", answer or {}).get("Replicas") or [])
    scaled: dict[str, AutoScaled] = {}
    for replica in replicas:
        if [replica.get("RegionName")] == region:
            scaled[""] = _settings(replica, "ReplicaProvisioned")
            for index in cast("list[AwsDict]", replica.get("GlobalSecondaryIndexes") or []):
                scaled[str(index["IndexName"])] = _settings(index, "Provisioned")
    return {scope: each for scope, each in scaled.items() if each.read or each.write}


def _settings(holder: AwsDict, prefix: str) -> AutoScaled:
    return AutoScaled(
        *(_is_scaled(holder.get(f"{prefix}{kind}CapacityAutoScalingSettings")) for kind in ("Read", "Write"))
    )


def _is_scaled(settings: AwsValue) -> bool:
    given = cast("AwsDict", settings or {})
    return bool(given.get("ScalingPolicies")) and not given.get("AutoScalingDisabled")
