"""Validation of a spec, without a call to AWS."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.rules import (
    indexes,
    keys,
    replicas,
    restoration,
    settings,
    throughput,
    unmanaged,
)
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.rules.members import SPEC

_Rule: TypeAlias = Callable[[AwsDict], Iterable[Violation]]

_RULES: tuple[_Rule, ...] = (
    keys.table_key,
    keys.definitions,
    keys.local_index_keys,
    keys.global_index_keys,
    indexes.names,
    indexes.projections,
    throughput.throughput,
    throughput.overrides,
    settings.stream,
    settings.encryption,
    settings.time_to_live,
    settings.recovery,
    settings.tags,
    settings.policy,
    replicas.regions,
    replicas.indexes,
    replicas.stream,
    replicas.keys,
    restoration.source,
    unmanaged.paths,
    unmanaged.bounds,
)


def validate(spec: AwsDict) -> list[Violation]:
    """All violations of SPEC, a TableSpec as an AWS-shaped dict; [] where AWS would accept it."""
    return [*SPEC.broken(spec, ""), *(violation for rule in _RULES for violation in rule(spec))]
