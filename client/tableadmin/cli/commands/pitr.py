"""`tablectl pitr`: turn point-in-time recovery on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views.message_rows import Columns, fields
from tableadmin.cli.views.wait_progress import wait

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import (
        DescribeContinuousBackupsResponse,
        UpdateContinuousBackupsResponse,
    )

_COLUMNS: Columns = (
    ("Recovery", "point_in_time_recovery_description.point_in_time_recovery_status"),
    ("Days", "point_in_time_recovery_description.recovery_period_in_days"),
    ("Earliest", "point_in_time_recovery_description.earliest_restorable_date_time"),
    ("Latest", "point_in_time_recovery_description.latest_restorable_date_time"),
)


@click.group(cls=Group)
def pitr() -> None:
    """Enable and disable point-in-time recovery (continuous backups).

    'tablectl restore to-point-in-time' can then restore the table to any second of the recovery period.
    """


@pitr.command(example="tablectl pitr enable Music --days 7 --wait")
@options.table_names
@click.option(
    "--days",
    type=click.IntRange(1, 35),
    metavar="N",
    help="Recovery period, 1 to 35 days. Default: 35. A shorter period deletes older recovery points.",
)
@options.yes
@options.wait_options
@pass_session
def enable(
    session: Session, names: Sequence[str], days: int | None, *, yes: bool, wait_timeout: float | None
) -> None:
    """Enable point-in-time recovery of tables, or change the recovery period."""
    specification: AwsDict = {"PointInTimeRecoveryEnabled": True}
    if days is not None:
        specification["RecoveryPeriodInDays"] = days
    for name in names:
        _enable(session, name, specification, yes=yes, wait_timeout=wait_timeout)


def _enable(
    session: Session, name: str, specification: AwsDict, *, yes: bool, wait_timeout: float | None
) -> None:
    response = _update(session, name, specification, yes=yes)
    if wait_timeout is not None:
        seen = wait(session, name, wait_timeout, condition("pitr-enabled", name))
        response.continuous_backups_description.CopyFrom(seen.table.continuous_backups)
    session.show(response, _view)


@pitr.command(example="tablectl pitr disable Music --yes")
@options.table_names
@options.yes
@pass_session
def disable(session: Session, names: Sequence[str], *, yes: bool) -> None:
    """Disable point-in-time recovery of tables and delete all recovery points."""
    for name in names:
        warning = f"Disabling the recovery of table {name} loses all recovery points"
        response = _update(session, name, {"PointInTimeRecoveryEnabled": False}, yes=yes, warning=warning)
        session.show(response, _view)


@pitr.command(example="tablectl pitr show Music")
@options.table_names
@pass_session
def show(session: Session, names: Sequence[str]) -> None:
    """Show the recovery status of tables, and their earliest and latest restorable times."""
    session.show_each([session.client.describe_continuous_backups(table_name=name) for name in names], _view)


def _update(
    session: Session, name: str, specification: AwsDict, *, yes: bool, warning: str = ""
) -> UpdateContinuousBackupsResponse:
    request: AwsDict = {"TableName": name, "PointInTimeRecoverySpecification": specification}
    return session.change(session.rpcs.update_continuous_backups, request, yes=yes, warning=warning)


def _view(response: DescribeContinuousBackupsResponse | UpdateContinuousBackupsResponse) -> list[Block]:
    return [fields(_COLUMNS, response.continuous_backups_description)]
