"""Rules between members of a spec: names and projections of indexes."""

from collections import Counter
from collections.abc import Iterator
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.rules import limits
from tableadmin_server.planner.rules.constraint import Violation

_LISTS = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes", "VectorIndexes")


def names(spec: AwsDict) -> Iterator[Violation]:
    """No two indexes of any kind have the same name."""
    seen: set[str] = set()
    for path, index in _indexes(spec):
        name = text(index, "IndexName")
        if name and name in seen:
            yield Violation(f"{path}.IndexName", f"{name} is the name of another index")
        seen.add(name)


def projections(spec: AwsDict) -> Iterator[Violation]:
    """INCLUDE requires NonKeyAttributes, other types refuse them, and a table has a maximum of them."""
    most = limits.MAX_PROJECTED_BY_TABLE
    total = 0
    for path, index in _indexes(spec):
        projection = structure(index, "Projection")
        attributes = cast("list[str]", projection.get("NonKeyAttributes") or [])
        include = text(projection, "ProjectionType") == "INCLUDE"
        total += len(attributes)
        where = f"{path}.Projection.NonKeyAttributes"
        if include and not attributes:
            yield Violation(where, "is required with INCLUDE")
        if attributes and not include and "ProjectionType" in projection:
            yield Violation(where, "requires ProjectionType INCLUDE")
        for attribute in sorted(each for each, times in Counter(attributes).items() if times > 1):
            yield Violation(where, f"{attribute} is specified twice")
    if total > most:
        yield Violation("", f"all indexes together project at most {most} attributes by name, not {total}")


def _indexes(spec: AwsDict) -> Iterator[tuple[str, AwsDict]]:
    for member in _LISTS:
        for number, index in enumerate(elements(spec, member)):
            yield f"{member}[{number}]", index
