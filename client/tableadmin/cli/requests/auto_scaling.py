"""The shorthand of auto scaling settings.

`min=5,max=50,target=70` in any order. Settings that are left out do not change:

- `min`, `max`: the limits of capacity, in units
- `target`: the target utilization, in percent of capacity
- `in-cooldown`, `out-cooldown`: seconds between two decreases, between two increases
- `scale-in=off`: never decrease capacity
- `scaling=off`: no scaling
- `role`, `policy`: the IAM role and the name of the scaling policy
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from tableadmin.cli.requests import merging, option_members, shorthand

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.cli.requests.option_members import Make


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _off(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"{text!r} is not on or off")
    return text == "off"


_Converters = Mapping[str, tuple[str, "Callable[[str], AwsValue]"]]

_SETTINGS: _Converters = {
    "min": ("MinimumUnits", shorthand.units),
    "max": ("MaximumUnits", shorthand.units),
    "scaling": ("AutoScalingDisabled", _off),
    "role": ("AutoScalingRoleArn", str),
}
_TRACKING: _Converters = {
    "target": ("TargetValue", _number),
    "in-cooldown": ("ScaleInCooldown", shorthand.units),
    "out-cooldown": ("ScaleOutCooldown", shorthand.units),
    "scale-in": ("DisableScaleIn", _off),
}
_POLICY: _Converters = {"policy": ("PolicyName", str)}
_KEYS = (*_SETTINGS, *_TRACKING, *_POLICY)


def settings(member: str) -> Make:
    """Return the converter that sets MEMBER to the scaling of a table."""
    return lambda text: {member: _settings(shorthand.fields(text, _KEYS, []))}


def index_write(text: str) -> AwsDict:
    """`name=GenreIdx,min=5,max=50,target=70`: the scaling of an index's writes."""
    found = shorthand.fields(text, ("name", *_KEYS), ["name"])
    return {
        "GlobalSecondaryIndexUpdates": [
            {"IndexName": found["name"], "ProvisionedWriteCapacityAutoScalingUpdate": _settings(found)}
        ]
    }


def replica_read(text: str) -> AwsDict:
    """`region=eu-west-1,min=5,max=50`: the scaling of a replica's reads, or with `index=` of its index's."""
    found = shorthand.fields(text, ("region", "index", *_KEYS), ["region"])
    return {"ReplicaUpdates": [{"RegionName": found["region"], **_replica(found)}]}


def by_region(request: AwsDict) -> AwsDict:
    """Return REQUEST with the `ReplicaUpdates` of each Region merged into one."""
    regions: dict[object, AwsDict] = {}
    for update in cast("list[AwsDict]", request.get("ReplicaUpdates") or []):
        region = update.get("RegionName")
        regions[region] = merging.merge(regions.get(region, {}), update)
    return {**request, "ReplicaUpdates": list(regions.values())} if regions else request


def _replica(found: Mapping[str, str]) -> AwsDict:
    if "index" not in found:
        return {"ReplicaProvisionedReadCapacityAutoScalingUpdate": _settings(found)}
    index: AwsDict = {
        "IndexName": found["index"],
        "ProvisionedReadCapacityAutoScalingUpdate": _settings(found),
    }
    return {"ReplicaGlobalSecondaryIndexUpdates": [index]}


def _settings(found: Mapping[str, str]) -> AwsDict:
    tracking = option_members.within("TargetTrackingScalingPolicyConfiguration", _converted(found, _TRACKING))
    policy = option_members.within("ScalingPolicyUpdate", {**_converted(found, _POLICY), **tracking})
    members: AwsDict = {**_converted(found, _SETTINGS), **policy}
    if not members:
        raise ValueError("give at least one setting, such as min=5,max=50,target=70")
    return members


def _converted(found: Mapping[str, str], converters: _Converters) -> AwsDict:
    return {member: convert(found[key]) for key, (member, convert) in converters.items() if key in found}
