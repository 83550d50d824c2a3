"""Read the states of all tables with one stream."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tableadmin.cli.app.session import Session
from tableadmin.cli.app.stalls import until_stalled
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import TableState, WatchEvent


def inventory(session: Session, parts: Iterable[str], prefix: str | None = None) -> list[TableState]:
    """Return the state of each table whose name begins with PREFIX.

    A state has the description and PARTS, which are names in the contract. If standard error is a terminal,
    it shows a progress bar.
    """
    tables: dict[str, TableState] = {}
    for response in _shown(session.client, _snapshots(session.client, parts, prefix)):
        event = response.table
        tables.pop(event.table_name, None)
        if event.HasField("state"):
            tables[event.table_name] = event.state
    return list(tables.values())


def _snapshots(client: Client, parts: Iterable[str], prefix: str | None) -> Iterator[WatchEvent]:
    from tableadmin.v1 import TablePart  # noqa: PLC0415 - protobuf

    numbers = [TablePart.Value(f"TABLE_PART_{part}") for part in parts]
    stream = client.watch(prefix=prefix, all_tables=not prefix, snapshot_only=True, parts=numbers)
    for response in until_stalled(client, stream):
        if response.HasField("table"):
            yield response


def _shown(client: Client, responses: Iterable[WatchEvent]) -> Iterable[WatchEvent]:
    if not is_terminal(sys.stderr):
        return responses
    from tableadmin.cli.output.terminal import with_progress  # noqa: PLC0415 - rich

    return with_progress(responses, sum(1 for _ in client.list_tables.items()), "tables")
