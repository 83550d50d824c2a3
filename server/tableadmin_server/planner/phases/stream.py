"""Steps that turn the stream on and off, which also is how it comes to show something else."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step


def stream(builder: PlanBuilder) -> Iterator[Step]:
    """Off first where it shows something else; the first replica turns it on by itself."""
    at, to = builder.at, builder.to
    if at.stream == to.stream:
        return
    if at.stream is not None:
        at.stream = None
        yield builder.update("turn the stream off", {"StreamSpecification": stream_shape(None)})
    if to.stream is not None and not to.replicas:
        at.stream = to.stream
        yield builder.update(
            f"turn the stream on: {to.stream}", {"StreamSpecification": stream_shape(to.stream)}
        )


def stream_shape(view: str | None) -> AwsDict:
    """A stream that shows VIEW, or none, as StreamSpecification."""
    return {"StreamEnabled": False} if view is None else {"StreamEnabled": True, "StreamViewType": view}
