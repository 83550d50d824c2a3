"""What of a live table blocks a call."""

from dataclasses import replace
from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import Action, plan
from tests.planner.model.table import Data
from tests.planner.tables import (
    IMAGES,
    index,
    settled,
    table,
)

MOTIONS: tuple[tuple[str, Data, Data, str], ...] = (
    ("index", table(), table(index("One")), "index One: CREATING, backfilling"),
    ("encryption", table(), table(SSESpecification={"Enabled": True}), "encryption: UPDATING"),
    ("warm", table(), table(WarmThroughput={"ReadUnitsPerSecond": 20000}), "table: warm throughput UPDATING"),
    ("class", table(), table(TableClass="STANDARD_INFREQUENT_ACCESS"), "table: UPDATING"),
)


@pytest.mark.parametrize(
    ("before", "after", "wait"), [case[1:] for case in MOTIONS], ids=[c[0] for c in MOTIONS]
)
def test_waits(before: Data, after: Data, wait: str) -> None:
    """What is in motion beside TableStatus blocks the next UpdateTable, and is what the plan begins with."""
    driver = settled(before)
    done = len(driver.control.calls)
    driver.drive(after, lambda: len(driver.control.calls) > done)
    made = driver.plan({**after, "StreamSpecification": IMAGES})
    assert wait in [each.description for each in made.waits]


def test_parts_do_not_wait_for_indexes() -> None:
    """An index that builds for hours does not hold up tags."""
    driver = settled(table())
    after = table(index("One"), Tags=[{"Key": "a", "Value": ""}])
    driver.drive(after, lambda: len(driver.control.tables["Music"].indexes) == 1)
    driver.control.clock += 60
    made = driver.plan(after)
    assert ["set 1 tag"] == [step.summary for step in made.steps]
    assert () == made.waits


def test_deleting() -> None:
    """A table on its way out is waited for, then made."""
    driver = settled(table())
    driver.control.call("DeleteTable", {"TableName": "Music"})
    made = driver.plan(table())
    assert (Action.CREATE, ["table: DELETING"]) == (made.action, [each.description for each in made.waits])


def test_stuck() -> None:
    """A table that is archived can't be changed, however long one waits."""
    live = settled(table()).observed()
    assert live.description is not None
    archived = replace(live, description={**live.description, "TableStatus": "ARCHIVED"})
    made = plan(cast("AwsDict", table(index("One"))), archived, settled(table()).now())
    assert ("the table is ARCHIVED: no change is possible", []) == (made.refusal, made.steps)
