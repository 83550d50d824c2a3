"""The periods of a window, and the sums that are of a table."""

from datetime import UTC, datetime, timedelta

import pytest

from tableadmin_server.consumption.window import window

NOW = datetime(2026, 11, 27, 10, 44, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "minutes"),
    [
        (timedelta(hours=1), 1),
        (timedelta(hours=3), 1),
        (timedelta(hours=4), 5),
        (timedelta(days=1), 15),
        (timedelta(days=7), 60),
        (timedelta(days=14), 120),
        (timedelta(days=90), 720),
    ],
)
def test_periods(length: timedelta, minutes: int) -> None:
    """A window has at most 202 periods, and begins and ends with one: 500 metrics are at most a few pages."""
    found = window(NOW, length)
    assert 60 * minutes == found.period
    assert (found.end - found.start).total_seconds() / found.period <= 202
    assert (0, 0) == (found.start.timestamp() % found.period, found.end.timestamp() % found.period)
    assert timedelta(minutes=5) <= NOW - found.end < timedelta(minutes=5 + minutes)


def test_sums_of_a_table() -> None:
    """Periods that ended before the table was created are not counted, and neither is one after the end."""
    found = window(NOW, timedelta(hours=3))
    points = [(NOW - timedelta(minutes=each), float(each)) for each in (120, 60, 30, 1)]
    assert [120, 60, 30] == found.counted(points, None)
    assert [60, 30] == found.counted(points, NOW - timedelta(minutes=60))
    assert [30] == found.counted(points, NOW - timedelta(minutes=45))
    assert 2400.0 - 10 == found.seconds(NOW - timedelta(minutes=45))
