"""Steps that change the parts of a table which have operations of their own."""

from collections.abc import Iterator, Sequence

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.aws import text
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.tables.parts import Part


def time_to_live_off(builder: PlanBuilder) -> Iterator[Step]:
    """Time to live off. To change the attribute, AWS requires to turn time to live off first."""
    attribute = builder.at.time_to_live
    if attribute is not None and attribute != builder.to.time_to_live:
        builder.at.time_to_live = None
        yield _time_to_live(builder, attribute, on=False)


def time_to_live_on(builder: PlanBuilder) -> Iterator[Step]:
    """Time to live on. This comes late in a plan, because it may have to wait half an hour."""
    at, to = builder.at, builder.to
    if to.time_to_live is not None and at.time_to_live is None:
        at.time_to_live = to.time_to_live
        yield _time_to_live(builder, to.time_to_live, on=True)


def recovery(builder: PlanBuilder) -> Iterator[Step]:
    """Point-in-time recovery and its period."""
    at, to = builder.at, builder.to
    if at.recovery_days == to.recovery_days:
        return
    at.recovery_days = to.recovery_days
    specification: AwsDict = {"PointInTimeRecoveryEnabled": to.recovery_days is not None}
    if to.recovery_days is not None:
        specification["RecoveryPeriodInDays"] = to.recovery_days
    yield Step(
        "UpdateContinuousBackups",
        {"TableName": builder.name, "PointInTimeRecoverySpecification": specification},
        f"turn point-in-time recovery {_on(to.recovery_days)}",
        part=Part.CONTINUOUS_BACKUPS,
        cooldown=Cooldown.CREATION,
    )


def insights(builder: PlanBuilder) -> Iterator[Step]:
    """Contributor Insights of the table."""
    at, to = builder.at, builder.to
    if at.insights == to.insights:
        return
    at.insights = to.insights
    params: AwsDict = {"TableName": builder.name, "ContributorInsightsAction": "DISABLE"}
    if to.insights is not None:
        params |= {"ContributorInsightsAction": "ENABLE", "ContributorInsightsMode": to.insights}
    yield Step(
        "UpdateContributorInsights",
        params,
        f"turn Contributor Insights {_on(to.insights)}",
        ("Contributor Insights settled",),
        Part.CONTRIBUTOR_INSIGHTS,
    )


def kinesis(builder: PlanBuilder) -> Iterator[Step]:
    """The Kinesis data stream. Other streams are disabled before the wanted one is enabled."""
    at, to = builder.at, builder.to
    for arn in [each for each in at.kinesis if each not in to.kinesis]:
        del at.kinesis[arn]
        yield _kinesis(builder, "Disable", arn, f"stop sending changes to {arn}", {})
    for arn, precision in to.kinesis.items():
        if at.kinesis.get(arn) == precision:
            continue
        verb = "Update" if arn in at.kinesis else "Enable"
        at.kinesis[arn] = precision
        configuration: AwsDict = {
            f"{verb}KinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": precision}
        }
        yield _kinesis(
            builder, verb, arn, f"send changes to {arn}, precise to the {precision}", configuration
        )


def policy(builder: PlanBuilder) -> Iterator[Step]:
    """The resource policy, sent as the spec has it."""
    at, to = builder.at, builder.to
    if at.policy == to.policy:
        return
    at.policy = to.policy
    operation, params, summary = "DeleteResourcePolicy", AwsDict(), "remove the resource policy"
    if to.policy:
        operation, summary = "PutResourcePolicy", "set the resource policy"
        params = {"Policy": text(builder.spec, "ResourcePolicy")}
    yield Step(
        operation,
        {"ResourceArn": builder.arn, **params},
        summary,
        part=Part.RESOURCE_POLICY,
        cooldown=Cooldown.RESOURCE_POLICY,
    )


def tags(builder: PlanBuilder) -> Iterator[Step]:
    """Tags to remove, then tags to set: in this order the table never exceeds the maximum of 50."""
    before, after = builder.at.tags or {}, builder.to.tags or {}
    builder.at.tags = builder.to.tags
    removed = sorted(before.keys() - after.keys())
    added: list[AwsValue] = [
        {"Key": key, "Value": value} for key, value in sorted(after.items()) if before.get(key) != value
    ]
    if removed:
        yield _tags(builder, "UntagResource", f"remove {_count(removed)}", {"TagKeys": removed})
    if added:
        yield _tags(builder, "TagResource", f"set {_count(added)}", {"Tags": added})


def _time_to_live(builder: PlanBuilder, attribute: str, *, on: bool) -> Step:
    return Step(
        "UpdateTimeToLive",
        {
            "TableName": builder.name,
            "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute},
        },
        f"turn time to live {'on' if on else 'off'}, by {attribute}",
        ("time to live settled",),
        Part.TIME_TO_LIVE,
        Cooldown.TIME_TO_LIVE,
    )


def _kinesis(builder: PlanBuilder, verb: str, arn: str, summary: str, configuration: AwsDict) -> Step:
    return Step(
        f"{verb}KinesisStreamingDestination",
        {"TableName": builder.name, "StreamArn": arn, **configuration},
        summary,
        ("Kinesis destination settled",),
        Part.KINESIS,
    )


def _tags(builder: PlanBuilder, operation: str, summary: str, params: AwsDict) -> Step:
    params = {"ResourceArn": builder.arn, **params}
    return Step(operation, params, summary, part=Part.TAGS, cooldown=Cooldown.TAGS)


def _count(tags_: Sequence[object]) -> str:
    return f"{len(tags_)} tag{'s' if len(tags_) > 1 else ''}"


def _on(value: object) -> str:
    return "off" if value is None else "on"
