"""`tablectl kinesis`: send a table's changes to Kinesis data streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import of_several
from tableadmin.cli.requests import arns, member_options, option_members
from tableadmin.cli.requests.pagination import limit_items
from tableadmin.cli.views.message_rows import Columns, fields, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.output.blocks import Rows
    from tableadmin.v1 import DescribeKinesisStreamingDestinationResponse

_PRECISIONS = ("MILLISECOND", "MICROSECOND")

_COLUMNS: Columns = (
    ("Stream", "stream_arn"),
    ("Status", "destination_status"),
    ("Precision", "approximate_creation_date_time_precision"),
    ("Why", "destination_status_description"),
)
_CHANGED: Columns = (("Table", "table_name"), *_COLUMNS[:2])

_LISTS = {"kinesis_data_stream_destinations": "stream_arn"}

_stream = click.argument("stream_arn", metavar="STREAM-ARN")
_precision = option_members.member("ApproximateCreationDateTimePrecision")


@click.group(cls=Group)
def kinesis() -> None:
    """Manage the Kinesis data streams that receive the changes of a table."""


@kinesis.command(example="tablectl kinesis enable Music arn:aws:kinesis:eu-west-1:123456789012:stream/music")
@options.table_name
@_stream
@member_options.member_option(
    "--precision",
    type=click.Choice(_PRECISIONS),
    make=lambda text: option_members.within("EnableKinesisStreamingConfiguration", _precision(text)),
    help="Precision of the timestamp of each change. Default: MILLISECOND.",
)
@pass_session
def enable(session: Session, name: str, stream_arn: str, precision: AwsDict) -> None:
    """Start sending the changes of a table to a stream."""
    response = session.send(
        session.rpcs.enable_kinesis_streaming_destination, _request(name, stream_arn, precision)
    )
    session.show(response, lambda each: [fields(_CHANGED, each)])


@kinesis.command(
    example="tablectl kinesis update Music arn:aws:kinesis:eu-west-1:123456789012:stream/music "
    "--precision MICROSECOND"
)
@options.table_name
@_stream
@member_options.member_option(
    "--precision",
    type=click.Choice(_PRECISIONS),
    required=True,
    make=lambda text: option_members.within("UpdateKinesisStreamingConfiguration", _precision(text)),
    help="Precision of the timestamp of each change.",
)
@pass_session
def update(session: Session, name: str, stream_arn: str, precision: AwsDict) -> None:
    """Change the timestamp precision of a stream."""
    response = session.send(
        session.rpcs.update_kinesis_streaming_destination, _request(name, stream_arn, precision)
    )
    session.show(response, lambda each: [fields(_CHANGED, each)])


@kinesis.command(
    example="tablectl kinesis disable Music arn:aws:kinesis:eu-west-1:123456789012:stream/music --yes"
)
@options.table_name
@_stream
@options.yes
@pass_session
def disable(session: Session, name: str, stream_arn: str, *, yes: bool) -> None:
    """Stop sending the changes of a table to a stream."""
    request: AwsDict = {"TableName": name, "StreamArn": stream_arn}
    stream = arns.last_part(stream_arn)
    warning = f"Stream {stream} will never get what changes in table {name} from now on"
    response = session.change(
        session.rpcs.disable_kinesis_streaming_destination, request, yes=yes, warning=warning, name=stream
    )
    session.show(response, lambda each: [fields(_CHANGED, each)])


@kinesis.command("list", example="tablectl kinesis list Music")
@options.table_names
@options.page_options
@pass_session
def list_destinations(
    session: Session, names: Sequence[str], max_items: int | None, prefix: str | None
) -> None:
    """List the current and former destination streams of tables. --prefix is for names of streams."""
    rpc = session.client.describe_kinesis_streaming_destination
    found = {name: limit_items(rpc(table_name=name), _LISTS, max_items, prefix) for name in names}
    session.show_together(
        [*found.values()],
        lambda: [of_several("Table", {name: _rows(name, each) for name, each in found.items()})],
    )


def _rows(name: str, response: DescribeKinesisStreamingDestinationResponse) -> Rows:
    none = f"{name} sends its changes to no Kinesis data stream"
    return rows(_COLUMNS, response.kinesis_data_stream_destinations, none)


def _request(name: str, stream_arn: str, configuration: AwsDict) -> AwsDict:
    return {"TableName": name, "StreamArn": stream_arn, **configuration}
