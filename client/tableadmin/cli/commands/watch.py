"""`tablectl watch`: show tables and their changes."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.stalls import until_stalled
from tableadmin.cli.requests.contract_words import TABLE_PARTS
from tableadmin.cli.views.watch_events import as_json
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from tableadmin.streams.stream import Stream
    from tableadmin.v1 import WatchEvent

PARTS = tuple(name.lower().replace("_", "-") for name in TABLE_PARTS)

_HELP = """Watch tables and show their changes until Ctrl-C.

On a terminal, tablectl shows one row for each table and updates the rows. In a pipe or with -o json, each
event is one line of JSON. With -o yaml, each event is a YAML document. The first event of each table is a
SNAPSHOT. The following events are CREATED, CHANGED and DELETED. CHECKPOINT means that all snapshots were
sent. GAP means that the service was not reachable for some time.

The service reads a table every 0.25 seconds while the table is changing, and immediately after a change
that is made through the service. If nothing changes, the service reads less often, but at least every 15
seconds. All watchers share the reads.

If the service has no permission to read a table, the event for the table gives the reason. If the
service has no permission to read a TABLE argument when the watch starts, tablectl exits with an error.

If the connection is lost, tablectl reconnects and shows what has changed in the meantime. If the
first table does not arrive within --timeout, tablectl exits with an error that gives the reason.
"""


@click.command(cls=Command, help=_HELP, example="tablectl watch Music Sessions")
@click.argument("names", metavar="[TABLE]...", nargs=-1, shell_complete=shell_completion.tables)
@click.option(
    "--prefix",
    metavar="TEXT",
    help="Watch all tables whose names start with TEXT, including tables that are created later.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Watch all tables, including tables that are created later."
)
@click.option(
    "--part",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    metavar="PART",
    help="Watch this part of the tables. Can be repeated. Without --part: description, time-to-live, "
    f"continuous-backups and tags. PART is {', '.join(PARTS[:-1])} or {PARTS[-1]}.",
)
@pass_session
def watch(
    session: Session,
    names: tuple[str, ...],
    prefix: str | None,
    parts: tuple[str, ...],
    *,
    everything: bool,
) -> None:
    """Watch tables and show their changes."""
    if [bool(names), prefix is not None, everything].count(True) != 1:
        raise click.UsageError("Give table names, --prefix or --all.")
    from tableadmin.v1 import TablePart  # noqa: PLC0415 - protobuf

    numbers = [TablePart.Value(f"TABLE_PART_{part.upper().replace('-', '_')}") for part in parts]
    scope = session.client.watch(table_names=names, prefix=prefix, all_tables=everything, parts=numbers)
    with scope as events:
        if session.in_blocks and session.output != "name" and is_terminal(sys.stdout):
            from tableadmin.cli.views.watch_board import follow  # noqa: PLC0415 - rich

            follow(until_stalled(session.client, events, first_only=True), names)
        else:
            _print(events, session)


def _print(events: Stream[WatchEvent], session: Session) -> None:
    with _stop_when_unread(events):
        for event in until_stalled(session.client, events, first_only=True):
            session.show_item(as_json(event))


@contextmanager
def _stop_when_unread(events: Stream[WatchEvent]) -> Iterator[None]:
    """Close EVENTS when standard output has no reader any more, even if there is no output.

    The `with` block then raises BrokenPipeError.
    """
    closed = Event()

    def wait_until_closed() -> None:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # poll always reports errors and a closed reader
        poll.poll()
        closed.set()
        events.close()

    if hasattr(select, "poll"):  # not on Windows
        Thread(target=wait_until_closed, daemon=True).start()
    yield
    if closed.is_set():
        raise BrokenPipeError
