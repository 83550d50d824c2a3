"""The time that is read of CloudWatch, and its division into periods. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SHORTEST, LONGEST, DEFAULT = timedelta(hours=1), timedelta(days=90), timedelta(days=7)

# A response of GetMetricData has at most 100,800 data points, of up to 500 metrics.
_MOST_PERIODS = 200
# CloudWatch keeps periods of a minute for 15 days, of 5 minutes for 63 days, and of an hour for longer.
_PERIODS = (60, 300, 900, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600)
# Seconds after which CloudWatch has the data of a minute.
_DELAY = 300


@dataclass(frozen=True)
class Window:
    """The time from START to END, in periods of PERIOD seconds."""

    start: datetime
    end: datetime
    period: int

    def since(self, creation: datetime | None) -> datetime:
        """When the reading of a table begins whose time of CREATION is known or None."""
        return self.start if creation is None else max(self.start, creation)

    def seconds(self, creation: datetime | None) -> float:
        """The seconds in which a table with this time of CREATION existed, at most 0 for a newer table."""
        return (self.end - self.since(creation)).total_seconds()

    def counted(self, points: Sequence[tuple[datetime, float]], creation: datetime | None) -> list[float]:
        """The sums of POINTS that are of the table with this time of CREATION, by period.

        Points of an older table of the same name are left out.
        """
        begin = _floor(self.since(creation), self.period)
        return [units for moment, units in points if begin <= moment < self.end]


def window(now: datetime, length: timedelta) -> Window:
    """The window of LENGTH before NOW, whose ends are ends of periods."""
    seconds = length.total_seconds()
    period = next((each for each in _PERIODS if each * _MOST_PERIODS >= seconds), _PERIODS[-1])
    end = _floor(now - timedelta(seconds=_DELAY), period)
    return Window(_floor(end - length, period), end, period)


def _floor(moment: datetime, period: int) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // period * period, UTC)
