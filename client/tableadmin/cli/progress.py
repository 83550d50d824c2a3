"""Showing a wait on standard error: a line that lives on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import click

from tableadmin.cli.endings import Interrupted, Unfinished, printable
from tableadmin.cli.output import Lines, is_terminal
from tableadmin.cli.session import Session
from tableadmin.cli.table_view import standing
from tableadmin.cli.wording import span

if TYPE_CHECKING:
    from tableadmin.v1 import (
        CreateTableResponse,
        DeleteTableResponse,
        TableDescription,
        UpdateTableResponse,
    )
    from tableadmin.waiting import Condition, Look

    Described: TypeAlias = CreateTableResponse | UpdateTableResponse | DeleteTableResponse


def wait(session: Session, table_name: str, condition: Condition, timeout: float) -> TableDescription | None:
    """Wait at most TIMEOUT seconds for CONDITION, showing what is pending; the table as it is then.

    Raises Unfinished when the time is over. Ctrl-C stops the waiting, not what is waited for, and says so.
    """
    from tableadmin.waiting import looks  # noqa: PLC0415 - grpc

    seen = looks(session.client, table_name, condition, timeout=timeout)
    try:
        return _follow(table_name, seen)
    except TimeoutError as error:
        raise Unfinished(
            f"{table_name}: after {span(timeout)} still {error}; it goes on by itself"
        ) from error
    except KeyboardInterrupt:
        if is_terminal(sys.stderr):
            click.echo(err=True)  # past the ^C
        raise Interrupted(f"no longer waiting for {table_name}; what was begun goes on by itself") from None


def finish(
    session: Session, response: Described, patience: float | None, condition: Condition | None = None
) -> None:
    """Show RESPONSE to a change; with PATIENCE once CONDITION holds, and with the table as it is then.

    PATIENCE is in seconds. Without a CONDITION it is waited for until the table is settled.
    """
    if patience is not None:
        from tableadmin.waiting import settled  # noqa: PLC0415 - grpc

        table = wait(session, _address(response), condition or settled, patience)
        if table is not None:
            response.table_description.CopyFrom(table)
    session.show(response, lambda each: standing(each.table_description))


def finish_deletion(session: Session, response: DeleteTableResponse, patience: float | None) -> None:
    """Show RESPONSE to a deletion; with PATIENCE, in seconds, once the table is gone."""
    if patience is None:
        finish(session, response, None)
        return
    from tableadmin.waiting import deleted  # noqa: PLC0415 - grpc

    wait(session, _address(response), deleted, patience)
    session.show(response, lambda each: [Lines([f"table {each.table_description.table_name} is gone"])])


def _address(response: Described) -> str:
    return response.table_description.table_name


def _follow(table_name: str, seen: Iterable[Look]) -> TableDescription | None:
    last = None
    for look in _shown(table_name, seen):
        last = look.table
    return last


def _shown(table_name: str, seen: Iterable[Look]) -> Iterator[Look]:
    if not is_terminal(sys.stderr):
        return _lines(table_name, seen)
    from tableadmin.cli.terminal import alive  # noqa: PLC0415 - rich

    return alive(table_name, seen)


def _lines(table_name: str, seen: Iterable[Look]) -> Iterator[Look]:
    said: tuple[str, ...] = ()
    for look in seen:
        if look.pending and look.pending != said:
            click.echo(printable(f"{span(look.elapsed)}: {table_name}: {'; '.join(look.pending)}"), err=True)
        said = look.pending
        yield look
