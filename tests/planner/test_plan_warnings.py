"""Warnings of a plan."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import plan
from tests.planner.model.table import Data
from tests.planner.tables import (
    LESS,
    ON_DEMAND,
    UNITS,
    planned,
    settled,
    table,
)


@pytest.mark.parametrize(
    ("used", "ago", "text"),
    [
        (1, timedelta(hours=2), "3 of 4 are left on this UTC day"),
        (4, timedelta(hours=2), "are used up, so one an hour is possible"),
        (4, timedelta(minutes=10), "none is left before 12:50 UTC"),
    ],
)
def test_decreases(used: int, ago: timedelta, text: str) -> None:
    """A decrease of throughput says what is left of the day's budget."""
    driver = settled(table())
    live, now = driver.observed(), driver.now().replace(hour=12, minute=0)
    assert live.description is not None
    units: AwsDict = {**UNITS, "NumberOfDecreasesToday": used, "LastDecreaseDateTime": now - ago}
    live = replace(live, description={**live.description, "ProvisionedThroughput": units})
    (warning,) = plan(cast("AwsDict", table(ProvisionedThroughput=LESS)), live, now).warnings
    assert text in warning.description


@pytest.mark.parametrize(
    ("after", "path"),
    [
        (table(TableClass="STANDARD_INFREQUENT_ACCESS"), "TableClass"),
        (table(SSESpecification={"Enabled": True}), "SSESpecification"),
        (table(**ON_DEMAND), "BillingMode"),
    ],
)
def test_budgets(after: Data, path: str) -> None:
    """A change of what has a budget warns of it."""
    assert [path] == [warning.path for warning in planned(table(), after).warnings]


def test_unmanaged_members_of_a_table_that_is_replaced() -> None:
    """The plan names the settings that the spec does not manage and that are lost with the table."""
    tags = [{"Key": "team", "Value": "films"}]
    expiry = {"Enabled": True, "AttributeName": "Until"}
    unmanaged = [{"Path": "Tags"}, {"Path": "TimeToLiveSpecification"}, {"Path": "ResourcePolicy"}]
    before = table(Tags=tags, TimeToLiveSpecification=expiry)
    lost = {"Tags[team]", "TimeToLiveSpecification"}
    for after, paths in (
        (table(types="NS", Unmanaged=unmanaged), lost),
        (table(Unmanaged=unmanaged), set[str]()),
    ):
        warnings = planned(before, after).warnings
        assert paths == {each.path for each in warnings if "the new table does not have" in each.description}
