"""Request plans, exports of tables as specs, and validations of specs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from tableadmin.cli.app.exit_codes import CHANGES_FOUND, CommandFailed
from tableadmin.cli.app.session import aws
from tableadmin.cli.app.stalls import until_stalled
from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.specs.spec_files import LoadedSpec
from tableadmin.cli.views.plans import plan_text
from tableadmin.cli.views.plans.plan_values import with_values
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from datetime import datetime

    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.cli.views.plans.costs import Costs
    from tableadmin.client import Client
    from tableadmin.cost import Prices, Usage
    from tableadmin.errors import TableAdminError
    from tableadmin.streams.plans import Exports
    from tableadmin.v1 import PlanTablesResponse, SpecViolation, TablePlan, ValidateTablesResponse

R = TypeVar("R")

exit_code_option = click.option(
    "--exit-code",
    "exit_code",
    is_flag=True,
    help="Exit with code 2 if there are changes, or settings that cannot be compared. The exit code is 0 "
    "if there are no changes, and 1 after an error.",
)


@dataclass(frozen=True)
class Planned:
    """The plans for specs, in their order, and the errors of the tables that could not be planned."""

    plans: Sequence[TablePlan]
    errors: Sequence[TableAdminError]

    def check(self) -> None:
        """Raise the error of the table that could not be planned, or CommandFailed for several tables."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            for error in self.errors:
                click.echo(printable(" ".join(str(error).split())), err=True)
            raise CommandFailed(f"{count(len(self.errors))} could not be planned")


def plan_specs(
    client: Client,
    loaded: Sequence[LoadedSpec],
    not_before: datetime | None = None,
    *,
    include_billing: bool = False,
) -> Planned:
    """Return the plans for the specs LOADED, to be applied at NOT_BEFORE.

    With INCLUDE_BILLING, the plans contain the billing facts of their tables. A terminal shows the progress.
    Raises TableAdminError, and CommandFailed for invalid specs, whose violations go to standard error.
    """
    from tableadmin.streams.plans import table_error  # noqa: PLC0415 - grpc

    results = planning_results(client, loaded, not_before, include_billing=include_billing)
    return Planned(
        [each.plan for each in results if each.HasField("plan")],
        [table_error(each.table_name, each.error) for each in results if each.HasField("error")],
    )


def planning_results(
    client: Client,
    loaded: Sequence[LoadedSpec],
    not_before: datetime | None = None,
    *,
    include_billing: bool = False,
) -> list[PlanTablesResponse]:
    """Return the responses for `plan_specs`: the plan or the error of each table."""
    from tableadmin.errors import InvalidArgument  # noqa: PLC0415 - grpc

    try:
        specs = (each.spec for each in loaded)
        stream = client.plan_tables(specs, not_before, include_billing=include_billing)
        results = _with_progress(until_stalled(client, stream), len(loaded))
    except InvalidArgument as error:
        response = client.validate(each.spec for each in loaded)
        if not response.violations:
            raise
        for line in violation_lines(response.violations, loaded):
            click.echo(line, err=True)
        raise CommandFailed(count_violations(response, loaded)) from error
    by_name = {each.table_name: each for each in results}
    for each in loaded:
        if each.must_exist:
            refuse_creation(by_name[each.spec.table_name].plan, each.must_exist)
    return [by_name[each.spec.table_name] for each in loaded]


def refuse_creation(plan: TablePlan, reason: str) -> None:
    """Refuse PLAN for REASON if it creates or replaces the table."""
    from tableadmin.v1 import PlanAction  # noqa: PLC0415 - protobuf

    if plan.action in (PlanAction.PLAN_ACTION_CREATE, PlanAction.PLAN_ACTION_REPLACE):
        plan.refusal = f"a new table would be empty: {reason}; create the table with the tool of the file"
        del plan.steps[:]


