"""Steps that turn the stream on and off, which also is how it comes to show something else."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.journey import Journey
from tableadmin_server.planner.step import Step


def stream(journey: Journey) -> Iterator[Step]:
    """Off first where it shows something else; the first replica turns it on by itself."""
    at, to = journey.at, journey.to
    if at.stream == to.stream:
        return
    if at.stream is not None:
        at.stream = None
        yield journey.update("turn the stream off", {"StreamSpecification": stream_shape(None)})
    if to.stream is not None and not to.replicas:
        at.stream = to.stream
        yield journey.update(
            f"turn the stream on: {to.stream}", {"StreamSpecification": stream_shape(to.stream)}
        )


def stream_shape(view: str | None) -> AwsDict:
    """A stream that shows VIEW, or none, as StreamSpecification."""
    return {"StreamEnabled": False} if view is None else {"StreamEnabled": True, "StreamViewType": view}
