"""What a spec does not manage stays as it is, whatever else a plan changes."""

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import Action, Plan, changed_settings, plan
from tableadmin_server.planner.changes import differences
from tableadmin_server.planner.state.live import live_state
from tableadmin_server.planner.state.table_state import TableState
from tableadmin_server.planner.state.unmanaged import MEMBERS, path_of
from tableadmin_server.tables.parts import Part
from tests.planner.driver import Driver
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.table import Data
from tests.planner.specs import NAME, specs
from tests.planner.tables import KEYS_ONLY, ON_DEMAND, UNITS, index, planned, settled, summaries, table

TAGS = [{"Key": "team", "Value": "music"}, {"Key": "cost", "Value": "007"}]
TTL = {"Enabled": True, "AttributeName": "Expires"}
RECOVERY = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
POLICY = '{"Version": "2012-10-17", "Statement": []}'
KEY = "arn:aws:kms:us-west-2:000000000000:key/1"
FULL = table(
    index("GenreIndex"),
    Tags=TAGS,
    TimeToLiveSpecification=TTL,
    PointInTimeRecoverySpecification=RECOVERY,
    ResourcePolicy=POLICY,
    SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY},
    Replicas=[{"RegionName": "eu-west-1"}],
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
)
WITHOUT_INDEX = {member: value for member, value in FULL.items() if member != "GlobalSecondaryIndexes"}
BOUNDS = {"Minimum": 5, "Maximum": 50}


def unmanaged(*paths: str, **members: object) -> list[Data]:
    """The element of Unmanaged for each of PATHS, with MEMBERS."""
    return [{"Path": path, **members} for path in paths]


def changed(before: Data, after: Data, *paths: str) -> list[str]:
    """The paths that the plan from BEFORE to AFTER changes while AFTER does not manage PATHS."""
    made = planned(before, {**after, "Unmanaged": unmanaged(*paths)})
    return [change.path for change in made.changes]


BARE = table(index("GenreIndex"))


@pytest.mark.parametrize(
    ("after", "paths", "left"),
    [
        (BARE, [], 8),
        (BARE, ["*"], 0),
        (BARE, ["Tags", "TimeToLiveSpecification"], 5),
        (table(), ["*"], 0),
        (FULL | {"Tags": TAGS[:1]}, ["Tags[*]"], 0),
        (FULL | {"Tags": TAGS[:1]}, ["Tags[cost]"], 0),
        (FULL | {"Tags": TAGS[:1]}, ["Tags[team]"], 1),
        (FULL | {"Tags": []}, ["Tags"], 0),
        (FULL | {"Replicas": []}, ["Replicas[eu-west-1]"], 0),
        (FULL | {"Replicas": []}, ["Replicas[*]"], 0),
        (WITHOUT_INDEX, ["GlobalSecondaryIndexes[GenreIndex]"], 0),
        (WITHOUT_INDEX, ["GlobalSecondaryIndexes[*]"], 0),
        (FULL | {"SSESpecification": {"Enabled": True}}, ["SSESpecification.KMSMasterKeyId"], 0),
        (
            FULL | {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
            ["PointInTimeRecoverySpecification.RecoveryPeriodInDays"],
            0,
        ),
    ],
)
def test_left_alone(after: Data, paths: list[str], left: int) -> None:
    """Members, elements and parts of members are left alone; with `*`, all that the spec does not contain."""
    assert left == len(changed(FULL, after, *paths))


def test_one_dimension() -> None:
    """Auto scaling may manage one dimension of a table or of an index, while the spec manages the other."""
    reads = "ProvisionedThroughput.ReadCapacityUnits"
    before = table(index("GenreIndex", throughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 9}))
    after = {
        **table(index("GenreIndex", throughput={"WriteCapacityUnits": 7})),
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 6},
        "Unmanaged": unmanaged(reads, f"GlobalSecondaryIndexes[GenreIndex].{reads}", **BOUNDS),
    }
    made = planned(before, after)
    assert [
        (
            "GlobalSecondaryIndexes[GenreIndex].ProvisionedThroughput",
            {"ReadCapacityUnits": 9, "WriteCapacityUnits": 7},
        ),
        ("ProvisionedThroughput", {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}),
    ] == [(change.path, change.after) for change in made.changes]
    assert after["Unmanaged"] == list(made.unmanaged)


def test_minimum() -> None:
    """A table and an index are created with the lowest capacity of their auto scaling."""
    path = "ProvisionedThroughput.ReadCapacityUnits"
    spec = {
        **table(index("GenreIndex", throughput={"WriteCapacityUnits": 7})),
        "Unmanaged": [
            *unmanaged(path, Minimum=11),
            *unmanaged(f"GlobalSecondaryIndexes[GenreIndex].{path}", **BOUNDS),
        ],
    }
    (step,) = Driver(ControlPlane(), NAME).plan(spec).steps
    assert {"ReadCapacityUnits": 11, "WriteCapacityUnits": 5} == step.params["ProvisionedThroughput"]
    (one,) = cast("list[AwsDict]", step.params["GlobalSecondaryIndexes"])
    assert {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7} == one["ProvisionedThroughput"]
    assert "Unmanaged" not in step.params
    assert [] == summaries(table(index("GenreIndex", throughput=UNITS)), spec)[1:]