def answer(plans: Sequence[TablePlan], notes: Sequence[str], costs: Costs | None = None) -> AwsDict:
    """Return the document for programs: PLANS with COSTS, and the NOTES on the specs if there are any."""
    if costs is None:
        return add_notes({"Plans": [with_values(aws(plan)) for plan in plans]}, "Notes", notes)
    from tableadmin.cli.views.plans.costs import record, total_record  # noqa: PLC0415 - protobuf

    shown: list[AwsValue] = []
    for plan in plans:
        found = costs.of(plan.table_name)
        cost: AwsDict = {"Cost": record(found)} if found is not None else {}
        shown.append({**with_values(aws(plan)), **cost})
    return add_notes({"Plans": shown, "Cost": total_record(costs)}, "Notes", notes)


def costs_of(plans: Iterable[TablePlan], usage: Usage, prices: Prices) -> Costs:
    """Return the costs of the tables of PLANS, which have the requests of USAGE, by PRICES."""
    from tableadmin.cli.views.plans.costs import Costs  # noqa: PLC0415 - protobuf
    from tableadmin.cost import plan_cost  # noqa: PLC0415 - protobuf

    found = (plan_cost(plan, usage, prices) for plan in plans)
    return Costs({each.name: each for each in found if each is not None}, prices)


def add_notes(answer: AwsDict, member: str, notes: Sequence[str]) -> AwsDict:
    """Return ANSWER with NOTES as its MEMBER if there are any."""
    return {**answer, member: [*notes]} if notes else answer


def export_specs(client: Client, names: Sequence[str], prefix: str | None = None) -> Exports:
    """Return the specs of the tables NAMES in that order, or of tables with PREFIX in order of name.

    A terminal shows the progress of NAMES. Raises TableAdminError.
    """
    from tableadmin.streams.plans import exports_of  # noqa: PLC0415 - grpc

    names = list(dict.fromkeys(names))
    stream = until_stalled(client, client.export_tables(table_names=names, prefix=prefix))
    return exports_of(names, _with_progress(stream, len(names)))


def _with_progress(results: Iterable[R], total: int) -> list[R]:
    """Return all RESULTS. A terminal shows how many of TOTAL have arrived."""
    if total <= 1 or not is_terminal(sys.stderr):
        return list(results)
    from tableadmin.cli.output.terminal import with_progress  # noqa: PLC0415 - rich

    return list(with_progress(results, total, "tables"))


def violation_lines(violations: Sequence[SpecViolation], loaded: Sequence[LoadedSpec]) -> list[str]:
    """Return a line for each of VIOLATIONS, in the style of compilers: `FILE: table NAME: PATH: problem`."""
    files = {each.spec.table_name: each.file for each in loaded}
    return [
        printable(
            ": ".join(
                filter(
                    None,
                    (files.get(each.table_name), f"table {each.table_name}", each.path, each.description),
                )
            )
        )
        for each in violations
    ]


def count_violations(response: ValidateTablesResponse, loaded: Sequence[LoadedSpec]) -> str:
    """Return the number of violations: `2 violations in 1 of 3 tables`."""
    listed = len(response.violations)
    if response.violation_count > listed:
        return f"{response.violation_count} violations, of which {listed} are listed"
    tables = len({each.table_name for each in response.violations})
    what = "1 violation" if listed == 1 else f"{listed} violations"
    return f"{what} in {tables} of {count(len(loaded))}"


def count(tables: int) -> str:
    """`1 table`, `2 tables`."""
    return "1 table" if tables == 1 else f"{tables} tables"


def exit_with_changes(plans: Sequence[TablePlan]) -> None:
    """Exit with code 2 if PLANS have changes, or can't tell whether a table matches its spec.

    Skipped changes do not count.
    """
    from tableadmin.v1 import PlanAction  # noqa: PLC0415 - protobuf

    if any(plan.action != PlanAction.PLAN_ACTION_NONE or plan_text.is_uncertain(plan) for plan in plans):
        raise click.exceptions.Exit(CHANGES_FOUND)
