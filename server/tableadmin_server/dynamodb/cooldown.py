"""Cooldowns: after some changes AWS refuses the next change of the same kind for a while.

No description of a table shows a cooldown.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Cooldown(StrEnum):
    """A kind of change that has a cooldown. The value names the kind in messages."""

    TIME_TO_LIVE = "time to live"
    DELETION_PROTECTION = "deletion protection"
    RESOURCE_POLICY = "resource policy"
    TAGS = "tags"
    CREATION = "new table"


# The duration of each cooldown. TIME_TO_LIVE: about 30 minutes in practice; AWS documents up to an hour.
# CREATION: AWS refuses point-in-time recovery for about 3 s after a table has become ACTIVE.
COOLDOWNS: Mapping[Cooldown, timedelta] = {
    Cooldown.TIME_TO_LIVE: timedelta(minutes=31),
    Cooldown.DELETION_PROTECTION: timedelta(seconds=16),
    Cooldown.RESOURCE_POLICY: timedelta(seconds=16),
    Cooldown.TAGS: timedelta(seconds=3),
    Cooldown.CREATION: timedelta(seconds=4),
}
