"""A scenario for each topic of the control plane: together they ask every operation of an engine.

Each works on a table of its own, which is there and ACTIVE. What an engine refuses leaves later steps
without what they work on; they are tried all the same, on something made up, so that each refusal is its own.
"""

import uuid
from collections.abc import Callable, Mapping

from tableadmin import Client
from tests.mirror.scenarios import data_scenarios, feature_scenarios, global_scenarios, table_scenarios
from tests.mirror.tables import Table, made
from tests.mirror.trials import Outcome, Trials

SCENARIOS: tuple[Callable[[Trials, Table], None], ...] = (
    table_scenarios.lifecycle,
    table_scenarios.changes,
    table_scenarios.time_to_live,
    table_scenarios.tags,
    table_scenarios.account,
    data_scenarios.backups,
    data_scenarios.point_in_time_recovery,
    data_scenarios.exports,
    data_scenarios.imports,
    data_scenarios.bulk_operations,
    feature_scenarios.kinesis,
    feature_scenarios.contributor_insights,
    feature_scenarios.resource_policy,
    global_scenarios.replicas,
    global_scenarios.replica_auto_scaling,
    global_scenarios.global_tables,
)


def outcomes(client: Client, expected: Mapping[str, str]) -> dict[str, Outcome]:
    """How each row of the table ended at CLIENT's endpoint, in the order of the rows; see `Trials`."""
    trials = Trials(client, expected)
    for scenario in SCENARIOS:
        with made(client, f"t-{uuid.uuid4().hex[:12]}") as table:
            scenario(trials, table)
    return dict(sorted(trials.outcomes.items()))
