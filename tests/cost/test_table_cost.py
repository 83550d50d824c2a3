"""The cost of tables and plans, line by line."""

from decimal import Decimal

from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.cost import (
    Consumed,
    Line,
    Rates,
    TableCost,
    Usage,
    live_cost,
    plan_cost,
    table_cost,
    worst_increase,
)
from tableadmin.v1 import (
    BilledCapacity,
    BilledIndex,
    BilledReplica,
    BilledTable,
    BillingMode,
    CapacityBounds,
    ConsumedTableCapacity,
    ConsumedUnits,
    GetConsumedCapacityResponse,
    PlanAction,
    TableClass,
    TablePlan,
)
from tests.cost.prices import PACKAGED, ROUND

ON_DEMAND = BillingMode.BILLING_MODE_PAY_PER_REQUEST
PROVISIONED = BillingMode.BILLING_MODE_PROVISIONED
INFREQUENT = TableClass.TABLE_CLASS_STANDARD_INFREQUENT_ACCESS
NO_USAGE = Usage()
GIGABYTE = 2**30


def on_demand(**members: object) -> BilledTable:
    """An on-demand table in us-east-1 of one gigabyte."""
    given = {"region": "us-east-1", "billing_mode": ON_DEMAND, "size_bytes": GIGABYTE, **members}
    return BilledTable(**given)  # type: ignore[arg-type]  # the members are those of the message


def provisioned(read: int, write: int, **members: object) -> BilledTable:
    """A provisioned table in us-east-1 of one gigabyte."""
    capacity = BilledCapacity(read_units=read, write_units=write)
    return on_demand(billing_mode=PROVISIONED, **{"capacity": capacity, **members})


def lines(found: TableCost) -> dict[tuple[str, str, str], str]:
    """The amounts after, by place."""
    return {each.place: str(each.amount) for each in found.after or ()}


def changed(before: BilledTable | None, after: BilledTable, usage: Usage = NO_USAGE) -> TableCost:
    """The cost of a change at the packaged prices."""
    return table_cost("Music", before, after, usage, PACKAGED, before)


def notes(found: TableCost) -> set[str]:
    """Why amounts are not known."""
    return {each.note for each in found.after or () if each.note}


def one_time(found: TableCost) -> dict[tuple[str, str], str]:
    """What is paid once, by index and what it is."""
    return {(each.index, each.what): str(each.amount) for each in found.once}


def test_provisioned_capacity_is_charged_for_730_hours() -> None:
    """100 RCU and 10 WCU cost 730 hours times their prices; storage is by the gigabyte."""
    assert lines(live_cost("Music", provisioned(100, 10), NO_USAGE, PACKAGED)) == {
        ("us-east-1", "", "provisioned reads"): "$9.49",
        ("us-east-1", "", "provisioned writes"): "$4.75",
        ("us-east-1", "", "storage"): "$0.25",
    }


def test_auto_scaling_makes_a_range() -> None:
    """The cost of scaled capacity lies between that of its bounds, whatever the capacity is now."""
    capacity = BilledCapacity(
        read_units=50, write_units=1, read_bounds=CapacityBounds(minimum=10, maximum=100)
    )
    found = live_cost("Music", provisioned(0, 0, capacity=capacity), NO_USAGE, PACKAGED)
    assert lines(found)["us-east-1", "", "provisioned reads"] == "$0.95 to $9.49"
    assert str(found.monthly_after) == "$1.67 to $10.21"


def test_without_its_highest_capacity_auto_scaling_has_no_upper_bound() -> None:
    """An endpoint that does not tell the maximum gives `at least`."""
    capacity = BilledCapacity(read_units=50, write_units=1, read_bounds=CapacityBounds(minimum=10))
    found = live_cost("Music", provisioned(0, 0, capacity=capacity), NO_USAGE, PACKAGED)
    assert lines(found)["us-east-1", "", "provisioned reads"] == "at least $0.95"
    assert notes(found) == {"the upper bound of auto scaling is not known"}


