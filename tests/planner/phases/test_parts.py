"""What AWS keeps apart from a table's description: which calls change it."""

import json

from tests.planner.model.table import Data
from tests.planner.tables import (
    planned,
    settled,
    summaries,
    table,
)


def test_time_to_live_renamed() -> None:
    """Another attribute is off, a wait of half an hour, and on; off names the attribute it was."""

    def by(name: str) -> Data:
        return table(TimeToLiveSpecification={"Enabled": True, "AttributeName": name})

    driver = settled(by("Expires"))
    off, on = driver.plan(by("Until")).steps
    assert {"Enabled": False, "AttributeName": "Expires"} == off.params["TimeToLiveSpecification"]
    assert {"Enabled": True, "AttributeName": "Until"} == on.params["TimeToLiveSpecification"]
    done = len(driver.control.calls)
    driver.drive(by("Until"), lambda: len(driver.control.calls) > done)
    driver.control.clock += 120
    (wait,) = driver.plan(by("Until")).waits
    assert wait.seconds is not None
    assert 1000 < wait.seconds <= 1860


def test_time_to_live_reset() -> None:
    """Time to live that is on already is not turned on again."""
    spec = table(TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"})
    assert [] == summaries(spec, spec)


def test_tags() -> None:
    """Tags go before tags come, for at 50 what counts is both together; AWS's own are not touched."""
    before = table(Tags=[{"Key": f"a{n:02}", "Value": ""} for n in range(50)])
    after = table(Tags=[{"Key": f"b{n:02}", "Value": ""} for n in range(50)])
    assert ["remove 50 tags", "set 50 tags"] == summaries(before, after)
    assert ["remove 50 tags"] == summaries(before, table())


def test_policy() -> None:
    """A policy that says the same in another form is the same."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem"]}]}
    one = {"Statement": [{"Action": "dynamodb:GetItem", "Effect": "Allow"}], "Version": "2012-10-17"}
    before = table(ResourcePolicy=json.dumps(policy))
    assert [] == summaries(before, table(ResourcePolicy=json.dumps(one, indent=4)))
    assert ["remove the resource policy"] == summaries(before, table())


def test_recovery() -> None:
    """Recovery that ends, or of fewer days, gives up what could have been restored: destructive."""
    on: Data = {"PointInTimeRecoveryEnabled": True}
    before = table(PointInTimeRecoverySpecification=on)
    shorter = table(PointInTimeRecoverySpecification={**on, "RecoveryPeriodInDays": 7})
    costs = [planned(before, table()), planned(before, shorter), planned(shorter, before)]
    assert ["DESTRUCTIVE", "DESTRUCTIVE", "IN_PLACE"] == [made.changes[0].change_class for made in costs]
