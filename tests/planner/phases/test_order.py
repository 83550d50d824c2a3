"""The order and the number of a plan's calls."""

from tests.planner.tables import (
    IMAGES,
    MORE,
    ON_DEMAND,
    index,
    settled,
    summaries,
    table,
)


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
