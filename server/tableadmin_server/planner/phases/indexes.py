"""Steps that delete and create indexes: one index a call, and one such job of a table at a time."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, text
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import UpdateKind
from tableadmin_server.planner.state.index import creation_shape

T = TypeVar("T")


def index_deletions(builder: PlanBuilder) -> Iterator[Step]:
    """Indexes that the target has not, or has with another key or projection, which AWS can't change."""
    at, to = builder.at, builder.to
    for name, index in list(at.indexes.items()):
        wanted = to.indexes.get(name)
        if wanted is None or not index.same_definition(wanted):
            del at.indexes[name]
            members: AwsDict = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
            summary = _deletion(name, rebuilt=wanted is not None)
            yield builder.update(UpdateKind.INDEX_DELETION, summary, members, (f"index {name} gone",))
    for name in _differing(at.vector_indexes, to.vector_indexes):
        del at.vector_indexes[name]
        members = {"VectorIndexUpdates": [{"Delete": {"IndexName": name}}]}
        summary = _deletion(name, rebuilt=name in to.vector_indexes)
        yield builder.update(UpdateKind.VECTOR_INDEX_DELETION, summary, members, (f"index {name} gone",))


def index_creations(builder: PlanBuilder) -> Iterator[Step]:
    """Indexes that the table has not yet, in the order of the spec."""
    at, to = builder.at, builder.to
    for name, index in to.indexes.items():
        if name not in at.indexes:
            at.indexes[name] = index
            members, summary = creation_shape(name, index), f"add index {name}"
            yield builder.update(UpdateKind.INDEX_CREATION, summary, members, (f"index {name} ACTIVE",))
    for name, vector_index in to.vector_indexes.items():
        if name not in at.vector_indexes:
            at.vector_indexes[name] = vector_index
            members = {"VectorIndexUpdates": [{"Create": _as_written(builder.spec, name)}]}
            summary, waits = f"add vector index {name}", (f"index {name} ACTIVE",)
            yield builder.update(UpdateKind.VECTOR_INDEX_CREATION, summary, members, waits)


def _deletion(name: str, *, rebuilt: bool) -> str:
    return f"delete index {name}{', before creating it again' if rebuilt else ''}"


def _differing(before: Mapping[str, T], after: Mapping[str, T]) -> list[str]:
    return [name for name, index in before.items() if after.get(name) != index]


def _as_written(spec: AwsDict, name: str) -> AwsDict:
    return next(index for index in elements(spec, "VectorIndexes") if text(index, "IndexName") == name)
