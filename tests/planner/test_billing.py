"""What the cost of a table depends on before a plan and after it."""

from dataclasses import replace
from decimal import Decimal
from typing import cast

from tableadmin.awsshape import AwsDict, to_aws
from tableadmin.cost import packaged
from tableadmin.v1 import BilledTable
from tableadmin_server.planner import Billed, billed_live, billed_tables, cost_increase
from tableadmin_server.planner.planning import plan
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot
from tests.planner.driver import Driver
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.table import Data
from tests.planner.tables import ALL, KEYS_ONLY, MORE, ON_DEMAND, index, settled, table

REGION = "us-west-2"


def bill(driver: Driver, spec: Data, live: Snapshot | None = None) -> Billed:
    """What is billed before and after the plan for SPEC, from the table of DRIVER or from LIVE."""
    live = live or driver.observed()
    return billed_tables(plan(cast("AwsDict", spec), live, driver.now()), live, REGION)


def shape(found: BilledTable | None) -> AwsDict:
    """FOUND as a dict."""
    assert found is not None
    return to_aws(found)


def sized(driver: Driver) -> Snapshot:
    """The table of DRIVER with 1,000 bytes in 10 items, and 500 bytes in each index."""
    live = driver.observed()
    description = cast("AwsDict", live.description)
    indexes = [
        {**each, "IndexSizeBytes": 500, "ItemCount": 5}
        for each in cast("list[AwsDict]", description.get("GlobalSecondaryIndexes") or [])
    ]
    members = {"TableSizeBytes": 1000, "ItemCount": 10, "GlobalSecondaryIndexes": indexes}
    return replace(live, description={**description, **cast("AwsDict", members)})


def test_a_new_table_has_the_settings_of_its_spec_and_no_size() -> None:
    """Nothing is billed before. After, there are capacity, recovery, stream and replicas, but no sizes."""
    spec = table(
        index("Genre"),
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        Replicas=[
            {
                "RegionName": "eu-west-1",
                "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
                "ProvisionedThroughputOverride": {"ReadCapacityUnits": 2},
                "GlobalSecondaryIndexes": [
                    {"IndexName": "Genre", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 3}}
                ],
            }
        ],
    )
    before, after = bill(Driver(ControlPlane(), "Music"), spec)
    assert before is None
    capacity = {"ReadUnits": 5, "WriteUnits": 5}
    assert shape(after) == {
        "Region": REGION,
        "BillingMode": "PROVISIONED",
        "TableClass": "STANDARD",
        "Capacity": capacity,
        "Indexes": [{"IndexName": "Genre", "IsLocal": False, "Capacity": capacity}],
        "PointInTimeRecoveryEnabled": True,
        "StreamEnabled": True,
        "KinesisStreams": 0,
        "VectorIndexes": 0,
        "Replicas": [
            {
                "RegionName": "eu-west-1",
                "TableClass": "STANDARD_INFREQUENT_ACCESS",
                "ReadUnits": 2,
                "IndexReadUnits": {"Genre": 3},
            }
        ],
    }


def test_sizes_are_kept_where_the_data_is() -> None:
    """A table and its index keep their sizes; an index that is built again has none."""
    driver = settled(table(index("Genre"), index("Hits")))
    after = bill(
        driver, table(index("Genre"), index("Hits", KEYS_ONLY), ProvisionedThroughput=MORE), sized(driver)
    )
    found = after.after
    assert found is not None
    assert (found.size_bytes, found.item_count, found.capacity.read_units) == (1000, 10, 9)
    kept, built = found.indexes
    assert (kept.size_bytes, kept.item_count) == (500, 5)
    assert not built.HasField("size_bytes")
    assert after.before is not None
    assert all(each.size_bytes == 500 for each in after.before.indexes)


def test_a_replaced_table_has_lost_its_data() -> None:
    """The table before has a size, and the table in its place has none."""
    driver = settled(table(index("Genre")))
    before, after = bill(driver, table(index("Genre"), types="NSS"), sized(driver))
    assert before is not None
    assert after is not None
    assert before.size_bytes == 1000
    assert not after.HasField("size_bytes")
    assert not after.indexes[0].HasField("size_bytes")


