"""A server with policies that permit a part of the changes with approval, and its principals."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines import Engine
from tests.server.security.authorization.guarded import REGION, Guarded, guarded

# The principals, each with its groups.
PRINCIPALS = {
    "olga": ("platform",),
    "ana": ("music",),
    "eva": ("music", "approvers"),
    "bert": ("approvers",),
    "carl": ("approvers",),
    "dora": ("readers",),
    "nobody": (),
}
ADVICE = "Say why in the ticket."
OF_MUSIC = 'principal in Group::"ci/music"'
NAMED = 'when { resource.name like "music-*" }'
POLICIES = f"""
@id("operators") permit (principal in Group::"ci/platform", action, resource);
@id("music") permit ({OF_MUSIC}, action in [Action::"read", Action::"write"], resource) {NAMED};
@id("music-destroy") @approval("ci/approvers") @advice("{ADVICE}")
permit ({OF_MUSIC}, action in Action::"destroy", resource) {NAMED};
@id("music-expire") @approval("ci/approvers") @approvers("2")
permit ({OF_MUSIC}, action == Action::"ExpireItems", resource) {NAMED};
@id("approvers")
permit (principal in Group::"ci/approvers", action in [Action::"read", Action::"approve"], resource);
@id("readers")
permit (principal in Group::"ci/readers", action in [Action::"read", Action::"approve"], resource);
@id("new-tables") @approval("ci/approvers")
permit ({OF_MUSIC}, action in Action::"write", resource) when {{ resource.name like "new-*" }};
@id("quiet-tables") @advice("Nothing interrupts the use of these tables.")
forbid (principal, action, resource is Table)
when {{ resource.name like "new-quiet-*" }}
when {{ context has changeClass && context.changeClass == ChangeClass::"DISRUPTIVE" }};
@id("costly-cheap") permit ({OF_MUSIC}, action in [Action::"read", Action::"write"], resource)
when {{ resource.name like "costly-*" }}
unless {{ context has monthlyCostIncrease && context.monthlyCostIncrease.greaterThan(decimal("500.0")) }};
@id("costly") @approval("ci/approvers")
permit ({OF_MUSIC}, action in Action::"write", resource) when {{ resource.name like "costly-*" }};
@id("costly-planned") forbid ({OF_MUSIC}, action, resource is Table)
when {{ resource.name like "costly-*" && context has changeClass && !context.planned }};
@id("new-tables-read") permit ({OF_MUSIC}, action in Action::"read", resource)
when {{ resource.name like "new-*" }};
"""


@contextmanager
def approving(folder: Path, engine: Engine, settings: str = "") -> Iterator[Guarded]:
    """A server with POLICIES and an audit, in front of ENGINE. SETTINGS are further lines of [policies].

    A WCU costs one dollar a month.
    """
    prices = folder / "prices.json"
    per_hour = f"{1 / 730:.12f}"
    names = ("ReadCapacityUnit-Hrs", "WriteCapacityUnit-Hrs")
    regions = {REGION: dict.fromkeys(names, per_hour)}
    prices.write_text(json.dumps({"source": "round", "date": "2026-01-01", "regions": regions}))
    settings += f'\nprice_files = ["{prices}"]'
    with guarded(
        folder,
        engine,
        flags=("--audit-file", str(folder / "audit.jsonl")),
        policies=POLICIES,
        principals=PRINCIPALS,
        settings={"staging": "operation_lease = 0.6", "policies": settings},
    ) as running:
        yield running
