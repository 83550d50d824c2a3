"""Rules for the members that a spec does not manage."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, repetitions, text
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.state.unmanaged import EVERYTHING, path_of

_REQUIRED = ("TableName", "AttributeDefinitions", "KeySchema")


def paths(spec: AwsDict) -> Iterator[Violation]:
    """A path names what can be unmanaged, and no path occurs twice."""
    written = [text(each, "Path") for each in elements(spec, "Unmanaged")]
    repeated = set(repetitions(written))
    for position, path in enumerate(written):
        where = f"Unmanaged[{position}].Path"
        if position in repeated:
            yield Violation(where, f"{path} is specified twice")
        elif path in _REQUIRED:
            yield Violation(where, f"{path} is always managed")
        elif path and path != EVERYTHING and path_of(path) is None:
            yield Violation(where, f"{path} is not a path that can be unmanaged, such as Tags")


def bounds(spec: AwsDict) -> Iterator[Violation]:
    """Bounds are of capacity units, and the lowest is not above the highest."""
    for position, entry in enumerate(elements(spec, "Unmanaged")):
        path = path_of(text(entry, "Path"))
        lowest, highest = number(entry, "Minimum"), number(entry, "Maximum")
        for member, bound in (("Minimum", lowest), ("Maximum", highest)):
            if bound is not None and (path is None or not path.is_units):
                yield Violation(f"Unmanaged[{position}].{member}", "requires a path of capacity units")
        if isinstance(lowest, int) and isinstance(highest, int) and lowest > highest:
            yield Violation(f"Unmanaged[{position}].Maximum", f"must be at least the Minimum, {lowest}")