def test_requests_that_cloudwatch_counted() -> None:
    """An average of a second is charged for 730 hours. A given number replaces it.

    2 reads a second are 5,256,000 a month, which cost $0.657; half a write a second costs $0.82125.
    """
    counted = ConsumedTableCapacity(
        table_name="Music",
        reads=ConsumedUnits(average_per_second=2, peak_per_second=9),
        writes=ConsumedUnits(average_per_second=0.5),
        start_time=Timestamp(seconds=1_795_651_200),
    )
    consumed = Consumed.of(GetConsumedCapacityResponse(tables=[counted], region="us-east-1"))
    found = live_cost("Music", on_demand(), Usage(consumed=consumed), PACKAGED)
    assert lines(found)["us-east-1", "", "on-demand reads"] == "$0.66"
    assert lines(found)["us-east-1", "", "on-demand writes"] == "$0.82"
    assert notes(found) == {"as in CloudWatch since 2026-11-26"}
    given = Usage(writes=Rates({"": Decimal(2_000_000)}), consumed=consumed)
    assert (
        lines(live_cost("Music", on_demand(), given, PACKAGED))["us-east-1", "", "on-demand writes"]
        == "$1.25"
    )


def test_requests_of_replicas_are_not_those_of_the_table() -> None:
    """CloudWatch of the region of the table does not tell what a replica in another region consumes."""
    counted = ConsumedTableCapacity(table_name="Music", reads=ConsumedUnits(average_per_second=1))
    consumed = Consumed.of(GetConsumedCapacityResponse(tables=[counted], region="us-east-1"))
    table = on_demand(replicas=[BilledReplica(region_name="eu-west-1")])
    found = lines(live_cost("Music", table, Usage(consumed=consumed), ROUND))
    assert found["us-east-1", "", "on-demand reads"] == "$2,628,000.00"
    assert found["eu-west-1", "", "on-demand reads"] == "unknown"
    assert "CloudWatch of eu-west-1 is not read; give --reads" in notes(
        live_cost("Music", table, Usage(consumed=consumed), ROUND)
    )


def test_requests_are_unknown_until_their_number_is_given() -> None:
    """An on-demand table costs at least its storage, and the notes name the options."""
    found = live_cost("Music", on_demand(), NO_USAGE, PACKAGED)
    assert str(found.monthly_after) == "at least $0.25"
    assert notes(found) == {"give --reads", "give --writes"}


def test_rates_are_of_a_table_or_of_an_index() -> None:
    """A rate without a name is for every table, and not for indexes: an index has its own."""
    usage = Usage(reads=Rates({"": Decimal(8_000_000), "Music/ByYear": Decimal(4_000_000)}), writes=Rates())
    table = on_demand(indexes=[BilledIndex(index_name="ByYear", size_bytes=0)])
    found = lines(live_cost("Music", table, usage, PACKAGED))
    assert found["us-east-1", "", "on-demand reads"] == "$1.00"
    assert found["us-east-1", "ByYear", "on-demand reads"] == "$0.50"
    assert found["us-east-1", "ByYear", "on-demand writes"] == "unknown"


def test_a_local_index_has_storage_alone() -> None:
    """A local index costs storage, and recovery protects the table and the local index."""
    table = provisioned(
        1,
        1,
        point_in_time_recovery_enabled=True,
        indexes=[BilledIndex(index_name="Local", is_local=True, size_bytes=2 * GIGABYTE)],
    )
    found = lines(live_cost("Music", table, NO_USAGE, PACKAGED))
    assert {place[2] for place in found if place[1] == "Local"} == {"storage"}
    assert found["us-east-1", "Local", "storage"] == "$0.50"
    assert found["us-east-1", "", "point-in-time recovery"] == "$0.60"


