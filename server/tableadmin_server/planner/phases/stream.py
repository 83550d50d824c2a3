"""Steps that turn the stream off and on. AWS changes the view type of a stream in no other way."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import UpdateKind


def stream(builder: PlanBuilder) -> Iterator[Step]:
    """Off first where the view type differs. With replicas not on: the first replica turns the stream on."""
    at, to = builder.at, builder.to
    if at.stream == to.stream:
        return
    if at.stream is not None:
        at.stream = None
        yield _stream(builder, "turn the stream off", {"StreamEnabled": False})
    if to.stream is not None and not to.replicas:
        at.stream = to.stream
        specification: AwsDict = {"StreamEnabled": True, "StreamViewType": to.stream}
        yield _stream(builder, f"turn the stream on: {to.stream}", specification)


def _stream(builder: PlanBuilder, summary: str, specification: AwsDict) -> Step:
    return builder.update(UpdateKind.STREAM, summary, {"StreamSpecification": specification})
