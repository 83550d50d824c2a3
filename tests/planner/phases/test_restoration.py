"""A table that does not exist is restored from its source, and gets what AWS does not restore."""

import dataclasses
from datetime import UTC, datetime

import pytest

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner import Action, ChangeClass, Plan, plan
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot
from tests.planner.driver import Driver
from tests.planner.model.table import EPOCH, Data
from tests.planner.tables import IMAGES, KEY, KEYS_ONLY, LESS, ON_DEMAND, index, settled, table

LATEST: Data = {"SourceTableName": "Music", "UseLatestRestorableTime": True}
PITR = {"PointInTimeRecoveryEnabled": True}
EXPIRY = {"Enabled": True, "AttributeName": "Expires"}
SETTINGS: Data = {
    "PointInTimeRecoverySpecification": PITR,
    "StreamSpecification": IMAGES,
    "TimeToLiveSpecification": EXPIRY,
    "DeletionProtectionEnabled": True,
    "TableClass": "STANDARD_INFREQUENT_ACCESS",
    "Tags": [{"Key": "team", "Value": "music"}],
}
LOCAL = {
    "IndexName": "Local",
    "KeySchema": [
        {"AttributeName": "Artist", "KeyType": "HASH"},
        {"AttributeName": "Genre", "KeyType": "RANGE"},
    ],
    "Projection": KEYS_ONLY,
}


def restored(spec: Data, source: Data) -> Data:
    """SPEC as that of the table Restored, which SOURCE is for."""
    return {**spec, "TableName": "Restored", "RestoreSource": source}


def backup_of(driver: Driver) -> Data:
    """A new backup of the table of DRIVER, as a source."""
    answer = driver.control.call("CreateBackup", {"TableName": driver.name, "BackupName": "nightly"})
    return {"BackupArn": answer["BackupDetails"]["BackupArn"]}


def plan_of(source: Driver, spec: Data) -> Plan:
    """The plan for SPEC, the table of which does not exist."""
    return Driver(source.control, spec["TableName"]).plan(spec)


def calls(made: Plan) -> list[str]:
    """The operations of the steps of MADE."""
    return [step.operation for step in made.steps]


def test_all_settings_are_put_back() -> None:
    """The steps after the restore set what AWS does not restore, each for the new table."""
    spec = table(index("GenreIndex"), **SETTINGS)
    made = plan_of(settled(spec), restored(spec, LATEST))
    assert Action.CREATE is made.action
    assert {"SourceTableName": "Music", "UseLatestRestorableTime": True, "TargetTableName": "Restored"} == (
        made.steps[0].params
    )
    assert calls(made) == [
        "RestoreTableToPointInTime",
        "UpdateTable",
        "UpdateTable",
        "UpdateContinuousBackups",
        "TagResource",
        "UpdateTimeToLive",
        "UpdateTable",
    ]
    assert "arn:aws:dynamodb:us-west-2:000000000000:table/Restored" == made.steps[4].params["ResourceArn"]
    assert sorted([*(SETTINGS.keys() - {"Tags"}), "RestoreSource", "Tags[team]"]) == [
        change.path for change in made.changes
    ]
    assert {ChangeClass.IN_PLACE} == {change.change_class for change in made.changes}


def test_settings_that_nobody_puts_back() -> None:
    """The plan warns of each setting of the source that neither AWS restores nor the spec has."""
    source = settled(table(index("GenreIndex"), **SETTINGS))
    made = plan_of(source, restored(table(index("GenreIndex")), LATEST))
    assert ["RestoreTableToPointInTime"] == calls(made)
    assert {*(SETTINGS.keys() - {"Tags"}), "Tags[team]"} == {each.path for each in made.warnings}


