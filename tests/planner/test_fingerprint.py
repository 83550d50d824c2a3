"""Fingerprints: what they tell apart."""

from dataclasses import replace
from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import changed_settings, plan
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot
from tests.planner.tables import (
    index,
    settled,
    table,
)


def test_fingerprint() -> None:
    """The fingerprint is that of the settings and the table's identity; not of sizes, times or statuses."""
    driver = settled(table(index("One")))
    live = driver.observed()

    def mark(**members: object) -> str:
        description = cast("AwsDict", {**(live.description or {}), **members})
        other = replace(live, description=description)
        return plan(cast("AwsDict", table()), other, driver.now()).fingerprint

    same = {mark(), mark(ItemCount=9), mark(TableStatus="UPDATING"), mark(CreationDateTime=0)}
    others = {mark(TableId="other"), mark(DeletionProtectionEnabled=True), mark(GlobalSecondaryIndexes=[])}
    assert (1, 3) == (len(same), len(others - same))


def test_moved() -> None:
    """Two fingerprints tell which settings differ; of a table that came, went or is another: itself."""
    driver = settled(table(index("One"), Tags=[{"Key": "team", "Value": "a"}]))
    live = driver.observed()

    def mark(live: Snapshot) -> str:
        return plan(cast("AwsDict", table()), live, driver.now()).fingerprint

    before, gone = mark(live), mark(Snapshot(live.name))
    expiring: AwsDict = {"TimeToLiveStatus": "ENABLED", "AttributeName": "Expires"}
    parts = {**live.parts, Part.TAGS: [{"Key": "team", "Value": "b"}], Part.TIME_TO_LIVE: expiring}
    changed = replace(live, parts=parts)
    other = replace(live, description={**(live.description or {}), "TableId": "other"})
    assert ["Tags[team]", "TimeToLiveSpecification"] == changed_settings(before, mark(changed))
    assert [[], [""], [""], [""]] == [
        changed_settings(before, before),
        changed_settings(before, gone),
        changed_settings(gone, before),
        changed_settings(before, mark(other)),
    ]


@pytest.mark.parametrize("text", ["", "absent", "eJw", "eJyLNowFAAHTAOo=", "ü"])
def test_no_fingerprint(text: str) -> None:
    """What is no fingerprint is refused."""
    with pytest.raises(ValueError, match="not a fingerprint of a plan"):
        changed_settings(text, text)
