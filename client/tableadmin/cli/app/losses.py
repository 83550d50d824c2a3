"""The losses of a request, by the effects in the contract and the current state of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tableadmin.contract.effects import effects
from tableadmin.v1 import ChangeClass, PointInTimeRecoveryStatus

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tableadmin.awsshape import AwsValue
    from tableadmin.client import Client
    from tableadmin.v1 import Effect

# Whether an effect applies to the current table of a request. Reads the table with the client.
_Happens = Callable[[Any, "Client"], bool]

_ENABLED = "POINT_IN_TIME_RECOVERY_STATUS_ENABLED"
# AWS's default recovery period, in days.
_LONGEST_PERIOD = 35

# The members that name the resource of a request, the most specific first.
_SUBJECTS = ("TableName", "GlobalTableName", "BackupArn", "BulkOperationArn", "ResourceArn")


def disruptive_effects(request: Message, client: Client) -> Sequence[Effect]:
    """Return the effects of REQUEST that lose data or interrupt. Reads the table if effects depend on it."""
    return [each for each in effects(request) if _loses(each, request, client)]


def subject(members: Mapping[str, AwsValue]) -> str:
    """Return the name of the resource in the AWS MEMBERS of a request, "" if there is none."""
    named = next((str(members[each]) for each in _SUBJECTS if members.get(each)), "")
    return named.rpartition("/")[2]


def _loses(effect: Effect, request: Message, client: Client) -> bool:
    happens = _LIVE.get((request.DESCRIPTOR.name, effect.field, effect.value))
    if happens is not None:
        return happens(request, client)
    return effect.change_class != ChangeClass.CHANGE_CLASS_IN_PLACE


def _shortens(request: Any, client: Client) -> bool:  # noqa: ANN401 - of UpdateContinuousBackups
    described = client.describe_continuous_backups(table_name=request.table_name)
    recovery = described.continuous_backups_description.point_in_time_recovery_description
    enabled = recovery.point_in_time_recovery_status == PointInTimeRecoveryStatus.Value(_ENABLED)
    # Some engines do not return the period.
    live = recovery.recovery_period_in_days or (_LONGEST_PERIOD if enabled else 0)
    return bool(live > request.point_in_time_recovery_specification.recovery_period_in_days)


def _renames(request: Any, client: Client) -> bool:  # noqa: ANN401 - of UpdateTimeToLive
    live = client.describe_time_to_live(table_name=request.table_name).time_to_live_description.attribute_name
    return live not in ("", request.time_to_live_specification.attribute_name)


# The effects that depend on the current table, by the contract's request, field and value.
_LIVE: Mapping[tuple[str, str, str], _Happens] = {
    (
        "UpdateContinuousBackupsRequest",
        "point_in_time_recovery_specification.recovery_period_in_days",
        "",
    ): _shortens,
    ("UpdateTimeToLiveRequest", "time_to_live_specification.enabled", "true"): _renames,
}
