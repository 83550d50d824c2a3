"""`tablectl operation`: the operations that apply plans."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.confirmation import confirm_name
from tableadmin.cli.app.exit_codes import CommandFailed, error_line
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Lines
from tableadmin.cli.views.operations import operation_progress, operation_text
from tableadmin.cli.views.operations.operation_text import STATES

if TYPE_CHECKING:
    from tableadmin.v1 import Operation

_ids = click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=shell_completion.operations)
_id = click.argument("operation_id", metavar="ID", shell_complete=shell_completion.operations)
_request_id = click.option("--request-id", metavar="ID", help="Show only operations of this request.")
# The maximum page size of the service.
_PAGE = 500
_STATES = [each.replace("_", "-") for each in STATES]


class _State(click.Choice[str]):
    """A state, with hyphens or underscores."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the state VALUE. The error for an unknown state lists the states."""
        return super().convert(str(value).replace("_", "-"), param, ctx)


@click.group(cls=Group)
def operation() -> None:
    """List, show, watch, approve and cancel the operations that `tablectl apply` started.

    The service keeps the record of an operation for 30 days after its end.
    """


@operation.command("list", example="tablectl operation list --table Music --state RUNNING")
@click.option(
    "--table",
    "table_name",
    metavar="TABLE",
    shell_complete=shell_completion.tables,
    help="Show only operations on this table.",
)
@click.option(
    "--state",
    "states",
    type=_State(_STATES, case_sensitive=False),
    multiple=True,
    metavar="STATE",
    help=f"Show only operations in this state. Can be repeated. STATE is {', '.join(_STATES[:-1])} or "
    f"{_STATES[-1]}.",
)
@_request_id
@click.option(
    "--max-items",
    "--limit",
    "limit",
    type=options.COUNT,
    metavar="N",
    help="Show only the newest N operations.",
)
@click.option("--prefix", metavar="TEXT", help="Show only operations on tables whose names start with TEXT.")
@pass_session
def list_operations(
    session: Session,
    *,
    table_name: str | None,
    states: Sequence[str],
    request_id: str | None,
    limit: int | None,
    prefix: str | None,
) -> None:
    """List operations, newest first."""
    from tableadmin.v1 import OperationState  # noqa: PLC0415 - protobuf

    found = session.client.list_operations(
        table_name=table_name,
        states=[OperationState.Value(f"OPERATION_STATE_{each.replace('-', '_')}") for each in states],
        request_id=request_id,
        page_size=_PAGE if prefix else min(limit or _PAGE, _PAGE),
    )
    named = (each for each in found if each.table_name.startswith(prefix or ""))
    session.show_all("Operations", [*itertools.islice(named, limit)], _listing)


@operation.command(example="tablectl operation show OPERATION-ID")
@click.argument(
    "operation_ids", metavar="ID...", nargs=-1, required=True, shell_complete=shell_completion.operations
)
@pass_session
def show(session: Session, operation_ids: Sequence[str]) -> None:
    """Show the state of operations, their AWS calls and outcomes, and the requesters."""
    from tableadmin.v1 import GetOperationResponse  # noqa: PLC0415 - protobuf

    found = [GetOperationResponse(operation=session.client.get_operation(each)) for each in operation_ids]
    session.show_each(found, lambda each: operation_text.details(each.operation, time.time()))


@operation.command(example="tablectl operation watch OPERATION-ID")
@_ids
@_request_id
@pass_session
def watch(session: Session, ids: Sequence[str], request_id: str | None) -> None:
    """Show the progress of operations until all have ended. Ctrl-C does not stop the operations.

    The exit code is 0 if all operations succeeded, and 1 otherwise.
    """
    named = _named(session, ids, request_id)
    # This call has the timeout of the run. The stream has no deadline.
    session.client.get_operation(named[0])
    operations = session.client.operations(named)
    operation_progress.follow(session, operations, session.settings["endpoint"].text)


@operation.command(example="tablectl operation cancel OPERATION-ID")
@_ids
@_request_id
@pass_session
def cancel(session: Session, ids: Sequence[str], request_id: str | None) -> None:
    """Stop operations before their next AWS call.

    Calls that are complete are not undone. The output lists them.
    """
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    stopped, named = [], _named(session, ids, request_id)
    for each in named:
        try:
            stopped.append(session.client.cancel_operation(each))
        except TableAdminError as error:
            if len(named) == 1:
                raise
            # Cancel the other operations as well.
            click.echo(error_line(f"{each}: {error}"), err=True)
    session.show_all("Operations", stopped, _stopped)
    if len(stopped) < len(named):
        raise CommandFailed(f"{len(stopped)} of {len(named)} operations will stop")


_comment = click.option("--comment", metavar="TEXT", help="Comment to store with the operation.")


@operation.command(example="tablectl operation approve OPERATION-ID --comment 'as agreed'")
@_id
@_comment
@pass_session
def approve(session: Session, operation_id: str, comment: str | None) -> None:
    """Approve the AWS calls of an operation. 'tablectl operation show' lists the calls.

    You must be in a group that a policy names as approver, and you cannot approve your own operation. If the
    table has changed since the operation began to wait, the approval fails and the operation ends.
    """
    _decided(session, session.client.approve_operation(operation_id, comment))


@operation.command(example="tablectl operation reject OPERATION-ID --comment 'not this week'")
@_id
@_comment
@pass_session
def reject(session: Session, operation_id: str, comment: str | None) -> None:
    """End an operation that waits for approval.

    You must be in a group that a policy names as approver. To end your own operation, cancel it.
    """
    _decided(session, session.client.reject_operation(operation_id, comment))


@operation.command(example="tablectl operation forget OPERATION-ID --yes")
@_id
@options.yes
@pass_session
def forget(session: Session, operation_id: str, *, yes: bool) -> None:
    """Delete the record of an operation.

    The operation must have ended, or its record must be unreadable. Cancel a running operation first.
    The command also releases the lock of the operation on the table.
    """
    confirm_name(operation_id, f"This deletes the record of operation {operation_id}", yes=yes)
    session.client.forget_operation(operation_id)
    click.echo(f"deleted the record of operation {operation_id}", err=True)


def _named(session: Session, ids: Sequence[str], request_id: str | None) -> list[str]:
    """Return the ids of the selected operations, each once. Raises CommandFailed if there are none."""
    if bool(ids) == bool(request_id):
        raise click.UsageError("Give operation IDs or --request-id.")
    if ids:
        return list(dict.fromkeys(ids))
    found = sorted(session.client.list_operations(request_id=request_id), key=lambda each: each.table_name)
    if not found:
        raise CommandFailed(f"no operations found for request ID {request_id}")
    return [each.operation_id for each in found]


def _decided(session: Session, operation: Operation) -> None:
    from tableadmin.v1 import ApproveOperationResponse  # noqa: PLC0415 - protobuf

    response = ApproveOperationResponse(operation=operation)
    session.show(response, lambda each: [Lines([*operation_text.decision_text(each.operation)])])


def _listing(operations: Sequence[Operation]) -> list[Block]:
    return [operation_text.operation_rows(operations, time.time())]


def _stopped(operations: Sequence[Operation]) -> list[Block]:
    return [Lines([text for each in operations for text in operation_text.cancellation_text(each)])]
