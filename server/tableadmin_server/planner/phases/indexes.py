"""Steps that delete and create indexes: one index a call, and one such job at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import elements, text
from tableadmin_server.planner.phases.capacity import throughput_updates
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.state.index import creation_shape

T = TypeVar("T")


def index_deletions(builder: PlanBuilder) -> Iterator[Step]:
    """Indexes that are not wanted, or not as they are: what an index is made of can't change."""
    at, to = builder.at, builder.to
    for name, index in list(at.indexes.items()):
        wanted = to.indexes.get(name)
        if wanted is None or not index.same_definition(wanted):
            del at.indexes[name]
            yield _deletion(builder, "GlobalSecondaryIndexUpdates", name, rebuilt=wanted is not None)
    for name in _differing(at.vector_indexes, to.vector_indexes):
        del at.vector_indexes[name]
        yield _deletion(builder, "VectorIndexUpdates", name, rebuilt=name in to.vector_indexes)


def index_creations(builder: PlanBuilder) -> Iterator[Step]:
    """Indexes that are wanted; with the first go updates of the throughput of others."""
    at, to = builder.at, builder.to
    for name, index in builder.missing_indexes:
        updates = throughput_updates(builder)
        at.indexes[name] = index
        members = creation_shape(name, index)
        if updates:
            creations = cast("Sequence[AwsValue]", members["GlobalSecondaryIndexUpdates"])
            members["GlobalSecondaryIndexUpdates"] = [*creations, *updates]
        also = ", change throughput of indexes" if updates else ""
        yield builder.update(f"add index {name}{also}", members, (f"index {name} ACTIVE",))
    for name, vector_index in to.vector_indexes.items():
        if name not in at.vector_indexes:
            at.vector_indexes[name] = vector_index
            create = {"Create": _as_written(builder.spec, name)}
            yield builder.update(
                f"add vector index {name}", {"VectorIndexUpdates": [create]}, (f"index {name} ACTIVE",)
            )


def _deletion(builder: PlanBuilder, member: str, name: str, *, rebuilt: bool) -> Step:
    members: AwsDict = {member: [{"Delete": {"IndexName": name}}]}
    summary = f"delete index {name}{', to build it anew' if rebuilt else ''}"
    return builder.update(summary, members, (f"index {name} gone",))


def _differing(before: Mapping[str, T], after: Mapping[str, T]) -> list[str]:
    return [name for name, index in before.items() if after.get(name) != index]


def _as_written(spec: AwsDict, name: str) -> AwsDict:
    return next(index for index in elements(spec, "VectorIndexes") if text(index, "IndexName") == name)
