"""Show a wait on standard error: an updated line on a terminal, elsewhere a line for each change."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import click

from tableadmin.cli.app.exit_codes import CommandFailed, Interrupted
from tableadmin.cli.app.session import Session
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.requests.wait_conditions import Condition, condition
from tableadmin.cli.views.formatting import span
from tableadmin.cli.views.table_description import status_blocks
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from tableadmin.errors import DeadlineExceeded
    from tableadmin.v1 import (
        CreateTableResponse,
        DeleteTableResponse,
        UpdateTableResponse,
        WaitResponse,
    )

    Described: TypeAlias = CreateTableResponse | UpdateTableResponse | DeleteTableResponse

R = TypeVar("R")

# The end of error messages of commands that wait for their own change.
_CHANGE_CONTINUES = "; the change continues"


def wait(
    session: Session, name: str, timeout: float, *conditions: Condition, hint: str = _CHANGE_CONTINUES
) -> WaitResponse:
    """Wait at most TIMEOUT seconds for CONDITIONS, one after the other. Shows the pending states of NAME.

    Returns the last response. Raises CommandFailed after TIMEOUT and Interrupted after Ctrl-C, both with HINT
    at the end of the text, and TableAdminError. The awaited change continues in all cases.
    """
    from tableadmin.errors import DeadlineExceeded  # noqa: PLC0415 - grpc

    try:
        *_, last = show_progress(name, _responses(session, timeout, conditions), _pending)
    except DeadlineExceeded as error:
        pending = _still_pending(error)
        raise CommandFailed(f"{name}: after {span(timeout)} still pending: {pending}{hint}") from error
    except KeyboardInterrupt:
        if is_terminal(sys.stderr):
            click.echo(err=True)  # a new line after the terminal's ^C
        raise Interrupted(f"stopped waiting for {name}{hint}") from None
    return last


def finish(session: Session, response: Described, wait_timeout: float | None, *conditions: str) -> None:
    """Show RESPONSE to a change. With WAIT_TIMEOUT, first wait for CONDITIONS, then show the new table.

    WAIT_TIMEOUT is in seconds. CONDITIONS are those of `tablectl wait`. The last condition is that no change
    of the table is in progress.
    """
    if wait_timeout is not None:
        name = response.table_description.table_name
        awaited = [condition(text, name) for text in (*conditions, "settled")]
        response.table_description.CopyFrom(wait(session, name, wait_timeout, *awaited).table.table)
    session.show(response, lambda each: status_blocks(each.table_description))


def finish_deletion(session: Session, response: DeleteTableResponse, wait_timeout: float | None) -> None:
    """Show RESPONSE to a deletion. With WAIT_TIMEOUT, in seconds, first wait until the table is deleted."""
    if wait_timeout is None:
        finish(session, response, None)
        return
    name = response.table_description.table_name
    wait(session, name, wait_timeout, condition("deleted", name))
    session.show(response, lambda _: [deletion_lines(name)])


def deletion_lines(name: str) -> Lines:
    """Return the message that the table NAME is deleted."""
    return Lines([f"table {name} is deleted"])


def _responses(session: Session, timeout: float, conditions: Iterable[Condition]) -> Iterator[WaitResponse]:
    from tableadmin.v1 import WaitCondition  # noqa: PLC0415 - protobuf

    ends = time.monotonic() + timeout
    for each in conditions:
        number = WaitCondition.Value(f"WAIT_CONDITION_{each.name}")
        remaining = ends - time.monotonic()
        yield from session.client.wait(number, **each.subject, timeout=remaining)


def _still_pending(error: DeadlineExceeded) -> str:
    """Return the pending states in ERROR, or why the service has read no state."""
    if error.reason:
        return error.message.removeprefix("the deadline has expired; ").removeprefix("not yet met: ")
    seen = "; ".join(error.progress.pending) if error.progress else ""
    return seen or error.message


def show_progress(name: str, responses: Iterable[R], pending_of: Callable[[R], str]) -> Iterator[R]:
    """Yield RESPONSES, and show on standard error what is pending for NAME by PENDING_OF."""
    if not is_terminal(sys.stderr):
        return _lines(name, responses, pending_of)
    from tableadmin.cli.views.wait_spinner import display  # noqa: PLC0415 - rich

    return display(name, responses, pending_of)


def _pending(response: WaitResponse) -> str:
    return "; ".join(response.pending)


def _lines(name: str, responses: Iterable[R], pending_of: Callable[[R], str]) -> Iterator[R]:
    began, last = time.monotonic(), ""
    for response in responses:
        pending = pending_of(response)
        if pending and pending != last:
            click.echo(printable(f"{span(time.monotonic() - began)}: {name}: {pending}"), err=True)
        last = pending
        yield response
