"""Asking for plans, and for what is wrong with specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app.exit_codes import CHANGES_FOUND, Unfinished
from tableadmin.cli.app.terminal_text import printable
from tableadmin.cli.specs.spec_files import Given

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import PlanTablesResponse, SpecViolation, TablePlan

exit_code_option = click.option(
    "--exit-code",
    "tell",
    is_flag=True,
    help="Exit with 2 when there is something to change (and, as ever, for a wrong command line).",
)


def planned(client: Client, given: Sequence[Given]) -> PlanTablesResponse:
    """The plans for the specs GIVEN; where some are invalid, everything that is wrong goes to standard error.

    Raises Unfinished then, and TableAdminError.
    """
    from tableadmin.errors import InvalidArgument  # noqa: PLC0415 - grpc

    try:
        return client.plan(each.spec for each in given)
    except InvalidArgument as error:
        found = client.validate(each.spec for each in given).violations
        if not found:
            raise
        for line in violation_lines(found, given):
            click.echo(line, err=True)
        raise Unfinished(invalid(found, given)) from error


def violation_lines(violations: Sequence[SpecViolation], given: Sequence[Given]) -> list[str]:
    """A line for each of VIOLATIONS, as compilers write them: `FILE: table NAME: PATH: what is wrong`."""
    files = {each.spec.table_name: each.file for each in given}
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


def invalid(violations: Sequence[SpecViolation], given: Sequence[Given]) -> str:
    """How much is wrong: `2 violations in 1 of 3 tables`."""
    tables = len({each.table_name for each in violations})
    what = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
    return f"{what} in {tables} of {count(len(given))}"


def count(tables: int) -> str:
    """`1 table`, `2 tables`."""
    return "1 table" if tables == 1 else f"{tables} tables"


def tell_changes(plans: Sequence[TablePlan]) -> None:
    """End with exit code 2 where PLANS hold something to do; what is skipped is nothing to do."""
    from tableadmin.v1 import PlanAction  # noqa: PLC0415 - protobuf

    if any(plan.action != PlanAction.PLAN_ACTION_NONE for plan in plans):
        raise click.exceptions.Exit(CHANGES_FOUND)