def test_overrides() -> None:
    """What the spec has otherwise than the source goes into the restore, where the restore takes it."""
    source = settled(
        table(
            index("One"),
            index("Two"),
            index("Three"),
            SSESpecification={"Enabled": True, "KMSMasterKeyId": KEY},
        )
    )
    spec = table(index("One", throughput=None), index("Two", KEYS_ONLY, None), **ON_DEMAND)
    made = plan_of(source, restored(spec, backup_of(source)))
    params = made.steps[0].params
    assert {
        "BillingModeOverride": "PAY_PER_REQUEST",
        "SSESpecificationOverride": {"Enabled": False},
        "GlobalSecondaryIndexOverride": [
            {
                "IndexName": "One",
                "KeySchema": [{"AttributeName": "Genre", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    } == {name: value for name, value in params.items() if name.endswith("Override")}
    # An index of another definition is built after the restore.
    assert ["restore from backup 00000000000000-0a1b2c3d", "add index Two"] == [
        step.summary for step in made.steps
    ]


def test_no_indexes() -> None:
    """Without indexes in the spec, none is restored."""
    source = settled(table(index("One")))
    made = plan_of(source, restored(table(), backup_of(source)))
    assert [] == made.steps[0].params["GlobalSecondaryIndexOverride"]


def test_unmanaged_members_are_as_restored() -> None:
    """What the spec does not manage is left as AWS restores it."""
    source = settled(table(index("One"), ProvisionedThroughput=LESS))
    spec = table(
        index("One"), Unmanaged=[{"Path": "ProvisionedThroughput"}, {"Path": "GlobalSecondaryIndexes[One]"}]
    )
    made = plan_of(source, restored(spec, backup_of(source)))
    assert {"BackupArn", "TargetTableName"} == made.steps[0].params.keys()


def test_a_table_that_exists() -> None:
    """The source of a table that exists is not used, and the plan says so."""
    spec = table(RestoreSource={"SourceTableName": "Other", "UseLatestRestorableTime": True})
    driver = settled(table())
    made = driver.plan(spec)
    assert (Action.NONE, []) == (made.action, made.warnings)
    assert [{"Path": "RestoreSource", "Reason": "the table exists, and AWS restores only to new tables"}] == (
        made.unmanaged
    )
    assert driver.plan(table()).fingerprint == made.fingerprint


def test_no_replacement() -> None:
    """A table that exists with another key is not replaced by a restored one."""
    made = settled(table()).plan(table(types="SN", RestoreSource=LATEST))
    assert "AWS restores only to new tables" in made.refusal
    assert [] == made.steps


REFUSALS: dict[str, tuple[Data, Data, str]] = {
    "key": (table(), {**table(), "KeySchema": table()["KeySchema"][:1]}, "has another key schema"),
    "key type": (table(), table(types="SN"), "has another key schema"),
    "local index": (
        table(),
        table(index("One"), LocalSecondaryIndexes=[LOCAL]),
        "has no local secondary index",
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(before: Data, after: Data, said: str) -> None:
    """What no restore can lead to is refused before the restore."""
    source = settled({**before, "PointInTimeRecoverySpecification": PITR})
    made = plan_of(source, restored(after, LATEST))
    assert said in made.refusal
    assert [] == made.steps


def test_a_local_index_less() -> None:
    """A local index that the spec has not is not restored."""
    source = settled(table(index("One"), LocalSecondaryIndexes=[LOCAL]))
    made = plan_of(source, restored(table(index("One")), backup_of(source)))
    assert [] == made.steps[0].params["LocalSecondaryIndexOverride"]
    assert not made.refusal


def test_recovery_is_off() -> None:
    """A table without point-in-time recovery can't be restored to a time."""
    made = plan_of(settled(table()), restored(table(), LATEST))
    assert made.refusal.startswith("point-in-time recovery of table Music is disabled: enable it")


def test_an_endpoint_without_recovery() -> None:
    """An endpoint without point-in-time recovery is refused before the restore."""
    shown = settled(table()).observed()
    parts: dict[Part, AwsValue] = {**shown.parts}
    del parts[Part.CONTINUOUS_BACKUPS]
    lacking = dataclasses.replace(shown, parts=parts, unsupported=frozenset({Part.CONTINUOUS_BACKUPS}))
    made = plan(restored(table(), LATEST), Snapshot("Restored", source=lacking), datetime.now(UTC))
    assert ("this endpoint does not have point-in-time recovery", []) == (made.refusal, made.steps)


def test_the_source_does_not_exist() -> None:
    """A table that does not exist is no source."""
    made = plan_of(settled(table()), restored(table(), {**LATEST, "SourceTableName": "Gone"}))
    assert "table Gone at its latest restorable time: the table does not exist" == made.refusal


@pytest.mark.parametrize("stored", [False, True], ids=["as sent", "as in a record"])
def test_a_time(stored: bool) -> None:  # noqa: FBT001  # a parameter
    """The time of a restore is in whole seconds, also in an operation that another server takes over."""
    source = settled(table(PointInTimeRecoverySpecification=PITR))
    time = datetime.fromtimestamp(EPOCH + 3600, UTC)
    origin = {"SourceTableName": "Music", "RestoreDateTime": time.isoformat() if stored else time}
    made = plan_of(source, restored(table(), origin))
    assert time.timestamp() == made.steps[0].params["RestoreDateTime"]
    assert "restore from table Music at 2026-01-01T13:00:00Z" == made.steps[0].summary
    assert {"SourceTableName": "Music", "RestoreDateTime": "2026-01-01T13:00:00+00:00"} == (
        next(each.after for each in made.changes)
    )


def test_a_time_out_of_reach() -> None:
    """A time outside of the recovery period of AWS is refused, with the period."""
    source = settled(table(PointInTimeRecoverySpecification=PITR))
    early = {"SourceTableName": "Music", "RestoreDateTime": datetime(2020, 1, 1, tzinfo=UTC)}
    recovery: AwsDict = {
        "PointInTimeRecoveryStatus": "ENABLED",
        "EarliestRestorableDateTime": datetime(2026, 1, 1, tzinfo=UTC),
        "LatestRestorableDateTime": datetime(2026, 1, 2, tzinfo=UTC),
    }
    shown = source.observed()
    parts: dict[Part, AwsValue] = {
        **shown.parts,
        Part.CONTINUOUS_BACKUPS: {"PointInTimeRecoveryDescription": recovery},
    }
    live = Snapshot("Restored", source=dataclasses.replace(shown, parts=parts))
    made = plan(restored(table(), early), live, source.now())
    elsewhere = plan(restored(table(), early), dataclasses.replace(live, is_aws=False), source.now())
    assert not elsewhere.refusal
    assert "table Music can be restored to a time from 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z" == (
        made.refusal
    )
