"""The model refuses what AWS refuses: what the property tests prove is worth no more than that."""

import pytest

from tests.planner.driver import Driver
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.table import Data, Rejected
from tests.planner.model.update_table import Needless
from tests.planner.tables import IMAGES, KEY, LESS, MORE, ON_DEMAND, UNITS, index, settled, table

GENRE = [{"AttributeName": "Genre", "AttributeType": "S"}]


def create(name: str, **members: object) -> Data:
    """The creation of an index."""
    return {"Create": {**index(name), **members}}


def update(name: str, units: Data) -> Data:
    """A change of an index's throughput."""
    return {"Update": {"IndexName": name, "ProvisionedThroughput": units}}


def indexed(*updates: Data) -> Data:
    """Updates of indexes with the definition of Genre."""
    return {"AttributeDefinitions": GENRE, "GlobalSecondaryIndexUpdates": list(updates)}


BEFORE = table(
    index("One"),
    StreamSpecification=IMAGES,
    SSESpecification={"Enabled": True, "KMSMasterKeyId": KEY},
    TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"},
    DeletionProtectionEnabled=True,
)

REFUSED: tuple[tuple[str, Data, type[Exception], str], ...] = (
    ("the same throughput", {"ProvisionedThroughput": UNITS}, Rejected, "will not change"),
    ("the same throughput of an index", indexed(update("One", UNITS)), Rejected, "will not change"),
    ("a stream that is on", {"StreamSpecification": IMAGES}, Rejected, "already has a stream"),
    ("the same key", {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": KEY}}, Rejected, "encrypted"),
    ("the same class", {"TableClass": "STANDARD"}, Needless, "TableClass"),
    ("the same protection", {"DeletionProtectionEnabled": True}, Needless, "DeletionProtection"),
    (
        "throughput and stream",
        {"ProvisionedThroughput": MORE, "StreamSpecification": {"StreamEnabled": False}},
        Rejected,
        "more than one",
    ),
    (
        "class and protection",
        {"TableClass": "STANDARD", "DeletionProtectionEnabled": False},
        Rejected,
        "more than one",
    ),
    (
        "throughput and index",
        {**indexed(create("Two")), "ProvisionedThroughput": MORE},
        Rejected,
        "more than one",
    ),
    ("two indexes", indexed(create("Two"), create("Three")), Rejected, "only 1 online index"),
    (
        "create and delete",
        indexed(create("Two"), {"Delete": {"IndexName": "One"}}),
        Rejected,
        "more than one",
    ),
    ("an index twice", indexed(create("One")), Rejected, "already exists"),
    ("an unknown index", indexed({"Delete": {"IndexName": "Two"}}), Rejected, "no index Two"),
    ("no definition", {"GlobalSecondaryIndexUpdates": [create("Two")]}, Rejected, "not defined"),
    (
        "ceilings of a provisioned table",
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
        Rejected,
        "PAY_PER_REQUEST",
    ),
    ("empty ceilings", {"OnDemandThroughput": {}}, Rejected, "empty"),
    ("less warm throughput", {"WarmThroughput": {"ReadUnitsPerSecond": 1}}, Rejected, "lowered"),
    ("an unknown member", {"Color": "red"}, Rejected, "Unknown parameter"),
)


@pytest.mark.parametrize(
    ("params", "error", "text"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(params: Data, error: type[Exception], text: str) -> None:
    """UpdateTable is all or nothing, and refuses what can't be combined, repeated or found."""
    driver = settled(BEFORE)
    before = driver.control.tables["Music"].description()
    with pytest.raises(error, match=text):
        driver.control.call("UpdateTable", {"TableName": "Music", **params})
    assert before == driver.control.tables["Music"].description()


def test_to_provisioned() -> None:
    """PROVISIONED without throughput of every index is refused."""
    control = settled(table(index("One", throughput=None), **ON_DEMAND)).control
    with pytest.raises(Rejected, match="every index"):
        control.call(
            "UpdateTable",
            {"TableName": "Music", "BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS},
        )


def test_one_job_at_a_time() -> None:
    """While an index builds, TableStatus ACTIVE notwithstanding, no other change is accepted."""
    control = settled(table()).control
    control.call("UpdateTable", {"TableName": "Music", **indexed(create("One"))})
    with pytest.raises(Rejected, match="ResourceInUseException"):
        control.call("UpdateTable", {"TableName": "Music", **indexed(create("Two"))})
    control.clock += 60
    assert "ACTIVE" == control.call("DescribeTable", {"TableName": "Music"})["Table"]["TableStatus"]
    with pytest.raises(Rejected, match="LimitExceededException"):
        control.call("UpdateTable", {"TableName": "Music", **indexed(create("Two"))})
    control.clock += 1000
    control.call("UpdateTable", {"TableName": "Music", **indexed(create("Two"))})


def test_decreases() -> None:
    """The fifth decrease of a UTC day is refused within an hour of the fourth."""
    control = settled(table()).control
    for _ in range(4):
        control.call("UpdateTable", {"TableName": "Music", "ProvisionedThroughput": LESS})
        control.clock += 20
        control.call("UpdateTable", {"TableName": "Music", "ProvisionedThroughput": UNITS})
        control.clock += 20
    with pytest.raises(Rejected, match="decreases"):
        control.call("UpdateTable", {"TableName": "Music", "ProvisionedThroughput": LESS})
    control.clock += 3600
    control.call("UpdateTable", {"TableName": "Music", "ProvisionedThroughput": LESS})


def test_table_classes() -> None:
    """The third change of the table class in 30 days is refused."""
    control = settled(table()).control
    for each in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        control.call("UpdateTable", {"TableName": "Music", "TableClass": each})
        control.clock += 60
    with pytest.raises(Rejected, match="class"):
        control.call("UpdateTable", {"TableName": "Music", "TableClass": "STANDARD_INFREQUENT_ACCESS"})


def test_time_to_live() -> None:
    """Time to live is not switched twice in half an hour, although its status has settled."""
    control = settled(BEFORE).control
    off = {"TableName": "Music", "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "Expires"}}
    control.call("UpdateTimeToLive", off)
    control.clock += 600
    described = control.call("DescribeTimeToLive", {"TableName": "Music"})
    assert {"TimeToLiveStatus": "DISABLED"} == described["TimeToLiveDescription"]
    with pytest.raises(Rejected, match="multiple times"):
        control.call(
            "UpdateTimeToLive",
            {**off, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "Until"}},
        )


def test_recovery() -> None:
    """Recovery is refused for 3 s after a table has become ACTIVE."""
    driver = Driver(ControlPlane(), "Music")
    driver.control.call("CreateTable", table())
    on = {"TableName": "Music", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    driver.control.clock += 21
    with pytest.raises(Rejected, match="ContinuousBackupsUnavailableException"):
        driver.control.call("UpdateContinuousBackups", on)
    driver.control.clock += 3
    driver.control.call("UpdateContinuousBackups", on)


def test_tags() -> None:
    """At 50 tags what counts is those there are and those that come."""
    control = settled(table(Tags=[{"Key": str(n), "Value": ""} for n in range(50)])).control
    with pytest.raises(Rejected, match="50 at most"):
        control.call(
            "TagResource", {"ResourceArn": control.tables["Music"].arn, "Tags": [{"Key": "a", "Value": ""}]}
        )


def test_deletion() -> None:
    """DeleteTable is refused under deletion protection and while a job runs."""
    protected = settled(BEFORE).control
    with pytest.raises(Rejected, match="protected"):
        protected.call("DeleteTable", {"TableName": "Music"})
    busy = settled(table()).control
    busy.call("UpdateTable", {"TableName": "Music", "SSESpecification": {"Enabled": True}})
    with pytest.raises(Rejected, match="ResourceInUseException"):
        busy.call("DeleteTable", {"TableName": "Music"})


def test_replicas() -> None:
    """The stream can't be turned off while there are replicas."""
    control = settled(table(**ON_DEMAND, Replicas=[{"RegionName": "eu-west-1"}])).control
    with pytest.raises(Rejected, match="replicas"):
        control.call("UpdateTable", {"TableName": "Music", "StreamSpecification": {"StreamEnabled": False}})
