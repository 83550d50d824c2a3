"""Show operations until all have ended: as a board on a terminal, elsewhere a line for each change."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app.exit_codes import CommandFailed, Interrupted
from tableadmin.cli.app.session import Session, aws
from tableadmin.cli.output import terminal_text
from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.views.formatting import span
from tableadmin.cli.views.operations.operation_text import (
    approvers,
    awaits_approval,
    call,
    current_step,
    has_ended,
    has_succeeded,
    outcomes,
    seconds,
    state,
    state_in_words,
)
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.client import Operations
    from tableadmin.v1 import Operation

# With more operations, commands name their request instead of each operation.
_MAX_NAMED = 3


def follow(session: Session, operations: Operations, endpoint: str | None) -> None:
    """Show OPERATIONS at ENDPOINT until all have ended, then their results.

    Raises CommandFailed unless all have succeeded, and TableAdminError. Ctrl-C stops the display, not the
    operations, and prints the commands that show and cancel them.
    """
    announced: set[str] = set()
    with _interruptible(session, operations, endpoint):
        for operation in _shown(session, operations):
            _print_approval_command(session, operation, endpoint, announced)
    newest = operations.latest
    if session.in_blocks:
        terminal_text.write(outcomes(newest, time.time()))
    missed = [operation.table_name for operation in newest if not has_succeeded(operation)]
    if missed:
        raise CommandFailed(f"tables that do not match their specs: {', '.join(missed)}")


def detach(session: Session, operations: Sequence[Operation], endpoint: str | None) -> None:
    """Show OPERATIONS at ENDPOINT as they are, and print the commands that show and cancel them."""
    for operation in operations:
        if session.in_blocks:
            click.echo(printable(f"{operation.table_name}: operation {operation.operation_id}"))
        else:
            session.show_item(as_json(operation))
    announced: set[str] = set()
    for operation in operations:
        _print_approval_command(session, operation, endpoint, announced)
    click.echo(_follow_up_commands(session, operations, endpoint), err=True)


def _print_approval_command(
    session: Session, operation: Operation, endpoint: str | None, announced: set[str]
) -> None:
    """If OPERATION waits for approval, print who can approve it and how, once for each plan."""
    # Another plan of the operation may need approval later.
    plan = f"{operation.operation_id} {operation.approval_request.create_time.ToNanoseconds()}"
    if not awaits_approval(operation) or plan in announced:
        return
    announced.add(plan)
    # Another principal, with other credentials, runs the command.
    command = session.command_line(
        "operation", "approve", operation.operation_id, endpoint=endpoint, of_caller=False
    )
    text = f"{operation.table_name} waits for approval by {approvers(operation)}; to approve, run '{command}'"
    click.echo(printable(text), err=True)


def as_json(operation: Operation) -> AwsDict:
    """Return `time`, the `type` OPERATION, and the AWS-shaped `operation`."""
    return {"time": datetime.now(UTC), "type": "OPERATION", "operation": aws(operation)}


@contextmanager
def _interruptible(session: Session, operations: Operations, endpoint: str | None) -> Iterator[None]:
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    try:
        yield
    except KeyboardInterrupt:
        if is_terminal(sys.stderr):
            click.echo(err=True)  # a new line after the terminal's ^C
        raise Interrupted(
            f"stopped watching; {_follow_up_commands(session, operations.latest, endpoint)}"
        ) from None
    except TableAdminError as error:
        if not any(operation.HasField("state") for operation in operations.latest):
            raise
        raise CommandFailed(
            f"{error}; {_follow_up_commands(session, operations.latest, endpoint)}"
        ) from error


def _follow_up_commands(session: Session, operations: Sequence[Operation], endpoint: str | None) -> str:
    """Return the commands that show and cancel OPERATIONS."""
    going = [operation for operation in operations if not has_ended(operation)] or operations
    requests = {operation.request_id for operation in going}
    if len(going) > _MAX_NAMED and len(requests) == 1:
        which = ["--request-id", requests.pop()]
    else:
        which = [operation.operation_id for operation in going]
    watch = session.command_line("operation", "watch", *which, endpoint=endpoint)
    cancel = session.command_line("operation", "cancel", *which, endpoint=endpoint)
    what = "wait for approval" if all(map(awaits_approval, going)) else "continue"
    return f"the changes {what}; to see them, run '{watch}'; to stop them, run '{cancel}'"


def _shown(session: Session, operations: Operations) -> Iterable[Operation]:
    if not session.in_blocks:
        return _documents(operations, session)
    if is_terminal(sys.stdout):
        from tableadmin.cli.views.operations.operation_board import display  # noqa: PLC0415 - rich

        return display(operations)
    return _lines(operations)


def _documents(operations: Iterable[Operation], session: Session) -> Iterator[Operation]:
    for operation in operations:
        session.show_item(as_json(operation))
        yield operation


def _lines(operations: Iterable[Operation]) -> Iterator[Operation]:
    shown: dict[str, str] = {}
    for operation in operations:
        text = _line(operation)
        if shown.get(operation.operation_id) != text:
            shown[operation.operation_id] = text
            click.echo(printable(f"{span(seconds(operation, time.time()))}: {operation.table_name}: {text}"))
        yield operation


def _line(operation: Operation) -> str:
    """`running, call 2 of 5: add index GenreIndex`, `failed: ...`."""
    at = f"call {call(operation)}" if call(operation) and not has_ended(operation) else ""
    where = ", ".join(filter(None, [state_in_words(state(operation)), at]))
    return ": ".join(filter(None, [where, current_step(operation)]))
