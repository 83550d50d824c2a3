"""The tables whose costs are shown, compared with the options of costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tableadmin.cli.requests.price_source import AWS

if TYPE_CHECKING:
    from tableadmin.cli.requests.cost_options import CostOptions
    from tableadmin.cli.specs.spec_files import LoadedSpec
    from tableadmin.cost import Prices
    from tableadmin.v1 import BilledTable, TablePlan


class PricedTables(NamedTuple):
    """The names of tables and indexes (TABLE, TABLE/INDEX), and the Regions of the tables and replicas."""

    names: frozenset[str]
    regions: frozenset[str]

    def unknown_names(self, options: CostOptions) -> list[str]:
        """Return a line for each table or index of OPTIONS that is not one of these."""
        return options.unknown(self.names)

    def missing_prices(self, options: CostOptions, prices: Prices) -> list[str]:
        """Return a line for the Regions of which the price files of OPTIONS have no PRICES."""
        missing = sorted(self.regions - prices.regions.keys())
        if not (options.files and missing):
            return []
        verb = "has" if len(options.files) == 1 else "have"
        sources = ", ".join("AWS's price list" if each == AWS else each for each in options.files)
        return [f"{sources} {verb} no prices of {', '.join(missing)}"]


def of(
    loaded: Iterable[LoadedSpec], plans: Iterable[TablePlan], live: Iterable[tuple[str, BilledTable]] = ()
) -> PricedTables:
    """Return the tables of the specs LOADED, of PLANS with billing facts, and of LIVE with their names."""
    bills = [*live]
    for plan in plans:
        bills += [(plan.table_name, each) for each in (plan.billed_before, plan.billed_after)]
    names = {*_of_specs(loaded), *(each for name, bill in bills for each in _indexed(name, bill))}
    regions = {each for _, bill in bills for each in _regions(bill)}
    return PricedTables(frozenset(names), frozenset(regions))


def _of_specs(loaded: Iterable[LoadedSpec]) -> Iterator[str]:
    for each in loaded:
        spec = each.spec
        yield spec.table_name
        yield from (f"{spec.table_name}/{index.index_name}" for index in spec.global_secondary_indexes)
        yield from (f"{spec.table_name}/{index.index_name}" for index in spec.local_secondary_indexes)


def _indexed(name: str, bill: BilledTable) -> Iterator[str]:
    yield name
    yield from (f"{name}/{each.index_name}" for each in bill.indexes)


def _regions(bill: BilledTable) -> Iterator[str]:
    if bill.region:
        yield bill.region
    yield from (each.region_name for each in bill.replicas)
