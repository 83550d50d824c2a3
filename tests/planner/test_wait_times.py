"""A plan says how long each of its waits takes on AWS."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner import plan, time_waits
from tests.planner.model.table import Data
from tests.planner.tables import IMAGES, index, planned, settled, table

EXPIRES = table(TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"})
UNTIL = table(TimeToLiveSpecification={"Enabled": True, "AttributeName": "Until"})
PROTECTED = table(DeletionProtectionEnabled=True)
WITH_POLICY = table(ResourcePolicy="{}")
TAGGED = table(Tags=[{"Key": "team", "Value": "films"}])
RECOVERABLE = table(PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
EVERYTHING = table(
    index("One"),
    WarmThroughput={"ReadUnitsPerSecond": 20000},
    TableClass="STANDARD_INFREQUENT_ACCESS",
    SSESpecification={"Enabled": True},
    Replicas=[{"RegionName": "eu-west-1"}],
    TimeToLiveSpecification={"Enabled": True, "AttributeName": "Until"},
    ContributorInsightsSpecification={"Enabled": True},
    KinesisStreamSpecification={"StreamArn": "arn:aws:kinesis:us-west-2:000000000000:stream/one"},
)


def test_time_to_live() -> None:
    """Between the two changes of another attribute AWS lets up to an hour pass."""
    off, on = time_waits(planned(EXPIRES, UNTIL).steps)
    settled_ = "time to live settled (up to 1 hour)"
    next_ = "the next change of time to live is accepted (about 30 minutes, at most 1 hour)"
    assert ([settled_, next_], [settled_]) == (off, on)


@pytest.mark.parametrize(
    ("before", "after"),
    [(table(), EVERYTHING), (EVERYTHING, table(StreamSpecification=IMAGES)), (table(), table(types="NS"))],
)
def test_every_wait(before: Data, after: Data) -> None:
    """No wait is without its time."""
    assert [] == [
        wait for waits in time_waits(planned(before, after).steps) for wait in waits if "(" not in wait
    ]


@pytest.mark.parametrize(("minutes", "said"), [(0, "31 minutes"), (16, "15 minutes"), (29, "120 s")])
def test_counted_down(minutes: int, said: str) -> None:
    """The wait between two changes says what is left of it."""
    driver = settled(table())
    changed = {Cooldown.TIME_TO_LIVE: driver.now() - timedelta(minutes=minutes)}
    (wait,) = plan(cast("AwsDict", UNTIL), driver.observed(), driver.now(), changed).waits
    assert f"time to live: {said} until AWS accepts the next change" == wait.description


def test_without_cooldowns() -> None:
    """A plan does not wait for a cooldown that the endpoint does not have."""
    driver = settled(table())
    changed = dict.fromkeys(Cooldown, driver.now())
    for cooldowns, waits in ((frozenset(Cooldown), 1), (frozenset[Cooldown](), 0)):
        live = replace(driver.observed(), cooldowns=cooldowns)
        for spec in (UNTIL, PROTECTED, WITH_POLICY, TAGGED, RECOVERABLE):
            assert waits == len(plan(cast("AwsDict", spec), live, driver.now(), changed).waits), spec
