"""Everything that is wrong with a spec, found without asking AWS."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import (
    index_rules,
    key_rules,
    replica_rules,
    setting_rules,
    throughput_rules,
)
from tableadmin_server.planner.constraints import SPEC
from tableadmin_server.planner.violation import Violation

_Rule: TypeAlias = Callable[[AwsDict], Iterable[Violation]]

_RULES: tuple[_Rule, ...] = (
    key_rules.table_key,
    key_rules.definitions,
    key_rules.local_index_keys,
    key_rules.global_index_keys,
    index_rules.names,
    index_rules.projections,
    throughput_rules.throughput,
    throughput_rules.overrides,
    setting_rules.stream,
    setting_rules.encryption,
    setting_rules.time_to_live,
    setting_rules.recovery,
    setting_rules.tags,
    setting_rules.policy,
    replica_rules.regions,
    replica_rules.indexes,
    replica_rules.stream,
)


def validate(spec: AwsDict) -> list[Violation]:
    """Every violation of SPEC, a TableSpec as an AWS-shaped dict; none where AWS would take it."""
    return [*SPEC.broken(spec, ""), *(violation for rule in _RULES for violation in rule(spec))]
