"""The cost of a table before and after a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tableadmin.cost import amount
from tableadmin.cost.amount import ZERO, Amount
from tableadmin.cost.lines import Line
from tableadmin.cost.monthly import monthly_cost
from tableadmin.cost.once import once
from tableadmin.cost.prices import Prices
from tableadmin.cost.usage import Usage
from tableadmin.v1 import BilledTable, PlanAction, TablePlan


@dataclass(frozen=True)
class Difference:
    """A line of the cost, before and after. None is a line that is not there."""

    before: Line | None
    after: Line | None

    @property
    def line(self) -> Line:
        """The line after the plan, or the line before it where it is gone."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def increase(self) -> Amount:
        """How much more the line costs. What is equal on both sides costs the same, also if it is unknown."""
        if self.before == self.after:
            return ZERO
        before, after = (each.amount if each else ZERO for each in (self.before, self.after))
        return amount.increase(before, after)


@dataclass(frozen=True)
class TableCost:
    """What the table NAME costs a month BEFORE and AFTER a plan, and ONCE. None is a table that is absent."""

    name: str
    before: Sequence[Line] | None
    after: Sequence[Line] | None
    once: Sequence[Line] = ()

    @property
    def monthly_before(self) -> Amount:
        """What the table costs a month before the plan."""
        return amount.total(each.amount for each in self.before or ())

    @property
    def monthly_after(self) -> Amount:
        """What the table costs a month after the plan."""
        return amount.total(each.amount for each in self.after or ())

    @property
    def one_time(self) -> Amount:
        """What the plan costs once."""
        return amount.total(each.amount for each in self.once)

    @property
    def differences(self) -> Sequence[Difference]:
        """The lines before and after, in the order of the lines after."""
        return list(self._differences())

    def _differences(self) -> Iterator[Difference]:
        before = {each.place: each for each in self.before or ()}
        for each in self.after or ():
            yield Difference(before.pop(each.place, None), each)
        for each in before.values():
            yield Difference(each, None)

    @property
    def increase(self) -> Amount:
        """How much more the table costs a month after the plan."""
        return amount.total(each.increase for each in self.differences)


def plan_cost(plan: TablePlan, usage: Usage, prices: Prices) -> TableCost | None:
    """The cost of the table of PLAN; None if PLAN does not say what the cost depends on.

    PlanTables says it if `include_billing` is set.
    """
    if not plan.HasField("billed_after"):
        return None
    before = plan.billed_before if plan.HasField("billed_before") else None
    # A table that is replaced begins anew: what is built is built from nothing.
    built_on = None if plan.action == PlanAction.PLAN_ACTION_REPLACE else before
    return table_cost(plan.table_name, before, plan.billed_after, usage, prices, built_on)


def table_cost(
    name: str,
    before: BilledTable | None,
    after: BilledTable,
    usage: Usage,
    prices: Prices,
    built_on: BilledTable | None,
) -> TableCost:
    """The cost of the table NAME as it is BEFORE and AFTER. The table BUILT_ON is changed to AFTER."""
    return TableCost(
        name,
        None if before is None else monthly_cost(name, before, usage, prices),
        monthly_cost(name, after, usage, prices),
        once(built_on, after, prices),
    )


def live_cost(name: str, table: BilledTable, usage: Usage, prices: Prices) -> TableCost:
    """The cost of the table NAME as it is."""
    lines = monthly_cost(name, table, usage, prices)
    return TableCost(name, lines, lines)


def worst_increase(found: TableCost) -> Decimal | None:
    """The largest increase of the monthly cost that is known of; None where nothing is known.

    Where a part of the increase is not known, this is the known part if that is an increase.
    """
    increase = found.increase
    if increase.high is not None:
        return increase.high
    return increase.low if increase.low is not None and increase.low > 0 else None
