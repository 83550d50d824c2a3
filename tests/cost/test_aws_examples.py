"""The worked examples of AWS's pricing pages, recomputed.

The examples are those of https://aws.amazon.com/dynamodb/pricing/on-demand/ and
https://aws.amazon.com/dynamodb/pricing/provisioned/ for us-east-1. Their months have 30 days. The examples
subtract the free tier, and this package does not: the tests add it. The examples with requests were computed
before the prices of November 2024; the tests compute them with both prices.
"""

from decimal import Decimal

import pytest

from tableadmin.cost import Amount, Line, Prices, Rates, Usage, packaged
from tableadmin.cost.monthly import GIGABYTE, monthly_cost
from tableadmin.cost.once import once
from tableadmin.v1 import BilledCapacity, BilledReplica, BilledTable, BillingMode

ON_DEMAND = BillingMode.BILLING_MODE_PAY_PER_REQUEST
PROVISIONED = BillingMode.BILLING_MODE_PROVISIONED
WRITES = Decimal(42_177_000)
MONTH = Decimal(24 * 30)
# On-demand requests and replicated writes in us-east-1 until October 2024.
FORMER = packaged().merged(
    Prices(
        {
            "us-east-1": {
                **packaged().regions["us-east-1"],
                "ReadRequestUnits": Decimal("0.00000025"),
                "WriteRequestUnits": Decimal("0.00000125"),
                "ReplWriteRequestUnits": Decimal("0.000001875"),
            }
        },
        "AWS, until October 2024",
        "2024-10-31",
    )
)
USAGE = Usage(
    reads=Rates({"": WRITES}), writes=Rates({"": WRITES}), stream_reads=Rates({"": Decimal(2_592_000)})
)


def amount_of(what: str, lines: list[Line]) -> Amount:
    """The amount of the line WHAT of LINES."""
    return next(each.amount for each in lines if each.what == what)


def lines_of(table: BilledTable, prices: Prices, usage: Usage = USAGE) -> list[Line]:
    """The lines of TABLE in us-east-1."""
    table.region = table.region or "us-east-1"
    return list(monthly_cost("Example", table, usage, prices))


def gigabytes(count: int) -> int:
    """COUNT gigabytes in bytes."""
    return int(count * GIGABYTE)


def test_provisioned_capacity_costs_what_the_provisioned_example_says() -> None:
    """114 WCU cost $1.7784 a day, and 114 RCU $0.3557."""
    table = BilledTable(billing_mode=PROVISIONED, capacity=BilledCapacity(read_units=114, write_units=114))
    lines = lines_of(table, packaged(), Usage(hours=Decimal(24)))
    assert amount_of("provisioned writes", lines).low == Decimal("1.7784")
    assert round(amount_of("provisioned reads", lines).low or 0, 4) == Decimal("0.3557")


@pytest.mark.parametrize(
    ("prices", "writes", "reads"), [(FORMER, "$52.72", "$10.54"), (packaged(), "$26.36", "$5.27")]
)
def test_requests_cost_what_the_on_demand_example_says(prices: Prices, writes: str, reads: str) -> None:
    """42,177,000 writes and as many reads cost $52.72 and $10.54, and half since November 2024."""
    lines = lines_of(BilledTable(billing_mode=ON_DEMAND), prices)
    assert str(amount_of("on-demand writes", lines)) == writes
    assert str(amount_of("on-demand reads", lines)) == reads


@pytest.mark.parametrize(("prices", "cost"), [(FORMER, "$158.16"), (packaged(), "$52.72")])
def test_replicated_writes_cost_what_the_on_demand_example_says(prices: Prices, cost: str) -> None:
    """84.35 million replicated writes in two regions cost $158.16, and a third since November 2024."""
    oregon = Prices({**prices.regions, "us-west-2": prices.regions["us-east-1"]}, "", "")
    table = BilledTable(billing_mode=ON_DEMAND, replicas=[BilledReplica(region_name="us-west-2")])
    lines = lines_of(table, oregon)
    amounts = [each.amount for each in lines if each.what == "on-demand replicated writes"]
    assert str(amounts[0] + amounts[1]) == cost


def test_storage_costs_what_both_examples_say() -> None:
    """27 GB cost $0.50 above the 25 GB of the free tier, and so $6.75 without it."""
    lines = lines_of(BilledTable(billing_mode=ON_DEMAND, size_bytes=gigabytes(27)), packaged())
    assert amount_of("storage", lines).low == Decimal("0.50") + 25 * Decimal("0.25")


def test_recovery_costs_what_both_examples_say() -> None:
    """Point-in-time recovery of 27 GB costs $5.40."""
    table = BilledTable(billing_mode=ON_DEMAND, size_bytes=gigabytes(27), point_in_time_recovery_enabled=True)
    assert str(amount_of("point-in-time recovery", lines_of(table, packaged()))) == "$5.40"


def test_change_data_costs_what_the_on_demand_example_says() -> None:
    """42,177,000 change data capture units cost $4.22."""
    table = BilledTable(billing_mode=ON_DEMAND, kinesis_streams=1)
    assert str(amount_of("Kinesis change data", lines_of(table, packaged()))) == "$4.22"


def test_reads_of_the_stream_cost_what_the_on_demand_example_says() -> None:
    """2,592,000 reads cost $0.02 above the 2,500,000 of the free tier, and so $0.52 without it."""
    lines = lines_of(BilledTable(billing_mode=ON_DEMAND, stream_enabled=True), packaged())
    free = 2_500_000 * Decimal("0.0000002")
    assert round((amount_of("reads of the stream", lines).low or 0) - free, 2) == Decimal("0.02")


def test_a_new_replica_is_restored_at_the_price_of_the_on_demand_example() -> None:
    """The restore of 25 GB into a new replica costs $3.75."""
    oregon = Prices({"us-west-2": packaged().regions["us-east-1"]}, "", "")
    before = BilledTable(region="us-east-1", billing_mode=ON_DEMAND, size_bytes=gigabytes(25))
    after = BilledTable()
    after.CopyFrom(before)
    after.replicas.add(region_name="us-west-2")
    lines = list(once(before, after, oregon))
    assert str(amount_of("restore of the replica", lines)) == "$3.75"
