"""Capacity: which calls change billing mode, throughput, ceilings and warm throughput."""

import pytest

from tests.planner.model.table import Data
from tests.planner.tables import (
    IMAGES,
    MORE,
    ON_DEMAND,
    UNITS,
    calls,
    index,
    planned,
    summaries,
    table,
)


def test_throughput_together() -> None:
    """Throughput of table and indexes is one call, with both dimensions, of those alone that change."""
    before = table(index("One"), index("Two"))
    after = table(index("One", throughput=MORE), index("Two"), ProvisionedThroughput=MORE)
    update = {"Update": {"IndexName": "One", "ProvisionedThroughput": MORE}}
    assert [{"ProvisionedThroughput": MORE, "GlobalSecondaryIndexUpdates": [update]}] == calls(before, after)


def test_to_provisioned() -> None:
    """PROVISIONED is sent with throughput of every live index, after deletions and before creations."""
    before = table(index("Old", throughput=None), index("Kept", throughput=None), **ON_DEMAND)
    after = table(index("Kept"), index("New"))
    assert ["delete index Old", "switch to provisioned capacity", "add index New"] == summaries(before, after)
    assert {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": UNITS,
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "Kept", "ProvisionedThroughput": UNITS}}],
    } == calls(before, after)[1]


@pytest.mark.parametrize(
    ("members", "companion"),
    [
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 9}}, ", set on-demand ceilings"),
        ({"StreamSpecification": IMAGES}, ", turn the stream on: NEW_IMAGE"),
        ({}, ""),
    ],
)
def test_to_on_demand(members: Data, companion: str) -> None:
    """PAY_PER_REQUEST takes ceilings or the stream along, so that one call is enough."""
    assert [f"switch to on-demand capacity{companion}"] == summaries(table(), table(**ON_DEMAND, **members))


def test_to_on_demand_with_index() -> None:
    """PAY_PER_REQUEST takes the creation of an index along."""
    after = table(index("New", throughput=None), **ON_DEMAND)
    assert ["switch to on-demand capacity, add index New"] == summaries(table(), after)


def test_ceilings_dropped() -> None:
    """The switch to PROVISIONED drops on-demand ceilings by itself: no call is made for that."""
    before = table(**ON_DEMAND, OnDemandThroughput={"MaxReadRequestUnits": 9})
    assert ["switch to provisioned capacity"] == summaries(before, table())


def test_ceilings_removed() -> None:
    """A ceiling is removed by -1, never by an empty structure, which AWS fails for ever."""
    before = table(**ON_DEMAND, OnDemandThroughput={"MaxReadRequestUnits": 9})
    assert [{"OnDemandThroughput": {"MaxReadRequestUnits": -1}}] == calls(before, table(**ON_DEMAND))


def test_warm_throughput() -> None:
    """Warm throughput is raised alone in its call, never lowered, and left as it is where it is absent."""
    units = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4000}
    warm = table(index("One", WarmThroughput=units), WarmThroughput=units)
    assert ["warm the table", "warm index One"] == summaries(table(index("One")), warm)
    assert [] == summaries(warm, table(index("One")))
    lower = planned(warm, table(index("One"), WarmThroughput={"ReadUnitsPerSecond": 12500}))
    assert [] == lower.steps
    assert ["WarmThroughput"] == [warning.path for warning in lower.warnings]
