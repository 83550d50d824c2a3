"""What AWS's control plane wants, rule by rule, and the plan that gives it that."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import Action, AutoScaled, ChangeClass, Cooldown, Live, Part, Plan, moved, plan
from tests.planner.driver import Driver
from tests.planner.model import ControlPlane
from tests.planner.model_table import Data
from tests.planner.tables import (
    ALL,
    IMAGES,
    KEY,
    KEYS_ONLY,
    LESS,
    MORE,
    ON_DEMAND,
    UNITS,
    index,
    settled,
    table,
)


def planned(before: Data, after: Data) -> Plan:
    """The plan from BEFORE to AFTER."""
    return settled(before).plan(after)


def summaries(before: Data, after: Data) -> list[str]:
    """What the steps from BEFORE to AFTER are."""
    return [step.summary for step in planned(before, after).steps]


def calls(before: Data, after: Data) -> list[Data]:
    """The calls from BEFORE to AFTER, without the table they are about."""
    steps = planned(before, after).steps
    return [{m: v for m, v in step.params.items() if m not in {"TableName", "ResourceArn"}} for step in steps]


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
    ("members", "rider"),
    [
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 9}}, ", set on-demand ceilings"),
        ({"StreamSpecification": IMAGES}, ", turn the stream on: NEW_IMAGE"),
        ({}, ""),
    ],
)
def test_to_on_demand(members: Data, rider: str) -> None:
    """PAY_PER_REQUEST takes ceilings or the stream along, so that one call is enough."""
    assert [f"switch to on-demand capacity{rider}"] == summaries(table(), table(**ON_DEMAND, **members))


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


def test_index_update_rides() -> None:
    """The creation of an index takes throughput updates of other indexes along."""
    before, after = table(index("Kept")), table(index("Kept", throughput=MORE), index("New"))
    assert ["change throughput of indexes, add index New"] == summaries(before, after)


def test_one_index_a_call() -> None:
    """Each index is created or deleted in a call of its own, and waited for."""
    steps = planned(table(index("One"), index("Two")), table(index("Three"), index("Four"))).steps
    assert ["delete index", "delete index", "add index", "add index"] == [
        step.summary.rpartition(" ")[0] for step in steps
    ]
    assert ("index Three ACTIVE",) == steps[2].waits


def test_rebuild() -> None:
    """What an index is made of can't change: it is deleted and created, which is disruptive."""
    made = planned(table(index("One")), table(index("One", KEYS_ONLY)))
    assert ["delete index One, to build it anew", "add index One"] == [step.summary for step in made.steps]
    assert [("GlobalSecondaryIndexes[One]", ChangeClass.DISRUPTIVE)] == [
        (change.path, change.change_class) for change in made.changes
    ]


def test_retyped_index_key() -> None:
    """Another type of an attribute, which AWS would ignore, rebuilds all indexes whose key it is."""
    before, after = table(index("One"), index("Two")), table(index("One"), index("Two"), types="SSN")
    assert ["delete index", "delete index", "add index", "add index"] == [
        " ".join(summary.split()[:2]) for summary in summaries(before, after)
    ]


def test_definitions() -> None:
    """The creation of an index defines the attributes of its key alone."""
    (create,) = calls(table(), table(index("One")))
    assert [{"AttributeName": "Genre", "AttributeType": "S"}] == create["AttributeDefinitions"]


@pytest.mark.parametrize(
    "after",
    [
        table(types="NS"),
        table(KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}], types="S"),
        table(
            LocalSecondaryIndexes=[
                {"IndexName": "L", "KeySchema": table()["KeySchema"], "Projection": KEYS_ONLY}
            ]
        ),
    ],
)
def test_replacement(after: Data) -> None:
    """Key, types of key attributes and local indexes can't change: the table is deleted and made anew."""
    if len(after["KeySchema"]) == 1:
        after = {**after, "AttributeDefinitions": after["AttributeDefinitions"][:1]}
    made = planned(table(), after)
    assert Action.REPLACE == made.action
    assert ["DeleteTable", "CreateTable"] == [step.operation for step in made.steps]
    assert ChangeClass.REPLACEMENT in {change.change_class for change in made.changes}


def test_protected_replacement() -> None:
    """A table with deletion protection is not replaced, and its plan says why."""
    made = planned(table(DeletionProtectionEnabled=True), table(types="NS", DeletionProtectionEnabled=True))
    assert ([], ()) == (made.steps, made.waits)
    assert "deletion protection is on: the table can't be replaced until it is turned off" == made.refusal


def test_sets() -> None:
    """Order of definitions, tags, indexes and projected attributes says nothing."""
    first = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]}
    last = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]}
    tags = [{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}]
    after = table(index("Two"), index("One", last), Tags=tags[::-1])
    after["AttributeDefinitions"].reverse()
    assert [] == summaries(table(index("One", first), index("Two"), Tags=tags), after)


