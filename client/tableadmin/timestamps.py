"""Convert datetimes and timedeltas to the contract's timestamps and durations."""

from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


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
