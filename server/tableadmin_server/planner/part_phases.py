"""Steps that change what AWS keeps apart from the table's description."""

from collections.abc import Iterator, Sequence

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import text
from tableadmin_server.planner.journey import Journey
from tableadmin_server.planner.pacing import Pace
from tableadmin_server.planner.parts import Part
from tableadmin_server.planner.step import Step


def time_to_live_off(journey: Journey) -> Iterator[Step]:
    """Time to live off, also for the sake of another attribute."""
    attribute = journey.at.time_to_live
    if attribute is not None and attribute != journey.to.time_to_live:
        journey.at.time_to_live = None
        yield _time_to_live(journey, attribute, on=False)


def time_to_live_on(journey: Journey) -> Iterator[Step]:
    """Time to live on, late: half an hour has to pass since it was turned off by another attribute."""
    at, to = journey.at, journey.to
    if to.time_to_live is not None and at.time_to_live is None:
        at.time_to_live = to.time_to_live
        yield _time_to_live(journey, to.time_to_live, on=True)


def recovery(journey: Journey) -> Iterator[Step]:
    """Point-in-time recovery and its period."""
    at, to = journey.at, journey.to
    if at.recovery_days == to.recovery_days:
        return
    at.recovery_days = to.recovery_days
    specification: AwsDict = {"PointInTimeRecoveryEnabled": to.recovery_days is not None}
    if to.recovery_days is not None:
        specification["RecoveryPeriodInDays"] = to.recovery_days
    yield Step(
        "UpdateContinuousBackups",
        {"TableName": journey.name, "PointInTimeRecoverySpecification": specification},
        f"turn point-in-time recovery {_on(to.recovery_days)}",
        part=Part.CONTINUOUS_BACKUPS,
        pace=Pace.CREATION,
    )


def insights(journey: Journey) -> Iterator[Step]:
    """Contributor Insights of the table."""
    at, to = journey.at, journey.to
    if at.insights == to.insights:
        return
    at.insights = to.insights
    params: AwsDict = {"TableName": journey.name, "ContributorInsightsAction": "DISABLE"}
    if to.insights is not None:
        params |= {"ContributorInsightsAction": "ENABLE", "ContributorInsightsMode": to.insights}
    yield Step(
        "UpdateContributorInsights",
        params,
        f"turn Contributor Insights {_on(to.insights)}",
        ("Contributor Insights settled",),
        Part.CONTRIBUTOR_INSIGHTS,
    )


def kinesis(journey: Journey) -> Iterator[Step]:
    """The Kinesis data stream: others end before it begins."""
    at, to = journey.at, journey.to
    for arn in [each for each in at.kinesis if each not in to.kinesis]:
        del at.kinesis[arn]
        yield _kinesis(journey, "Disable", arn, f"stop sending changes to {arn}", {})
    for arn, precision in to.kinesis.items():
        if at.kinesis.get(arn) == precision:
            continue
        verb = "Update" if arn in at.kinesis else "Enable"
        at.kinesis[arn] = precision
        configuration: AwsDict = {
            f"{verb}KinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": precision}
        }
        yield _kinesis(
            journey, verb, arn, f"send changes to {arn}, precise to the {precision}", configuration
        )


def policy(journey: Journey) -> Iterator[Step]:
    """The resource policy, sent as it is written."""
    at, to = journey.at, journey.to
    if at.policy == to.policy:
        return
    at.policy = to.policy
    operation, params, summary = "DeleteResourcePolicy", AwsDict(), "remove the resource policy"
    if to.policy:
        operation, summary = "PutResourcePolicy", "set the resource policy"
        params = {"Policy": text(journey.spec, "ResourcePolicy")}
    yield Step(
        operation,
        {"ResourceArn": journey.arn, **params},
        summary,
        part=Part.RESOURCE_POLICY,
        pace=Pace.RESOURCE_POLICY,
    )


def tags(journey: Journey) -> Iterator[Step]:
    """Tags that go, then tags that come: at 50 tags what counts is both together."""
    before, after = journey.at.tags or {}, journey.to.tags or {}
    journey.at.tags = journey.to.tags
    removed = sorted(before.keys() - after.keys())
    added: list[AwsValue] = [
        {"Key": key, "Value": value} for key, value in sorted(after.items()) if before.get(key) != value
    ]
    if removed:
        yield _tags(journey, "UntagResource", f"remove {_count(removed)}", {"TagKeys": removed})
    if added:
        yield _tags(journey, "TagResource", f"set {_count(added)}", {"Tags": added})


def _time_to_live(journey: Journey, attribute: str, *, on: bool) -> Step:
    return Step(
        "UpdateTimeToLive",
        {
            "TableName": journey.name,
            "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute},
        },
        f"turn time to live {'on' if on else 'off'}, by {attribute}",
        ("time to live settled",),
        Part.TIME_TO_LIVE,
        Pace.TIME_TO_LIVE,
    )


def _kinesis(journey: Journey, verb: str, arn: str, summary: str, configuration: AwsDict) -> Step:
    return Step(
        f"{verb}KinesisStreamingDestination",
        {"TableName": journey.name, "StreamArn": arn, **configuration},
        summary,
        ("Kinesis destination settled",),
        Part.KINESIS,
    )


def _tags(journey: Journey, operation: str, summary: str, params: AwsDict) -> Step:
    params = {"ResourceArn": journey.arn, **params}
    return Step(operation, params, summary, part=Part.TAGS, pace=Pace.TAGS)


def _count(tags_: Sequence[object]) -> str:
    return f"{len(tags_)} tag{'s' if len(tags_) > 1 else ''}"


def _on(value: object) -> str:
    return "off" if value is None else "on"