def test_defaults() -> None:
    """What is absent is at AWS's default, so that a default that is written down changes nothing."""
    written = table(
        BillingMode="PROVISIONED",
        TableClass="STANDARD",
        SSESpecification={"Enabled": False},
        StreamSpecification={"StreamEnabled": False},
        DeletionProtectionEnabled=False,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    assert [] == summaries(table(), written)
    assert [] == summaries(written, table())


def test_warm_throughput() -> None:
    """Warm throughput is raised alone in its call, never lowered, and left as it is where it is absent."""
    units = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4000}
    warm = table(index("One", WarmThroughput=units), WarmThroughput=units)
    assert ["warm the table", "warm index One"] == summaries(table(index("One")), warm)
    assert [] == summaries(warm, table(index("One")))
    lower = planned(warm, table(index("One"), WarmThroughput={"ReadUnitsPerSecond": 12500}))
    assert [] == lower.steps
    assert ["WarmThroughput"] == [warning.path for warning in lower.warnings]


def test_stream() -> None:
    """A stream that shows something else is another stream: off, then on, which is disruptive."""
    made = planned(
        table(StreamSpecification=IMAGES),
        table(StreamSpecification={**IMAGES, "StreamViewType": "KEYS_ONLY"}),
    )
    assert ["turn the stream off", "turn the stream on: KEYS_ONLY"] == [step.summary for step in made.steps]
    assert [ChangeClass.DISRUPTIVE] == [change.change_class for change in made.changes]


def test_encryption() -> None:
    """Keys are compared by ARN or id; an alias can't be, and is not sent again, for that would cost quota."""
    before = table(SSESpecification={"Enabled": True, "KMSMasterKeyId": KEY})
    same = ("1", KEY, "alias/any")
    specs = [table(SSESpecification={"Enabled": True, "KMSMasterKeyId": key}) for key in same]
    assert [[], [], []] == [summaries(before, spec) for spec in specs]
    assert "an alias can't be compared" in planned(before, specs[2]).warnings[0].description
    other = table(SSESpecification={"Enabled": True, "KMSMasterKeyId": KEY[:-1] + "2"})
    assert ["change encryption"] == summaries(before, other)


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


def test_protection() -> None:
    """Deletion protection goes off first and on last."""
    protected = table(index("One"), DeletionProtectionEnabled=True, Tags=[{"Key": "a", "Value": ""}])
    assert ["add index One", "set 1 tag", "turn deletion protection on"] == summaries(table(), protected)
    assert ["turn deletion protection off", "delete index One", "remove 1 tag"] == summaries(
        protected, table()
    )


def test_replicas() -> None:
    """The first replica turns the stream on; replicas go before the stream, which they need."""
    two = table(**ON_DEMAND, Replicas=[{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}])
    assert ["add a replica in eu-west-1", "add a replica in us-east-1"] == summaries(table(**ON_DEMAND), two)
    assert [
        "delete the replica in eu-west-1",
        "delete the replica in us-east-1",
        "turn the stream off",
    ] == summaries(two, table(**ON_DEMAND))


def test_failed_replica() -> None:
    """A replica that could not be set up is deleted before it is made again."""
    wanted = table(**ON_DEMAND, Replicas=[{"RegionName": "eu-west-1"}])
    driver = settled(wanted)
    live = driver.observed()
    assert live.description is not None
    failed: list[AwsDict] = [{"RegionName": "eu-west-1", "ReplicaStatus": "CREATION_FAILED"}]
    live = replace(live, description={**live.description, "Replicas": failed})
    made = plan(cast("AwsDict", wanted), live, driver.now())
    assert ["delete the replica in eu-west-1", "add a replica in eu-west-1"] == [
        step.summary for step in made.steps
    ]


@pytest.mark.parametrize(
    ("members", "cooldown", "seconds"),
    [
        ({"DeletionProtectionEnabled": True}, Cooldown.DELETION_PROTECTION, 15),
        ({"ResourcePolicy": "{}"}, Cooldown.RESOURCE_POLICY, 15),
        ({"Tags": [{"Key": "a", "Value": ""}]}, Cooldown.TAGS, 2),
        ({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}, Cooldown.CREATION, 3),
    ],
)
def test_cooldowns(members: Data, cooldown: Cooldown, seconds: float) -> None:
    """What AWS wants some time apart waits for longer than that, and not for ever."""
    driver = settled(table())
    driver.changed[cooldown] = driver.now()
    driver.control.clock += seconds
    assert driver.plan(table(**members)).waits
    driver.control.clock += 2
    assert () == driver.plan(table(**members)).waits