@pytest.mark.parametrize(
    ("before", "path"),
    [(None, ""), (table(**ON_DEMAND), ""), (table(), "GlobalSecondaryIndexes[GenreIndex].")],
)
def test_capacity_that_nobody_says(before: Data | None, path: str) -> None:
    """Where AWS needs a capacity that the spec does not manage, the plan says what to add and is refused."""
    units = f"{path}ProvisionedThroughput"
    after = table(index("GenreIndex", throughput=None if path else UNITS), Unmanaged=unmanaged(units))
    if not path:
        del after["ProvisionedThroughput"]
    made = planned(before, after) if before else Driver(ControlPlane(), NAME).plan(after)
    assert [] == made.steps
    assert (
        f"AWS requires {units} here, which the spec does not manage: "
        f"add {units} or its Minimum to the spec" == made.refusal
    )


def test_an_index_that_is_built_again() -> None:
    """An index is not deleted where there is no capacity to build it again with."""
    path = "GlobalSecondaryIndexes[GenreIndex].ProvisionedThroughput"
    after = table(index("GenreIndex", KEYS_ONLY, throughput=None), Unmanaged=unmanaged(path))
    made = planned(table(index("GenreIndex")), after)
    assert [] == made.steps
    assert path in made.refusal
    assert 2 == len(
        planned(table(index("GenreIndex")), after | {"Unmanaged": unmanaged(path, Minimum=3)}).steps
    )


def test_everything_else() -> None:
    """`*` is told as the members that it stands for, each with the reason of `*`."""
    spec = {**table(Tags=TAGS), "Unmanaged": [{"Path": "*", "Reason": "only tags"}]}
    made = planned(table(), spec)
    assert ["Tags[cost]", "Tags[team]"] == [change.path for change in made.changes]
    assert {"only tags"} == {each["Reason"] for each in made.unmanaged}
    assert MEMBERS.keys() - {"Tags", "ProvisionedThroughput"} == {each["Path"] for each in made.unmanaged}


def test_a_new_table_has_the_values_of_the_spec() -> None:
    """What the spec says of an unmanaged member is used when the table is created."""
    made = Driver(ControlPlane(), NAME).plan(
        {**FULL, "Unmanaged": unmanaged("Tags", "TimeToLiveSpecification")}
    )
    assert Action.CREATE is made.action
    assert TAGS == made.steps[0].params["Tags"]
    assert "UpdateTimeToLive" in [step.operation for step in made.steps]


@pytest.mark.parametrize(
    ("path", "moves"),
    [("Tags", False), ("Tags[*]", False), ("Tags[team]", True), ("TimeToLiveSpecification", True)],
)
def test_fingerprint(path: str, *, moves: bool) -> None:
    """A table has not moved on where only something changed that the spec does not manage."""
    spec = {**table(), "Unmanaged": unmanaged(path)}
    driver = settled(table(Tags=TAGS))
    seen = driver.observed()
    other = replace(seen, parts={**seen.parts, Part.TAGS: cast("AwsDict", TAGS[:1])})
    before, after = (plan(cast("AwsDict", spec), each, driver.now()) for each in (seen, other))
    assert moves == bool(changed_settings(before.fingerprint, after.fingerprint))


def test_fingerprint_of_a_dimension() -> None:
    """Capacity that auto scaling moves does not make a plan outdated; the other dimension does."""
    path = "GlobalSecondaryIndexes[GenreIndex].ProvisionedThroughput.ReadCapacityUnits"
    spec = {**table(index("GenreIndex")), "Unmanaged": unmanaged(path)}

    def made(reads: int, writes: int) -> Plan:
        units = {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}
        return planned(table(index("GenreIndex", throughput=units)), spec)

    assert [] == changed_settings(made(5, 5).fingerprint, made(9, 5).fingerprint)
    assert ["GlobalSecondaryIndexes[GenreIndex]"] == changed_settings(
        made(5, 5).fingerprint, made(5, 9).fingerprint
    )


@pytest.mark.parametrize(
    "path",
    ["TableName", "KeySchema", "tags", "Tags[a].Value", "TableClass[a]", "Replicas[a].Region", "", "Tags.x",
     "GlobalSecondaryIndexes[*].WarmThroughput", "LocalSecondaryIndexes[a]", "SSESpecification.Enabled"],
)  # fmt: skip
def test_no_path(path: str) -> None:
    """Keys, unknown members and places that a spec can't leave to others are no paths."""
    assert path_of(path) is None


_CAPACITY = {"ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput", "BillingMode"}


@settings(
    deadline=None,
    max_examples=60,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(specs(), specs(), st.sets(st.sampled_from(sorted(MEMBERS)), min_size=1))
def test_any_specs(a: Data, b: Data, members: set[str]) -> None:
    """From A to B, whatever B does not manage is afterwards as A left it, and the rest is as B says."""
    driver = Driver(ControlPlane(), NAME)
    driver.drive(a)
    before = _state(driver)
    spec = {**b, "Unmanaged": unmanaged(*members)}
    assume(not driver.plan(spec).refusal)
    driver.drive(spec)
    after = _state(driver)
    # Replicas turn the stream on; another billing mode needs capacity.
    own = members - ({"StreamSpecification"} if after.replicas else set())
    own -= _CAPACITY if before.billing_mode != after.billing_mode else set()
    found = {
        change.path.partition("[")[0] for change in differences(before, after) if "]." not in change.path
    }
    assert own.isdisjoint(found)
    everything = {
        "Unmanaged": unmanaged("*"),
        **{m: b[m] for m in ("TableName", "KeySchema", "AttributeDefinitions")},
    }
    assert [] == driver.plan(everything).changes


def _state(driver: Driver) -> TableState:
    state = live_state(driver.observed())
    assert state is not None
    return state
