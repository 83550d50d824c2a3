"""Changes that AWS wants some time apart, although nothing in a table's description says so."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Pace(StrEnum):
    """What has a pace: its value names it in words."""

    TIME_TO_LIVE = "time to live"
    DELETION_PROTECTION = "deletion protection"
    RESOURCE_POLICY = "resource policy"
    TAGS = "tags"
    CREATION = "new table"


# For how long after one change the next is refused. TTL: about 30 minutes in practice, up to an hour by the
# documentation. CREATION: point-in-time recovery is refused for about 3 s once a table is ACTIVE.
PACES: Mapping[Pace, timedelta] = {
    Pace.TIME_TO_LIVE: timedelta(minutes=31),
    Pace.DELETION_PROTECTION: timedelta(seconds=16),
    Pace.RESOURCE_POLICY: timedelta(seconds=16),
    Pace.TAGS: timedelta(seconds=3),
    Pace.CREATION: timedelta(seconds=4),
}
