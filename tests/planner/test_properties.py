"""Any plan, applied step by step to a control plane as strict as AWS's, gets there without a refusal."""

from typing import cast

from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tableadmin import v1
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.contract.effects import effects
from tableadmin.v1 import ChangeClass as ContractClass
from tableadmin_server.planner import Action, ChangeClass, Plan, Step, plan, validate
from tests.planner.driver import Driver
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.table import Data, Table
from tests.planner.specs import NAME, specs

_SETTINGS = settings(
    deadline=None,
    max_examples=60,
    # Shrinking takes minutes here, and explains no more than the refused call does.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@_SETTINGS
@given(specs(), specs())
def test_a_to_b(a: Data, b: Data) -> None:
    """The plan of A -> B reaches B without one call that is refused or needless, and B -> B is empty."""
    driver = Driver(ControlPlane(), NAME)
    driver.drive(a)
    assert_is(driver.control.tables[NAME], a)
    _forget_paces(driver)
    announced = driver.plan(b)
    taken = driver.drive(b)
    assert_is(driver.control.tables[NAME], b)
    # What was announced is what was done.
    assert [step.summary for step in announced.steps] == [made.steps[0].summary for made in taken]
    assert_settled(driver, b)


@_SETTINGS
@given(specs(), specs(), specs(), st.integers(0, 12), st.just(0.0) | st.floats(0, 900))
def test_from_anywhere(a: Data, b: Data, c: Data, calls: int, seconds: float) -> None:
    """From any state in the midst of A -> B, settled or not, the plan for C gets to C all the same."""
    driver = Driver(ControlPlane(), NAME)
    driver.drive(a)
    done = len(driver.control.calls)
    driver.drive(b, lambda: len(driver.control.calls) >= done + calls)
    driver.control.clock += seconds
    driver.drive(c)
    assert_is(driver.control.tables[NAME], c)
    assert_settled(driver, c)


@_SETTINGS
@given(specs(replaced=True), specs(replaced=True))
def test_replacement(a: Data, b: Data) -> None:
    """Another key, key type or local index replaces the table, unless the spec leaves its protection on."""
    driver = Driver(ControlPlane(), NAME)
    driver.drive(a)
    made = driver.plan(b)
    is_given_up = b.get("DeletionProtectionEnabled") is False
    if made.action is Action.REPLACE and a.get("DeletionProtectionEnabled") and not is_given_up:
        assert made.refusal
        assert [] == made.steps
        return
    driver.drive(b)
    assert_is(driver.control.tables[NAME], b)
    assert (made.action is Action.REPLACE) == (driver.control.made == 2)
    assert_settled(driver, b)


@_SETTINGS
@given(specs(replaced=True), specs(replaced=True), st.booleans())
def test_restore(a: Data, b: Data, from_backup: bool) -> None:  # noqa: FBT001  # drawn
    """A restore of A reaches B without one call that is refused or needless, or is refused beforehand.

    A backup does not show the types of attributes.
    """
    assume(
        not from_backup or _types(a).items() >= {k: v for k, v in _types(b).items() if k in _types(a)}.items()
    )
    source = Driver(ControlPlane(), NAME)
    source.drive(a)
    _forget_paces(source)
    origin: Data = {"SourceTableName": NAME, "UseLatestRestorableTime": True}
    if from_backup:
        backup = source.control.call("CreateBackup", {"TableName": NAME, "BackupName": "nightly"})
        origin = {"BackupArn": backup["BackupDetails"]["BackupArn"]}
    driver = Driver(source.control, "Restored")
    wanted = {**b, "TableName": "Restored", "RestoreSource": origin}
    made = driver.plan(wanted)
    assert made.action is Action.CREATE
    assert bool(made.refusal) == (not _is_restorable(a, b, from_backup=from_backup))
    if made.refusal:
        assert [] == made.steps
        return
    taken = driver.drive(wanted)
    assert taken[0].steps[0].operation.startswith("RestoreTable")
    # How warm a restored table is, nobody knows beforehand.
    announced, done = [step.summary for step in made.steps], [each.steps[0].summary for each in taken]
    assert [each for each in announced if "warm" not in each] == [each for each in done if "warm" not in each]
    assert_is(driver.control.tables["Restored"], b)
    assert_settled(driver, wanted)


def _is_restorable(a: Data, b: Data, *, from_backup: bool) -> bool:
    """Whether AWS can restore A as B: the key is the same, and no local index is added."""
    local = [_of_local(each, a) for each in a.get("LocalSecondaryIndexes", [])]
    recovery = a.get("PointInTimeRecoverySpecification", {})
    return (
        _typed(a["KeySchema"], a) == _typed(b["KeySchema"], b)
        and all(_of_local(each, b) in local for each in b.get("LocalSecondaryIndexes", []))
        and (from_backup or bool(recovery.get("PointInTimeRecoveryEnabled")))
    )


def _of_local(index: Data, spec: Data) -> object:
    return _typed(index["KeySchema"], spec), _projection(index)


def _typed(keys: list[Data], spec: Data) -> object:
    return [(key, _types(spec)[key["AttributeName"]]) for key in keys]


def _types(spec: Data) -> Data:
    return {each["AttributeName"]: each["AttributeType"] for each in spec["AttributeDefinitions"]}


@_SETTINGS
@given(specs(), specs())
def test_changes_and_steps(a: Data, b: Data) -> None:
    """A plan has steps exactly where it shows changes, and the fingerprint is that of the state alone."""
    driver = Driver(ControlPlane(), NAME)
    driver.drive(a)
    one, other = driver.plan(a), driver.plan(b)
    assert one.fingerprint == other.fingerprint
    assert bool(other.changes) == bool(other.steps)
    assert [each.path for each in other.changes] == sorted(each.path for each in other.changes)


@_SETTINGS
@given(specs(replaced=True))
def test_valid(spec: Data) -> None:
    """What the model takes is valid."""
    assert [] == validate(cast("AwsDict", spec))


def _forget_paces(driver: Driver) -> None:
    """Let so much time pass that nothing has to keep its distance."""
    driver.control.clock += 86_400
    driver.changed.clear()


def assert_settled(driver: Driver, spec: Data) -> None:
    """The plan for what there is, is empty."""
    made: Plan = plan(cast("AwsDict", spec), driver.observed(), driver.now())
    assert ([], [], (), Action.NONE) == (made.changes, made.steps, made.waits, made.action)


def assert_is(table: Table, spec: Data) -> None:
    """TABLE is what SPEC says, by the model's own books."""
    mode = spec["BillingMode"]
    assert spec["KeySchema"] == table.keys
    assert {d["AttributeName"]: d["AttributeType"] for d in spec["AttributeDefinitions"]} == table.types
    assert (mode, spec.get("ProvisionedThroughput")) == (table.mode, table.throughput)
    assert _ceilings(spec) == table.on_demand
    assert_warm(spec, table.warm)
    indexes = {index["IndexName"]: index for index in spec.get("GlobalSecondaryIndexes", [])}
    assert indexes.keys() == table.indexes.keys()
    for name, index in table.indexes.items():
        wanted = indexes[name]
        assert wanted["KeySchema"] == index.definition["KeySchema"]
        assert _projection(wanted) == _projection(index.definition)
        assert wanted.get("ProvisionedThroughput") == index.throughput
        assert _ceilings(wanted) == index.on_demand
        assert_warm(wanted, index.warm)
    assert_settings(table, spec)


def assert_settings(table: Table, spec: Data) -> None:
    """The settings of TABLE are what SPEC says."""
    stream = spec.get("StreamSpecification", {}).get("StreamViewType")
    assert (stream or ("NEW_AND_OLD_IMAGES" if "Replicas" in spec else None)) == table.stream
    sse = spec.get("SSESpecification", {})
    assert sse.get("Enabled", False) == (table.key is not None)
    assert sse.get("KMSMasterKeyId", table.key) == table.key
    assert spec.get("TableClass", "STANDARD") == table.table_class
    assert spec.get("DeletionProtectionEnabled", False) == table.protected
    assert ("ResourcePolicy" in spec) == (table.policy is not None)
    assert {tag["Key"]: tag["Value"] for tag in spec.get("Tags", [])} == table.tags
    assert spec.get("TimeToLiveSpecification", {}).get("AttributeName") == table.expiry
    recovery = spec.get("PointInTimeRecoverySpecification", {})
    days = recovery.get("RecoveryPeriodInDays", 35) if recovery.get("PointInTimeRecoveryEnabled") else None
    assert days == table.recovery
    insights = spec.get("ContributorInsightsSpecification", {})
    assert ("ENABLED" if insights.get("Enabled") else "DISABLED") == table.insights.now
    running = {arn for arn, motion in table.destinations.items() if motion.now == "ACTIVE"}
    kinesis = spec.get("KinesisStreamSpecification", {})
    assert ({kinesis["StreamArn"]} if kinesis else set()) == running
    replicas = {replica["RegionName"]: replica for replica in spec.get("Replicas", [])}
    assert replicas.keys() == table.replicas.keys()
    for region, replica in table.replicas.items():
        wanted = {member: value for member, value in replicas[region].items() if member != "RegionName"}
        assert wanted.items() <= replica.items()


def assert_warm(spec: Data, warm: Data) -> None:
    """WARM is at least what SPEC wants, for it never goes down."""
    assert all(warm[unit] >= value for unit, value in spec.get("WarmThroughput", {}).items())


def _ceilings(spec: Data) -> Data:
    return {unit: value for unit, value in spec.get("OnDemandThroughput", {}).items() if value != -1}


def _projection(index: Data) -> tuple[str, frozenset[str]]:
    projection = index["Projection"]
    return projection["ProjectionType"], frozenset(projection.get("NonKeyAttributes", []))


@_SETTINGS
@given(specs(), specs())
def test_classes(a: Data, b: Data) -> None:
    """No change is of a worse class than the contract has for its calls, and each says what is lost.

    A call by itself may be of a worse class: it does not say that the index is built again, or that the
    recovery period was off before.
    """
    driver = Driver(ControlPlane(), NAME)
    driver.drive(a)
    made = driver.plan(b)
    assume(made.action is Action.UPDATE)
    worst = max(
        (each.change_class for step in made.steps for each in effects(_request(step))), default=_IN_PLACE
    )
    found = max(_CLASSES.index(change.change_class) for change in made.changes)
    assert found <= worst - 1
    assert all(change.effect for change in made.changes if change.change_class is not ChangeClass.IN_PLACE)


_IN_PLACE = ContractClass.CHANGE_CLASS_IN_PLACE
_CLASSES = list(ChangeClass)


def _request(step: Step) -> Message:
    shape: type[Message] = getattr(v1, f"{step.operation}Request")
    return from_aws(step.params, shape)
