"""What AWS keeps apart from a table's description, in the model: time to live, recovery, tags, policy..."""

import json
from collections.abc import Callable, Mapping

from tests.planner.model.table import EPOCH, Data, Motion, Rejected, Table, invalid, limit
from tests.planner.model.update_table import Needless

# Seconds in which a second change is refused.
_EXPIRY_COOLDOWN, _POLICY_COOLDOWN, _TAG_COOLDOWN, _RECOVERY_DELAY = 1800.0, 15.0, 2.0, 3.0


def update_part(table: Table, operation: str, params: Data, clock: float) -> Data:
    """What AWS answers; raises Rejected or Needless."""
    return _OPERATIONS[operation](table, params, clock)


def _update_time_to_live(table: Table, params: Data, clock: float) -> Data:
    wanted = params["TimeToLiveSpecification"]
    if table.expiring.now in {"ENABLING", "DISABLING"}:
        raise invalid("Time to live is being changed")
    _check_cooldown(
        table,
        "time to live",
        _EXPIRY_COOLDOWN,
        clock,
        invalid("Time to live has been modified multiple times within a fixed interval"),
    )
    if wanted["Enabled"] == (table.expiry is not None):
        raise invalid("TimeToLive is already so")
    if not wanted["Enabled"] and wanted["AttributeName"] != table.expiry:
        raise invalid("TimeToLive is enabled by another attribute")
    table.expiry = wanted["AttributeName"] if wanted["Enabled"] else None
    verb = "ENABL" if wanted["Enabled"] else "DISABL"
    table.expiring.move(f"{verb}ING", f"{verb}ED", clock + 60)
    _note(table, "time to live", clock)
    return {"TimeToLiveSpecification": wanted}


def _describe_time_to_live(table: Table, params: Data, clock: float) -> Data:
    del params, clock
    attribute = {"AttributeName": table.expiry} if table.expiry else {}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": table.expiring.now, **attribute}}


def _update_continuous_backups(table: Table, params: Data, clock: float) -> Data:
    wanted = params["PointInTimeRecoverySpecification"]
    if clock - table.active_since < _RECOVERY_DELAY:
        raise Rejected("ContinuousBackupsUnavailableException", "Backups are being enabled for the table")
    days = wanted.get("RecoveryPeriodInDays", 35) if wanted["PointInTimeRecoveryEnabled"] else None
    if days == table.recovery:
        raise Needless("PointInTimeRecoverySpecification")
    answer = _describe_continuous_backups(table, params, clock)
    table.recovery = days
    return answer


def _describe_continuous_backups(table: Table, params: Data, clock: float) -> Data:
    del params
    recovery: Data = {"PointInTimeRecoveryStatus": "DISABLED"}
    if table.recovery is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": table.recovery,
            "LatestRestorableDateTime": EPOCH + clock,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }


def _update_insights(table: Table, params: Data, clock: float) -> Data:
    wanted = params["ContributorInsightsAction"] == "ENABLE"
    mode = params.get("ContributorInsightsMode", "ACCESSED_AND_THROTTLED_KEYS")
    if table.insights.now not in {"ENABLED", "DISABLED"}:
        raise invalid("Contributor Insights is not ACTIVE")
    is_on = table.insights.now == "ENABLED"
    if wanted == is_on and (not wanted or mode == table.insights_mode):
        raise Needless("ContributorInsightsAction")
    verb = "ENABL" if wanted else "DISABL"
    table.insights_mode = mode
    table.insights.move(f"{verb}ING", f"{verb}ED", clock + 30)
    return {"TableName": table.name, "ContributorInsightsStatus": table.insights.now}


def _describe_insights(table: Table, params: Data, clock: float) -> Data:
    del params, clock
    return {
        "TableName": table.name,
        "ContributorInsightsStatus": table.insights.now,
        "ContributorInsightsMode": table.insights_mode,
    }


def _enable_kinesis(table: Table, params: Data, clock: float) -> Data:
    arn = params["StreamArn"]
    running = [each for each, motion in table.destinations.items() if motion.now != "DISABLED"]
    if arn in running:
        raise invalid("Table is not in a valid state to enable Kinesis streaming destination")
    if len(running) >= 2 or any(table.destinations[each].now != "ACTIVE" for each in running):
        raise limit("2 Kinesis destinations, one change at a time")
    configuration = params.get("EnableKinesisStreamingConfiguration", {})
    table.kinesis[arn] = {"ApproximateCreationDateTimePrecision": "MILLISECOND", **configuration}
    table.destinations[arn] = Motion("ENABLING", "ACTIVE", clock + 20)
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "ENABLING"}


def _disable_kinesis(table: Table, params: Data, clock: float) -> Data:
    _destination(table, params).move("DISABLING", "DISABLED", clock + 20)
    return {"TableName": table.name, "StreamArn": params["StreamArn"], "DestinationStatus": "DISABLING"}


