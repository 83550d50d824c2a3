"""Converts Python's times to the contract's timestamps and durations, and back."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Return MOMENT as a Timestamp. A MOMENT without a time zone is in UTC."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def duration(span: timedelta | None) -> Duration | None:
    """Return SPAN as a Duration."""
    if span is None:
        return None
    found = Duration()
    found.FromTimedelta(span)
    return found


def timestamp_fields(value: str | float | datetime) -> dict[str, int]:
    """Return the fields of the Timestamp of VALUE: a datetime, ISO 8601 text or seconds since 1970.

    A VALUE without a time zone is in UTC.
    """
    since = (value if isinstance(value, datetime) and value.tzinfo else _zoned(value)) - _EPOCH
    return {"seconds": since.days * 86_400 + since.seconds, "nanos": since.microseconds * 1000}


def datetime_of(stamp: Timestamp) -> datetime:
    """Return STAMP as a datetime in UTC. Raises OverflowError outside of the years 1 to 9999."""
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def _zoned(value: str | float | datetime) -> datetime:
    if isinstance(value, int | float):
        return _EPOCH + timedelta(seconds=value)
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time if time.tzinfo else time.replace(tzinfo=UTC)
