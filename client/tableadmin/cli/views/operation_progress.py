"""Operations shown until all have ended: side by side on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import terminal_text
from tableadmin.cli.app.exit_codes import CommandFailed, Interrupted
from tableadmin.cli.app.session import Session, aws
from tableadmin.cli.app.terminal_text import is_terminal, printable
from tableadmin.cli.views.formatting import span
from tableadmin.cli.views.operation_text import (
    call,
    current_step,
    ended,
    outcomes,
    seconds,
    state,
    succeeded,
)

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.client import Operations
    from tableadmin.v1 import Operation

# With more operations than this the request is named that asked for all of them.
_MAX_NAMED = 3


def follow(session: Session, operations: Operations, endpoint: str | None) -> None:
    """Show OPERATIONS, which are at ENDPOINT, until all have ended, and what came of each.

    Raises CommandFailed unless all succeeded, and TableAdminError. Ctrl-C stops the watching, not the
    operations, and says how to come back.
    """
    with _interruptible(session, operations, endpoint):
        for _ in _shown(session, operations):
            pass
    newest = operations.latest
    if session.in_blocks:
        terminal_text.write(outcomes(newest, time.time()))
    missed = [operation.table_name for operation in newest if not succeeded(operation)]
    if missed:
        raise CommandFailed(f"tables that do not match their specs: {', '.join(missed)}")


def detach(session: Session, operations: Sequence[Operation], endpoint: str | None) -> None:
    """Show OPERATIONS, which are at ENDPOINT, as they are now, and say how to come back to them."""
    for operation in operations:
        if session.in_blocks:
            click.echo(printable(f"{operation.table_name}: operation {operation.operation_id}"))
        else:
            session.show_item(as_json(operation))
    click.echo(_follow_up_commands(session, operations, endpoint), err=True)


def as_json(operation: Operation) -> AwsDict:
    """`time`, `type` OPERATION, and the `operation` in AWS's shape."""
    return {"time": datetime.now(UTC), "type": "OPERATION", "operation": aws(operation)}


@contextmanager
def _interruptible(session: Session, operations: Operations, endpoint: str | None) -> Iterator[None]:
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    try:
        yield
    except KeyboardInterrupt:
        if is_terminal(sys.stderr):
            click.echo(err=True)  # past the ^C
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
    """How to see what becomes of OPERATIONS, and how to stop them."""
    going = [operation for operation in operations if not ended(operation)] or operations
    requests = {operation.request_id for operation in going}
    if len(going) > _MAX_NAMED and len(requests) == 1:
        which = ["--request-id", requests.pop()]
    else:
        which = [operation.operation_id for operation in going]
    watch = session.command_line("operation", "watch", *which, endpoint=endpoint)
    cancel = session.command_line("operation", "cancel", *which, endpoint=endpoint)
    return f"the changes continue; to see them, run '{watch}'; to stop them, run '{cancel}'"


def _shown(session: Session, operations: Operations) -> Iterable[Operation]:
    if not session.in_blocks:
        return _documents(operations, session)
    if is_terminal(sys.stdout):
        from tableadmin.cli.views.operation_board import display  # noqa: PLC0415 - rich

        return display(operations)
    return _lines(operations)


def _documents(operations: Iterable[Operation], session: Session) -> Iterator[Operation]:
    for operation in operations:
        session.show_item(as_json(operation))
        yield operation


def _lines(operations: Iterable[Operation]) -> Iterator[Operation]:
    said: dict[str, str] = {}
    for operation in operations:
        text = _line(operation)
        if said.get(operation.operation_id) != text:
            said[operation.operation_id] = text
            click.echo(printable(f"{span(seconds(operation, time.time()))}: {operation.table_name}: {text}"))
        yield operation


def _line(operation: Operation) -> str:
    """`running, call 2 of 5: add index GenreIndex`, `failed: ...`."""
    at = f"call {call(operation)}" if call(operation) and not ended(operation) else ""
    where = ", ".join(filter(None, [state(operation).lower(), at]))
    return ": ".join(filter(None, [where, current_step(operation)]))
