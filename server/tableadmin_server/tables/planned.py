"""Reads what plans look at: a table with the parts that a spec can name, and what moves them by itself."""

from collections.abc import Collection

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.reading import background_reader
from tableadmin_server.tables.snapshot import Snapshot

# A part of each index costs a call an index: it is read for specs that name it.
_ALWAYS = frozenset(part for part, row in ROWS.items() if not row.each)


async def observed(endpoint: Endpoint, name: str, members: Collection[str]) -> Snapshot:
    """The table NAME as it is now, for a spec with MEMBERS; raises Failure.

    Of a table that is not there only this is known: which parts that MEMBERS name the endpoint lacks.
    """
    needed = _needed(members)
    return _readable(await background_reader(endpoint).snapshot(name, _ALWAYS | needed, needed))


async def observed_again(
    endpoint: Endpoint, before: Snapshot, parts: Collection[Part], members: Collection[str]
) -> Snapshot:
    """The table of BEFORE as it is now, PARTS included; of another table everything. Raises Failure.

    The parts that are not read again are as they were in BEFORE.
    """
    again = await background_reader(endpoint).again(before, parts)
    return await observed(endpoint, before.name, members) if again is None else _readable(again)


def _needed(members: Collection[str]) -> frozenset[Part]:
    return frozenset(part for part in ROWS if part in members)


def _readable(snapshot: Snapshot) -> Snapshot:
    for failure in snapshot.unreadable.values():
        raise failure
    return snapshot
