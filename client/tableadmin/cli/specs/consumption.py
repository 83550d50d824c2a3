"""How many requests there are: by the options, and by CloudWatch if the options ask for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tableadmin.cli.requests.cost_options import CostOptions
    from tableadmin.client import Client
    from tableadmin.cost import Usage
    from tableadmin.v1 import BilledTable, TablePlan


class Bills(NamedTuple):
    """The billing facts of the table NAME: as it IS, None if it does not exist, and as it WILL be."""

    name: str
    now: BilledTable | None
    later: BilledTable | None = None


class Found(NamedTuple):
    """The numbers of requests, and NOTES of what could not be read."""

    usage: Usage
    notes: Sequence[str]


def of_plans(plans: Iterable[TablePlan]) -> list[Bills]:
    """Return the billing facts of PLANS."""
    return [
        Bills(
            plan.table_name,
            plan.billed_before if plan.HasField("billed_before") else None,
            plan.billed_after,
        )
        for plan in plans
        if plan.HasField("billed_after")
    ]


def usage(client: Client, options: CostOptions, bills: Iterable[Bills]) -> Found:
    """Return the numbers of requests of OPTIONS, and those that CloudWatch counted for the tables of BILLS.

    Without CloudWatch the numbers are not known, and a note says why.
    """
    from tableadmin.cost import Consumed  # noqa: PLC0415 - protobuf
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    given = options.usage()
    if options.rates_window is None:
        return Found(given, ())
    names = list(_charged_by_requests(bills))
    try:
        response = client.get_consumed_capacity(names, window=options.rates_window) if names else None
    except TableAdminError as error:
        problem = Consumed(problem="CloudWatch cannot be read")
        return Found(replace(given, consumed=problem), [f"no rates from CloudWatch: {error.message}"])
    return Found(replace(given, consumed=Consumed.of(response) if response else Consumed()), ())


def _charged_by_requests(bills: Iterable[Bills]) -> Iterator[str]:
    """Return the existing tables whose cost depends on requests, now or later."""
    from tableadmin.v1 import BillingMode  # noqa: PLC0415 - protobuf

    for each in bills:
        facts = [bill for bill in (each.now, each.later) if bill is not None]
        if each.now is not None and any(
            bill.billing_mode == BillingMode.BILLING_MODE_PAY_PER_REQUEST or bill.kinesis_streams
            for bill in facts
        ):
            yield each.name
