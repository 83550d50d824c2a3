"""What the plans of the page cost, if the command line asks for costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tableadmin.cli.requests.cost_options import CostOptions
    from tableadmin.cli.requests.price_source import PriceSource
    from tableadmin.cli.views.plans.costs import Costs
    from tableadmin.client import Client
    from tableadmin.v1 import TablePlan


@dataclass(frozen=True)
class Pricing:
    """The source of the prices, and the numbers of requests that the options say."""

    options: CostOptions
    source: PriceSource

    @classmethod
    def of(cls, options: CostOptions) -> Pricing | None:
        """The pricing of OPTIONS, None if they do not ask for costs; raises InputError for a wrong file."""
        return cls(options, options.price_source()) if options.enabled else None

    def costs(self, client: Client, plans: Sequence[TablePlan]) -> tuple[Costs, Sequence[str]]:
        """The costs of the tables of PLANS of CLIENT with billing facts, and notes of what was not read.

        Raises CommandFailed if the prices can't be read.
        """
        from tableadmin.cli.specs import (  # noqa: PLC0415 - the first page need not wait
            consumption,
            priced_tables,
        )
        from tableadmin.cli.specs.planning import costs_of  # noqa: PLC0415 - the same

        prices = self.source.of(priced_tables.of((), plans).regions)
        found = consumption.usage(client, self.options, consumption.of_plans(plans))
        return costs_of(plans, found.usage, prices), [*found.notes, *self.source.notes]
