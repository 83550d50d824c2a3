"""`GetConsumedCapacity`: its request, checked, and its response."""

from collections.abc import Iterator
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from tableadmin.awsshape.times import timestamp
from tableadmin.v1 import (
    ConsumedIndexCapacity,
    ConsumedTableCapacity,
    ConsumedUnits,
    GetConsumedCapacityRequest,
    GetConsumedCapacityResponse,
)
from tableadmin_server.consumption.reading import Consumed, Consumption, Units
from tableadmin_server.consumption.window import DEFAULT, LONGEST, SHORTEST
from tableadmin_server.failure import Failure, invalid_request
from tableadmin_server.services.plan_messages import table_error

_MOST_TABLES = 100


def table_names(request: GetConsumedCapacityRequest) -> list[str]:
    """Return the tables that REQUEST names, each once. Raises Failure (INVALID_ARGUMENT)."""
    names = list(dict.fromkeys(request.table_names))
    if not 1 <= len(names) <= _MOST_TABLES:
        raise invalid_request("table_names", f"must have 1 to {_MOST_TABLES} names")
    if "" in names:
        raise invalid_request("table_names", "must not have an empty name")
    return names


def window_length(request: GetConsumedCapacityRequest) -> timedelta:
    """Return the length of the window of REQUEST. Raises Failure (INVALID_ARGUMENT)."""
    if not request.HasField("window"):
        return DEFAULT
    try:
        length = request.window.ToTimedelta()
    except (ValueError, OverflowError) as error:
        raise invalid_request("window", "is not a duration") from error
    if not SHORTEST <= length <= LONGEST:
        raise invalid_request("window", f"must be from 1 hour to {LONGEST.days} days")
    return length


def response(found: Consumption, region: str) -> GetConsumedCapacityResponse:
    """Return FOUND, which CloudWatch of REGION told, as a message."""
    return GetConsumedCapacityResponse(
        tables=_tables(found),
        start_time=timestamp(found.window.start),
        end_time=timestamp(found.window.end),
        period=Duration(seconds=found.window.period),
        region=region,
    )


def _tables(found: Consumption) -> Iterator[ConsumedTableCapacity]:
    for name, table in found.tables.items():
        if isinstance(table, Failure):
            yield ConsumedTableCapacity(table_name=name, error=table_error(table))
            continue
        yield ConsumedTableCapacity(
            table_name=name,
            reads=_units(table.table.reads),
            writes=_units(table.table.writes),
            indexes=(_index(index, each) for index, each in table.indexes.items()),
            start_time=timestamp(table.start),
        )


def _index(name: str, index: Consumed) -> ConsumedIndexCapacity:
    return ConsumedIndexCapacity(index_name=name, reads=_units(index.reads), writes=_units(index.writes))


def _units(units: Units | None) -> ConsumedUnits | None:
    if units is None:
        return None
    return ConsumedUnits(average_per_second=units.average, peak_per_second=units.peak)