def test_what_the_spec_does_not_manage_is_billed_as_it_is() -> None:
    """Recovery and indexes that the spec leaves alone are in the bill after the plan."""
    recovery = {"PointInTimeRecoveryEnabled": True}
    driver = settled(table(index("Genre"), PointInTimeRecoverySpecification=recovery))
    live = driver.observed()
    before, after = bill(driver, table(ProvisionedThroughput=MORE, Unmanaged=[{"Path": "*"}]), live)
    assert after is not None
    assert after.point_in_time_recovery_enabled
    assert [each.index_name for each in after.indexes] == ["Genre"]
    assert before == billed_live(live, REGION)


def test_on_demand_has_no_capacity() -> None:
    """The units that a table had in the other billing mode are not billed."""
    driver = settled(table(index("Genre")))
    after = bill(driver, table(index("Genre", throughput=None), **ON_DEMAND)).after
    assert after is not None
    assert not after.capacity.HasField("read_units")
    assert not after.indexes[0].capacity.HasField("read_units")


def scaled(minimum: int, maximum: int) -> AwsDict:
    """Auto scaling of reads between MINIMUM and MAXIMUM."""
    return {
        "MinimumUnits": minimum,
        "MaximumUnits": maximum,
        "ScalingPolicies": [{"PolicyName": "p"}],
        "AutoScalingDisabled": False,
    }


def test_bounds_of_auto_scaling_are_billed() -> None:
    """Live bounds hold before and after, unless the spec has others; those of a new table are the spec's."""
    driver = settled(table())
    seen = driver.observed()
    replica: AwsDict = {
        "RegionName": seen.region,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": scaled(5, 50),
    }
    live = replace(seen, parts={**seen.parts, Part.AUTO_SCALING: {"Replicas": [replica]}})
    before, after = bill(driver, table(), live)
    for each in (before, after):
        assert each is not None
        assert to_aws(each.capacity.read_bounds) == {"Minimum": 5, "Maximum": 50}
        assert not each.capacity.HasField("write_bounds")
    given = table(
        ProvisionedThroughput={"WriteCapacityUnits": 5},
        Unmanaged=[{"Path": "ProvisionedThroughput.ReadCapacityUnits", "Minimum": 7, "Maximum": 70}],
    )
    created = bill(Driver(ControlPlane(), "Music"), given).after
    for each in (bill(driver, given, live).after, created):
        assert each is not None
        assert to_aws(each.capacity.read_bounds) == {"Minimum": 7, "Maximum": 70}
    assert created is not None
    assert created.capacity.read_units == 7


def test_a_refused_plan_is_billed_as_its_spec() -> None:
    """The cost of a plan that can't be carried out is that of the spec."""
    driver = settled(table(DeletionProtectionEnabled=True))
    after = bill(driver, table(types="NS", DeletionProtectionEnabled=True, ProvisionedThroughput=MORE)).after
    assert after is not None
    assert after.capacity.read_units == 9


def test_a_table_that_is_not_there_is_not_billed() -> None:
    """There is nothing to bill where there is no table."""
    assert billed_live(Snapshot("Music"), REGION) is None
    assert shape(billed_live(settled(table(index("Genre", ALL))).observed(), ""))["Region"] == REGION


def test_a_restored_table_has_the_sizes_of_its_source() -> None:
    """A restore writes what the source has now, and an index of the spec that it lacks is built later."""
    recovery = {"PointInTimeRecoveryEnabled": True}
    driver = settled(table(index("Genre"), PointInTimeRecoverySpecification=recovery))
    live = Snapshot("Restored", source=sized(driver))
    source = {"SourceTableName": "Music", "UseLatestRestorableTime": True}
    wanted = table(index("Genre"), index("Hits"), TableName="Restored", RestoreSource=source)
    before, after = bill(driver, wanted, live)
    assert before is None
    assert after is not None
    assert (after.size_bytes, after.restored_bytes) == (1000, 1500)
    assert [each.HasField("size_bytes") for each in after.indexes] == [True, False]


def test_the_increase_that_policies_see_is_in_cents() -> None:
    """The increase is rounded to what plans show; without prices there is none."""
    driver = settled(table())
    live = driver.observed()
    made = driver.plan(table(ProvisionedThroughput=MORE))
    # Four more RCU at $0.00013 for 730 hours.
    assert cost_increase(made, live, "us-east-1", packaged()) == Decimal("0.38")
    assert cost_increase(made, live, "us-east-1", None) is None
    assert cost_increase(made, live, "eu-north-1", packaged()) is None