def _update_kinesis(table: Table, params: Data, clock: float) -> Data:
    motion, arn = _destination(table, params), params["StreamArn"]
    if table.kinesis[arn] == params["UpdateKinesisStreamingConfiguration"]:
        raise invalid("the precision is so already")
    table.kinesis[arn] = params["UpdateKinesisStreamingConfiguration"]
    motion.move("UPDATING", "ACTIVE", clock + 20)
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "UPDATING"}


def _destination(table: Table, params: Data) -> Motion:
    motion = table.destinations.get(params["StreamArn"])
    if motion is None or motion.now != "ACTIVE":
        raise invalid("the Kinesis destination is not ACTIVE")
    return motion


def _describe_kinesis(table: Table, params: Data, clock: float) -> Data:
    del params, clock
    return {
        "TableName": table.name,
        "KinesisDataStreamDestinations": [
            {"StreamArn": arn, "DestinationStatus": motion.now, **table.kinesis[arn]}
            for arn, motion in table.destinations.items()
        ],
    }


def _put_policy(table: Table, params: Data, clock: float) -> Data:
    policy = json.loads(params["Policy"])
    if table.policy is not None and policy == json.loads(table.policy):
        raise Needless("Policy")
    _check_cooldown(table, "policy", _POLICY_COOLDOWN, clock, limit("resource policy: 15 s apart"))
    table.policy = json.dumps(policy)
    _note(table, "policy", clock)
    return {"RevisionId": str(clock)}


def _delete_policy(table: Table, params: Data, clock: float) -> Data:
    del params
    if table.policy is None:
        raise Rejected("PolicyNotFoundException", "no policy")
    _check_cooldown(table, "policy", _POLICY_COOLDOWN, clock, limit("resource policy: 15 s apart"))
    table.policy = None
    _note(table, "policy", clock)
    return {"RevisionId": str(clock)}


def _get_policy(table: Table, params: Data, clock: float) -> Data:
    del params, clock
    if table.policy is None:
        raise Rejected("PolicyNotFoundException", "no policy")
    return {"Policy": table.policy, "RevisionId": "1"}


def _tag(table: Table, params: Data, clock: float) -> Data:
    tags = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    check_tags({**table.tags, **tags})
    if any(table.tags.get(key) == value for key, value in tags.items()):
        raise Needless("Tags")
    _check_cooldown(table, "tags", _TAG_COOLDOWN, clock, limit("tags are being changed"))
    table.tags |= tags
    _note(table, "tags", clock)
    return {}


def _untag(table: Table, params: Data, clock: float) -> Data:
    if not set(params["TagKeys"]) <= set(table.tags):
        raise Needless("TagKeys")
    _check_cooldown(table, "tags", _TAG_COOLDOWN, clock, limit("tags are being changed"))
    table.tags = {key: value for key, value in table.tags.items() if key not in params["TagKeys"]}
    _note(table, "tags", clock)
    return {}


def _list_tags(table: Table, params: Data, clock: float) -> Data:
    del params, clock
    own = [{"Key": key, "Value": value} for key, value in sorted(table.tags.items(), reverse=True)]
    # AWS's own tags are shown, and nobody else may touch them.
    return {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "music"}, *own]}


def check_tags(tags: Mapping[str, str]) -> None:
    """At most 50, with keys of 128 and values of 256 characters; none of AWS's own."""
    if len(tags) > 50:
        raise invalid("Too many tags: 50 at most")
    if any(key.startswith("aws:") or not 1 <= len(key) <= 128 for key in tags):
        raise invalid("tag key")
    if any(len(value) > 256 for value in tags.values()):
        raise invalid("tag value")


def _check_cooldown(table: Table, what: str, seconds: float, clock: float, error: Rejected) -> None:
    if any(clock - each < seconds for each in table.changed.get(what, [])):
        raise error


def _note(table: Table, what: str, clock: float) -> None:
    table.changed.setdefault(what, []).append(clock)


_OPERATIONS: Mapping[str, Callable[[Table, Data, float], Data]] = {
    "UpdateTimeToLive": _update_time_to_live,
    "DescribeTimeToLive": _describe_time_to_live,
    "UpdateContinuousBackups": _update_continuous_backups,
    "DescribeContinuousBackups": _describe_continuous_backups,
    "UpdateContributorInsights": _update_insights,
    "DescribeContributorInsights": _describe_insights,
    "EnableKinesisStreamingDestination": _enable_kinesis,
    "DisableKinesisStreamingDestination": _disable_kinesis,
    "UpdateKinesisStreamingDestination": _update_kinesis,
    "DescribeKinesisStreamingDestination": _describe_kinesis,
    "PutResourcePolicy": _put_policy,
    "DeleteResourcePolicy": _delete_policy,
    "GetResourcePolicy": _get_policy,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsOfResource": _list_tags,
}
