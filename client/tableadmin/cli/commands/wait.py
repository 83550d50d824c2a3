"""`tablectl wait`: wait for a condition of a table, an index, a backup, an export or an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Lines
from tableadmin.cli.requests import wait_conditions
from tableadmin.cli.requests.wait_conditions import Condition
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.table_description import status_blocks
from tableadmin.cli.views.wait_progress import deletion_lines
from tableadmin.cli.views.wait_progress import wait as wait_for

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tableadmin.v1 import TableState, WaitResponse

# The default of --timeout, in seconds. For this command, --timeout is the deadline of the wait.
_DEFAULT_TIMEOUT = 1800.0

_HELP = """Wait until a table, a backup, an export or an import meets a condition.

Specify a table by its name. Specify a backup, an export or an import by its ARN.

Standard error shows what is still pending. The exit code is 1 if the condition is not met within --timeout
(default: 30m), or can no longer be met.
"""


def _condition(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        wait_conditions.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error
    return value


def _forms(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    del ctx, param
    texts = [f"{text}=" if kind.argument else text for text, kind in wait_conditions.KINDS.items()]
    return [text for text in texts if text.startswith(incomplete)]


@click.command(
    cls=Command,
    help=_HELP,
    values=("Conditions", wait_conditions.meanings()),
    example="tablectl wait Music --for index-active=GenreIdx --timeout 1h",
)
@click.argument("name", metavar="TABLE|ARN", shell_complete=shell_completion.tables)
@click.option(
    "--for",
    "text",
    metavar="CONDITION",
    required=True,
    callback=_condition,
    shell_complete=_forms,
    help="Condition to wait for; see Conditions.",
)
@pass_session
def wait(session: Session, name: str, text: str) -> None:
    """Wait until a condition is met for a table, a backup, an export or an import."""
    timeout = session.timeout if session.settings["timeout"].origin == "flag" else _DEFAULT_TIMEOUT
    condition = wait_conditions.condition(text, name)
    response = wait_for(session, name, timeout, condition, hint="")
    session.show(_described(response), lambda _: _view(response, condition))


def _described(response: WaitResponse) -> Message:
    """Return AWS's description of the awaited resource."""
    from tableadmin import v1  # noqa: PLC0415 - protobuf

    if response.HasField("backup"):
        return v1.DescribeBackupResponse(backup_description=response.backup)
    if response.HasField("export"):
        return v1.DescribeExportResponse(export_description=response.export)
    if response.HasField("import"):
        return v1.DescribeImportResponse(import_table_description=getattr(response, "import"))
    return response.table


def _view(response: WaitResponse, condition: Condition) -> list[Block]:
    if "arn" in condition.subject:
        what, _, status = condition.name.partition("_")
        return [Lines([f"{what.lower()} {condition.subject['arn']} {status}"])]
    if not response.HasField("table"):
        return [deletion_lines(condition.subject["table_name"])]
    return status_blocks(response.table.table, *_parts(response.table))


def _parts(state: TableState) -> list[str]:
    recovery = state.continuous_backups.point_in_time_recovery_description
    parts = {
        "time to live": word(state.time_to_live, "time_to_live_status"),
        "point-in-time recovery": word(recovery, "point_in_time_recovery_status"),
    }
    return [f"{name} {status}" for name, status in parts.items() if status]