def test_each_item_is_charged_with_100_bytes_more() -> None:
    """AWS charges 100 bytes for each item beside its size in DescribeTable."""
    table = on_demand(size_bytes=GIGABYTE // 2, item_count=GIGABYTE // 200)
    found = lines(live_cost("Music", table, NO_USAGE, ROUND))
    assert found["us-east-1", "", "storage"] == "$1.00"


def test_standard_ia_has_prices_of_its_own() -> None:
    """The class lowers the price of storage and raises that of capacity; recovery costs the same."""
    found = lines(live_cost("Music", provisioned(100, 10, table_class=INFREQUENT), NO_USAGE, PACKAGED))
    assert found["us-east-1", "", "storage"] == "$0.10"
    assert found["us-east-1", "", "provisioned reads"] == "$11.68"


def test_replicas_are_priced_by_their_region() -> None:
    """A replica has the capacity of the table, its own reads, its class, and the prices of its region."""
    table = provisioned(
        10,
        10,
        indexes=[
            BilledIndex(
                index_name="ByYear",
                size_bytes=GIGABYTE,
                capacity=BilledCapacity(read_units=1, write_units=1),
            )
        ],
        replicas=[BilledReplica(region_name="eu-west-1", read_units=5, index_read_units={"ByYear": 2})],
    )
    found = lines(live_cost("Music", table, NO_USAGE, ROUND))
    assert found["us-east-1", "", "provisioned replicated writes"] == "$7,300.00"
    assert found["eu-west-1", "", "provisioned replicated writes"] == "$14,600.00"
    assert found["eu-west-1", "", "provisioned reads"] == "$7,300.00"
    assert found["eu-west-1", "ByYear", "provisioned reads"] == "$2,920.00"
    # Writes of indexes are charged as those of a table with one region.
    assert found["eu-west-1", "ByYear", "provisioned writes"] == "$1,460.00"
    assert found["eu-west-1", "ByYear", "storage"] == "$2.00"


def test_a_region_without_prices_is_unknown() -> None:
    """A region that the prices do not have makes its lines unknown, and names the region."""
    table = provisioned(1, 1, replicas=[BilledReplica(region_name="eu-north-1")])
    found = live_cost("Music", table, NO_USAGE, PACKAGED)
    assert lines(found)["eu-north-1", "", "provisioned reads"] == "unknown"
    assert notes(found) == {"no prices of eu-north-1"}
    unnamed = live_cost("Music", provisioned(1, 1, region=""), NO_USAGE, PACKAGED)
    assert notes(unnamed) == {"the endpoint does not name a region"}


def test_streams_and_change_data_need_rates() -> None:
    """Reads of the stream and change data are unknown until their number is given."""
    table = provisioned(1, 1, stream_enabled=True, kinesis_streams=2, vector_indexes=1)
    found = live_cost("Music", table, NO_USAGE, PACKAGED)
    assert notes(found) == {
        "give --stream-reads",
        "give --writes",
        "prices of vector indexes are not known",
    }
    usage = Usage(writes=Rates({"Music": Decimal(10**7)}), stream_reads=Rates({"": Decimal(10**7)}))
    known = lines(live_cost("Music", table, usage, PACKAGED))
    assert known["us-east-1", "", "reads of the stream"] == "$2.00"
    assert known["us-east-1", "", "Kinesis change data"] == "$2.00"


def test_what_is_unknown_on_both_sides_does_not_change_the_increase() -> None:
    """Recovery of an on-demand table adds its own cost, although the cost of requests is not known."""
    found = changed(on_demand(), on_demand(point_in_time_recovery_enabled=True))
    assert str(found.monthly_after) == "at least $0.45"
    assert found.increase.as_increase() == "+$0.20"
    assert worst_increase(found) == Decimal("0.20")


def test_a_change_between_billing_modes_has_no_known_increase() -> None:
    """What on-demand requests cost is not known, so neither is how much more provisioned capacity costs."""
    found = changed(on_demand(), provisioned(100, 100))
    assert found.increase.as_increase() == "at most +$56.94"
    assert worst_increase(found) == Decimal("56.94")
    back = changed(provisioned(100, 100), on_demand())
    assert back.increase.as_increase() == "saves at most $56.94"
    assert worst_increase(back) is None


def test_a_new_table_costs_what_it_is_known_to_cost() -> None:
    """The storage of a new table is unknown until it is given; the increase is at least its capacity."""
    table = provisioned(100, 100)
    table.ClearField("size_bytes")
    table.ClearField("item_count")
    found = changed(None, table)
    assert str(found.monthly_before) == "$0.00"
    assert str(found.monthly_after) == "at least $56.94"
    assert worst_increase(found) == Decimal("56.94")
    usage = Usage(storage=Rates({"": Decimal(4 * GIGABYTE)}))
    assert str(changed(None, table, usage).monthly_after) == "$57.94"


def test_a_new_on_demand_table_has_no_known_increase() -> None:
    """Where all parts are unknown there is no increase to decide by."""
    table = on_demand()
    table.ClearField("size_bytes")
    assert worst_increase(changed(None, table)) is None


def test_a_new_index_holds_at_most_the_table() -> None:
    """The storage of an index that is not built yet lies between nothing and that of the table."""
    before = provisioned(1, 1, size_bytes=4 * GIGABYTE)
    after = provisioned(
        1,
        1,
        size_bytes=4 * GIGABYTE,
        indexes=[BilledIndex(index_name="ByYear", capacity=BilledCapacity(read_units=1, write_units=1))],
    )
    found = changed(before, after)
    assert lines(found)["us-east-1", "ByYear", "storage"] == "$0.00 to $1.00"
    assert found.increase.as_increase() == "+$0.57 to +$1.57"
    assert not found.once


def test_the_build_of_an_on_demand_index_is_charged_once() -> None:
    """Each item takes a write for each KB of the item; an item without the key takes none."""
    before = on_demand(size_bytes=3_000_000_000, item_count=2_000_000)
    after = BilledTable()
    after.CopyFrom(before)
    after.indexes.add(index_name="ByYear")
    assert one_time(changed(before, after)) == {("ByYear", "index build"): "$0.00 to $2.50"}


def test_warm_throughput_is_charged_by_its_increase() -> None:
    """Warm throughput above the present one, or above that of a new table, costs once in each region."""
    before = on_demand(capacity=BilledCapacity(warm_read_units=12_000, warm_write_units=4_000))
    after = on_demand(capacity=BilledCapacity(warm_read_units=15_000, warm_write_units=4_000))
    assert one_time(changed(before, after)) == {("", "warm-up of reads"): "unknown"}
    (line,) = table_cost("Music", None, after, NO_USAGE, ROUND, None).once
    assert (line.quantity.low, str(line.amount)) == (Decimal(3_000), "$3,000.00")
    idle = provisioned(
        5, 5, capacity=BilledCapacity(read_units=5, write_units=5, warm_read_units=5, warm_write_units=5)
    )
    assert not changed(None, idle).once


def test_a_new_replica_is_restored_and_transferred_once() -> None:
    """A new replica costs a restore at the price of its region, and a transfer of unknown price."""
    before, after = on_demand(), on_demand(replicas=[BilledReplica(region_name="eu-west-1")])
    found = table_cost("Music", before, after, NO_USAGE, ROUND, before)
    assert one_time(found) == {
        ("", "restore of the replica"): "$2.00",
        ("", "data transfer to the replica"): "unknown",
    }


def test_a_restore_is_charged_once_by_its_size() -> None:
    """A table that is restored costs once for each gigabyte that is restored."""
    found = changed(None, on_demand(restored_bytes=4 * GIGABYTE))
    assert one_time(found) == {("", "restore"): "$0.60"}


def test_what_is_gone_costs_nothing() -> None:
    """The cost of an index that is deleted is subtracted, also where it is not known."""
    index = BilledIndex(
        index_name="ByYear", size_bytes=0, capacity=BilledCapacity(read_units=100, write_units=0)
    )
    found = changed(provisioned(1, 1, indexes=[index]), provisioned(1, 1))
    assert found.increase.as_increase() == "-$9.49"
    unknown = changed(on_demand(stream_enabled=True), on_demand())
    assert unknown.increase.as_increase() == "unknown decrease"


def test_a_plan_has_a_cost_if_it_says_what_the_cost_depends_on() -> None:
    """PlanTables leaves it out unless asked. A replaced table begins with nothing."""
    assert plan_cost(TablePlan(table_name="Music"), NO_USAGE, PACKAGED) is None
    plan = TablePlan(
        table_name="Music",
        action=PlanAction.PLAN_ACTION_REPLACE,
        billed_before=on_demand(item_count=10),
        billed_after=on_demand(indexes=[BilledIndex(index_name="ByYear")]),
    )
    found = plan_cost(plan, NO_USAGE, PACKAGED)
    assert found is not None
    assert found.name == "Music"
    assert not found.once


def test_lines_say_where_they_are() -> None:
    """A line has a region, an index and a name; no two lines of a table have the same."""
    table = provisioned(1, 1, replicas=[BilledReplica(region_name="eu-west-1")], stream_enabled=True)
    found: list[Line] = list(live_cost("Music", table, NO_USAGE, ROUND).after or ())
    assert len({each.place for each in found}) == len(found)
