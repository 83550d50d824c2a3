"""How costs read: as lines, and as a record for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tableadmin.cli.output.terminal_text import Line
from tableadmin.cost import amount
from tableadmin.cost.amount import ZERO, Amount

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.cost import Line as CostLine
    from tableadmin.cost import Prices, Quantity, TableCost
    from tableadmin.cost.table_cost import Difference

_PLACES = 6
# What no cost contains.
_EXCLUDED = (
    "the free tier, reserved capacity, on-demand backups, data transfer, CloudWatch and KMS are not included"
)


@dataclass(frozen=True)
class Costs:
    """The costs of plans by table name, and the PRICES that they were computed by."""

    by_table: Mapping[str, TableCost]
    prices: Prices

    def of(self, name: str) -> TableCost | None:
        """The cost of the table NAME, if it is known what it depends on."""
        return self.by_table.get(name)


def lines(cost: TableCost, indent: int = 2) -> Iterator[Line]:
    """The cost of a table, the parts that change or are not known, and what is paid once."""
    yield Line(f"Monthly cost: {change(cost)}", indent)
    for each in cost.differences:
        if each.before != each.after:
            yield Line(_part(each, cost), indent + 2, 4)
        elif each.line.amount.high is None:
            yield Line(f"= {_what(each.line, cost)}: {_amount(each.line)}", indent + 2, 4)
    if cost.once:
        yield Line(f"One-time cost: {cost.one_time}", indent)
        yield from (Line(f"{_what(each, cost)}: {_amount(each)}", indent + 2, 4) for each in cost.once)


def change(cost: TableCost) -> str:
    """`$1.00 -> $2.00 (+$1.00)`; one amount where nothing changes, or where there was no table."""
    if cost.before is None:
        return str(cost.monthly_after)
    return _change(cost.monthly_before, cost.monthly_after, cost.increase)


def _change(before: Amount, after: Amount, increase: Amount) -> str:
    return str(after) if increase == ZERO else f"{before} -> {after} ({increase.as_increase()})"


def total_lines(costs: Costs) -> Iterator[Line]:
    """The cost of all tables together, and what the amounts are made of."""
    found = list(costs.by_table.values())
    if not found:
        return
    before, after, increase, once = totals(found)
    tables = "1 table" if len(found) == 1 else f"{len(found)} tables"
    yield Line(f"Monthly cost of {tables}: {_change(before, after, increase)}")
    if any(each.once for each in found):
        yield Line(f"One-time cost: {once}")
    yield Line(prices_note(costs.prices), colour="bright_black")


def prices_note(prices: Prices) -> str:
    """The date of PRICES, their source if they are not list prices of AWS, and what is not included."""
    date = prices.date or "an unknown date"
    if prices.are_list_prices or not prices.source:
        return f"By list prices of {date}; {_EXCLUDED}."
    return f"By prices of {prices.source}, {date}; {_EXCLUDED}."


def totals(found: Sequence[TableCost]) -> tuple[Amount, Amount, Amount, Amount]:
    """The costs of FOUND together: a month before and after, the increase, and once."""
    return (
        amount.total(each.monthly_before for each in found),
        amount.total(each.monthly_after for each in found),
        amount.total(each.increase for each in found),
        amount.total(each.one_time for each in found),
    )


def record(cost: TableCost) -> AwsDict:
    """COST for programs."""
    return {
        **summary_record([cost]),
        "Lines": [
            {
                **_place(each.line),
                **({"Before": _priced(each.before)} if each.before else {}),
                **({"After": _priced(each.after)} if each.after else {}),
            }
            for each in cost.differences
        ],
        "OneTimeLines": [{**_place(each), **_priced(each)} for each in cost.once],
    }


def total_record(costs: Costs) -> AwsDict:
    """The costs of all tables together for programs, and where the prices are from."""
    return {**summary_record(list(costs.by_table.values())), **prices_record(costs.prices)}


def prices_record(prices: Prices) -> AwsDict:
    """Where amounts are from, for programs."""
    return {"Currency": "USD", "PricesDate": prices.date, "PricesSource": prices.source}


def summary_record(found: Sequence[TableCost]) -> AwsDict:
    """The costs of FOUND together for programs."""
    names = ("MonthlyBefore", "MonthlyAfter", "MonthlyIncrease", "OneTime")
    return {name: bounds(each) for name, each in zip(names, totals(found), strict=True)}


def bounds(found: Amount) -> AwsDict:
    """FOUND as its bounds; null is a bound that is not known."""
    return {"Low": _number(found.low), "High": _number(found.high)}


def _number(value: Decimal | None) -> AwsValue:
    return None if value is None else round(float(value), _PLACES)


def _place(line: CostLine) -> AwsDict:
    index: AwsDict = {"IndexName": line.index} if line.index else {}
    return {"Name": line.what, "Region": line.region, **index}


def _priced(line: CostLine) -> AwsDict:
    quantity: AwsDict = {"Low": _number(line.quantity.low), "High": _number(line.quantity.high)}
    note: AwsDict = {"Note": line.note} if line.note else {}
    return {"Quantity": quantity, "Unit": line.unit, "Amount": bounds(line.amount), **note}


def _part(difference: Difference, cost: TableCost) -> str:
    before, after = difference.before, difference.after
    if before is None or after is None:
        mark = "-" if after is None else "+"
        return f"{mark} {_what(difference.line, cost)}: {_amount(difference.line)}"
    quantities = [f"{_quantity(each.quantity)} {each.unit}".strip() for each in (before, after)]
    counted = "" if quantities[0] == quantities[1] or "" in quantities else f"{' -> '.join(quantities)}, "
    note = f" ({after.note})" if after.note else ""
    return f"~ {_what(after, cost)}: {counted}{before.amount} -> {after.amount}{note}"


def _amount(line: CostLine) -> str:
    """The amount of LINE, what it is for, and why it is not known."""
    quantity = _quantity(line.quantity)
    counted = f"{quantity} {line.unit}, " if quantity else ""
    return f"{counted}{line.amount}{f' ({line.note})' if line.note else ''}"


def _what(line: CostLine, cost: TableCost) -> str:
    index = f" of index {line.index}" if line.index else ""
    regions = {each.region for each in (*(cost.before or ()), *(cost.after or ()))}
    region = f" in {line.region}" if len(regions) > 1 and line.region else ""
    return f"{line.what}{index}{region}"


def _quantity(quantity: Quantity) -> str:
    low, high = (_count(each) for each in quantity)
    if not high:
        return f"at least {low}" if low and quantity.low else ""
    return low if low == high else f"{low} to {high}"


def _count(value: Decimal | None) -> str:
    """VALUE with at most two decimals: `1,000`, `0.25`."""
    if value is None:
        return ""
    text = f"{value.quantize(Decimal('0.01')):,}"
    return text.rstrip("0").rstrip(".") if "." in text else text
