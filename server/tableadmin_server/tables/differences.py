"""The differences between two snapshots of a table. No I/O."""

import json
from collections.abc import Mapping

from tableadmin.awsshape import AwsValue
from tableadmin.v1 import TableAspect, TableChange
from tableadmin_server.tables.facets import Aspect
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.snapshot import Snapshot

# The parts of each aspect, for aspects that are not of the description.
_PARTS_OF: Mapping[Aspect, frozenset[Part]] = {
    row.aspect: frozenset(part for part, other in ROWS.items() if other.aspect == row.aspect)
    for row in ROWS.values()
}


def differences(before: Snapshot, after: Snapshot, *, sizes: bool) -> list[TableChange]:
    """Return the changes from BEFORE to AFTER. Item counts and sizes are included if SIZES is true.

    A part that is unreadable in BEFORE or AFTER is left out, because its changes are unknown.
    """
    if before.facets is after.facets:
        return []
    return [
        TableChange(
            aspect=aspect,
            subject=subject,
            before=_json(before.facets.get((aspect, subject))),
            after=_json(after.facets.get((aspect, subject))),
        )
        for aspect, subject in dict.fromkeys((*before.facets, *after.facets))
        if (sizes or aspect != TableAspect.TABLE_ASPECT_SIZE)
        and before.facets.get((aspect, subject)) != after.facets.get((aspect, subject))
        and not (_hides(before, aspect) or _hides(after, aspect))
    ]


def _hides(snapshot: Snapshot, aspect: Aspect) -> bool:
    """Whether ASPECT is unknown, because its part is unreadable."""
    if not snapshot.unreadable or aspect == TableAspect.TABLE_ASPECT_UNREADABLE_PART:
        return False
    return not snapshot.unreadable.keys().isdisjoint({Part.DESCRIPTION, *_PARTS_OF.get(aspect, ())})


def _json(value: Mapping[str, AwsValue] | None) -> str:
    return "" if value is None else json.dumps(value, default=str, separators=(",", ":"))
