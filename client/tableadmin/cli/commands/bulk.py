"""`tablectl bulk`: write items from Amazon S3 to existing tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block
from tableadmin.cli.requests import arns, member_options, merging, option_members, s3_options, shorthand
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.views.message_rows import Columns, fields, rows

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import BulkOperationDescription

_FORMATS = ("DYNAMODB_JSON", "ION")
_TIERS = ("STANDARD", "ACCELERATED")
_INPUT, _OUTPUT = "InputS3Configuration", "OutputS3Configuration"
_REPORTS: Mapping[str, Sequence[str]] = {
    "ERROR": ("ERROR",),
    "CONDITION_CHECK_FAILURE": ("CONDITION_CHECK_FAILURE",),
    "ALL": ("ERROR", "CONDITION_CHECK_FAILURE"),
}
_DEFAULTS: AwsDict = {_INPUT: {"InputFormat": "DYNAMODB_JSON"}, _OUTPUT: {"OutputType": ["ERROR"]}}

_SUMMARY: Columns = (
    ("Operation", "bulk_operation_arn"),
    ("Status", "bulk_operation_status"),
    ("Started", "start_time"),
    ("Ended", "end_time"),
)
_DETAILS: Columns = (
    *_SUMMARY,
    ("Items", "processed_item_count"),
    ("Failed", "failed_item_count"),
    ("Read", "processed_input_bytes"),
    ("Of", "total_input_bytes"),
    ("From bucket", "input_s3_configuration.s3_bucket"),
    ("From prefix", "input_s3_configuration.s3_key_prefix"),
    ("Format", "input_s3_configuration.input_format"),
    ("Report bucket", "output_s3_configuration.s3_bucket"),
    ("Report prefix", "output_s3_configuration.s3_key_prefix"),
    ("Max write", "max_write_request_units"),
    ("Tier", "performance_tier"),
    ("Failure", "failure_code"),
    ("Why", "failure_message"),
)
_TABLE: Columns = (("Table", "table_name"), ("Table id", "table_id"))
_operation = click.argument("arn", metavar="OPERATION-ARN")


@click.group(cls=Group)
def bulk() -> None:
    """Write items from Amazon S3 to existing tables."""


@bulk.command(example="tablectl bulk start Music s3://incoming/music s3://reports/music")
@options.table_name
@member_options.argument(
    "source", metavar="s3://FROM[/PREFIX]", make=s3_options.inside(_INPUT, s3_options.place("S3KeyPrefix"))
)
@member_options.argument(
    "target",
    metavar="s3://REPORTS[/PREFIX]",
    make=s3_options.inside(_OUTPUT, s3_options.place("S3KeyPrefix")),
)
@member_options.member_option(
    "--format",
    type=click.Choice(_FORMATS),
    make=s3_options.inside(_INPUT, option_members.member("InputFormat")),
    help="Format of the files. Default: DYNAMODB_JSON.",
)
@s3_options.compression(s3_options.inside(_INPUT, option_members.member("InputCompressionType")))
@s3_options.owner(s3_options.inside(_INPUT, option_members.member("S3BucketOwner")))
@member_options.member_option(
    "--report",
    type=click.Choice(list(_REPORTS)),
    make=lambda text: {_OUTPUT: {"OutputType": list(_REPORTS[text])}},
    help="Items to report: items with an error, items whose condition check failed, or both. Default: ERROR.",
)
@member_options.member_option(
    "--report-owner",
    metavar="ACCOUNT",
    make=s3_options.inside(_OUTPUT, option_members.member("S3BucketOwner")),
    help="AWS account that owns the report bucket, if it is not yours.",
)
@s3_options.sse(s3_options.inside(_OUTPUT, s3_options.encryption))
@member_options.member_option(
    "--max-write",
    metavar="UNITS",
    make=option_members.member("MaxWriteRequestUnits", shorthand.units),
    help="Maximum write request units per second; at least 1024.",
)
@member_options.member_option(
    "--tier",
    type=click.Choice(_TIERS),
    make=option_members.member("PerformanceTier"),
    help="Performance tier. Default: STANDARD.",
)
@s3_options.client_token
@member_options.cli_input_json
@pass_session
def start(session: Session, /, name: str, base: AwsDict, **settings: AwsDict) -> None:
    """Write items from files in Amazon S3 to a table. Items with the same key are replaced."""
    members = member_options.merge_fragments({"TableName": name}, *settings.values())
    request = merging.override(merging.override(_DEFAULTS, base), members)
    response = session.send(session.rpcs.start_bulk_put_items, request)
    session.show(response, lambda each: _view(each.bulk_operation_description))


@bulk.command("list", example="tablectl bulk list --max-items 10")
@options.page_options
@pass_session
def list_operations(session: Session, max_items: int | None, prefix: str | None) -> None:
    """List bulk operations, newest first."""
    response = list_all(session, session.rpcs.list_bulk_operations, {}, max_items, prefix)
    session.show(
        response, lambda each: [rows(_SUMMARY, each.bulk_operations_summary_list, "no bulk operations")]
    )


@bulk.command(example="tablectl bulk describe OPERATION-ARN")
@click.argument("operation_arns", metavar="OPERATION-ARN...", nargs=-1, required=True)
@pass_session
def describe(session: Session, operation_arns: Sequence[str]) -> None:
    """Show the status, progress and errors of bulk operations."""
    found = [session.client.describe_bulk_operation(bulk_operation_arn=arn) for arn in operation_arns]
    session.show_each(found, lambda each: _view(each.bulk_operation_description))


@bulk.command(example="tablectl bulk cancel OPERATION-ARN --yes")
@_operation
@options.yes
@pass_session
def cancel(session: Session, arn: str, *, yes: bool) -> None:
    """Cancel a bulk operation. Items that were written remain."""
    warning = f"Cancelling bulk operation {arns.last_part(arn)} leaves the table with a part of the items"
    request: AwsDict = {"BulkOperationArn": arn}
    response = session.change(session.rpcs.cancel_bulk_operation, request, yes=yes, warning=warning)
    session.show(response, lambda each: [fields(_SUMMARY[:2], each)])


def _view(operation: BulkOperationDescription) -> list[Block]:
    return [fields(_DETAILS, operation), rows(_TABLE, operation.table_details)]
