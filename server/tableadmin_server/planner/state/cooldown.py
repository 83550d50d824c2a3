"""Changes after which AWS refuses the next of its kind for a while; no description of a table shows this."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Cooldown(StrEnum):
    """A kind of change that has a cooldown; the value names the kind in messages."""

    TIME_TO_LIVE = "time to live"
    DELETION_PROTECTION = "deletion protection"
    RESOURCE_POLICY = "resource policy"
    TAGS = "tags"
    CREATION = "new table"


# For how long after one change the next is refused. TTL: about 30 minutes in practice, up to an hour by the
# documentation. CREATION: point-in-time recovery is refused for about 3 s once a table is ACTIVE.
COOLDOWNS: Mapping[Cooldown, timedelta] = {
    Cooldown.TIME_TO_LIVE: timedelta(minutes=31),
    Cooldown.DELETION_PROTECTION: timedelta(seconds=16),
    Cooldown.RESOURCE_POLICY: timedelta(seconds=16),
    Cooldown.TAGS: timedelta(seconds=3),
    Cooldown.CREATION: timedelta(seconds=4),
}