def test_creation() -> None:
    """CreateTable takes all it can; time to live, recovery, insights, Kinesis and replicas follow."""
    spec = table(
        index("One"),
        StreamSpecification=IMAGES,
        SSESpecification={"Enabled": True},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        ResourcePolicy="{}",
        Tags=[{"Key": "a", "Value": ""}],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ContributorInsightsSpecification={"Enabled": True},
    )
    made = plan(cast("AwsDict", spec), Live("Music"), Driver(ControlPlane(), "Music").now())
    assert [
        "CreateTable",
        "UpdateContinuousBackups",
        "UpdateContributorInsights",
        "UpdateTimeToLive",
    ] == [step.operation for step in made.steps]


def test_order() -> None:
    """Changes come in a safe order."""
    before = table(index("Old"), index("Kept"), DeletionProtectionEnabled=True)
    after = table(
        index("Kept", throughput=None),
        index("New", throughput=None),
        **ON_DEMAND,
        OnDemandThroughput={"MaxReadRequestUnits": 9},
        StreamSpecification=IMAGES,
        TableClass="STANDARD_INFREQUENT_ACCESS",
        SSESpecification={"Enabled": True},
        WarmThroughput={"ReadUnitsPerSecond": 20000},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        Tags=[{"Key": "a", "Value": ""}],
    )
    assert [
        "turn deletion protection off",
        "delete index Old",
        "switch to on-demand capacity, set on-demand ceilings",
        "turn the stream on: NEW_IMAGE",
        "change the table class to STANDARD_INFREQUENT_ACCESS",
        "change encryption",
        "add index New",
        "warm the table",
        "turn point-in-time recovery on",
        "set 1 tag",
    ] == summaries(before, after)


def test_issue_figure() -> None:
    """Three indexes, capacity, time to live, recovery and tags of a live table: seven calls."""
    after = table(
        *map(index, ("One", "Two", "Three")),
        ProvisionedThroughput=MORE,
        Tags=[{"Key": "a", "Value": ""}],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    driver = settled(table())
    done = len(driver.control.calls)
    driver.drive(after)
    assert 7 == len(driver.control.calls) - done


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


def test_auto_scaling() -> None:
    """Capacity that Application Auto Scaling moves is left alone, the other dimension is not."""
    driver = settled(table(index("One")))
    live = replace(
        driver.observed(), auto_scaled={"": AutoScaled(read=True), "One": AutoScaled(read=True, write=True)}
    )
    after = table(
        index("One", throughput=MORE), ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 8}
    )
    (step,) = plan(cast("AwsDict", after), live, driver.now()).steps
    expected = {
        "TableName": "Music",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 8},
    }
    assert expected == step.params


def test_unsupported() -> None:
    """What the endpoint does not have is shown and skipped, not failed."""
    driver = settled(table())
    live = replace(driver.observed(), unsupported=frozenset({Part.TAGS, Part.TIME_TO_LIVE}), tags=None)
    after = table(
        Tags=[{"Key": "a", "Value": ""}],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"},
    )
    made = plan(cast("AwsDict", after), live, driver.now())
    assert (Action.NONE, []) == (made.action, made.steps)
    assert ["Tags[a]", "TimeToLiveSpecification"] == [
        change.path for change in made.changes if change.skipped
    ]


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

    def mark(live: Live) -> str:
        return plan(cast("AwsDict", table()), live, driver.now()).fingerprint

    before, gone = mark(live), mark(Live(live.name))
    expiring: AwsDict = {"TimeToLiveStatus": "ENABLED", "AttributeName": "Expires"}
    changed = replace(live, tags=[{"Key": "team", "Value": "b"}], time_to_live=expiring)
    other = replace(live, description={**(live.description or {}), "TableId": "other"})
    assert ["Tags[team]", "TimeToLiveSpecification"] == moved(before, mark(changed))
    assert [[], [""], [""], [""]] == [
        moved(before, before),
        moved(before, gone),
        moved(gone, before),
        moved(before, mark(other)),
    ]


@pytest.mark.parametrize("text", ["", "absent", "eJw", "eJyLNowFAAHTAOo=", "ü"])
def test_no_fingerprint(text: str) -> None:
    """What is no fingerprint is refused."""
    with pytest.raises(ValueError, match="no fingerprint"):
        moved(text, text)


WIDE_INDEXES = [
    index(f"Index{n}", {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]}) for n in range(20)
]


@pytest.mark.parametrize(
    "after", [table(*WIDE_INDEXES), table(*[{**each, "Projection": ALL} for each in WIDE_INDEXES])]
)
def test_speed(after: Data) -> None:
    """A plan for a table with 20 indexes takes a millisecond, be it empty or all of them rebuilt."""
    driver = settled(table(*WIDE_INDEXES))
    live, now = driver.observed(), driver.now()
    best = min(_seconds(lambda: plan(cast("AwsDict", after), live, now)) for _ in range(200))
    # Three times the figure, for machines that are busy with other things.
    assert best < 0.003


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
