"""`tablectl export-s3`: export tables to Amazon S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests import arns, member_options, merging, option_members, s3_options, shorthand
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views.message_rows import Columns, fields, rows
from tableadmin.cli.views.wait_progress import wait

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.requests.option_members import Make

_FORMATS = ("DYNAMODB_JSON", "ION")
_VIEWS = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")

_SUMMARY: Columns = (("Export", "export_arn"), ("Status", "export_status"), ("Type", "export_type"))
_DETAILS: Columns = (
    *_SUMMARY,
    ("Table", "table_arn"),
    ("As of", "export_time"),
    ("From", "incremental_export_specification.export_from_time"),
    ("To", "incremental_export_specification.export_to_time"),
    ("Bucket", "s3_bucket"),
    ("Prefix", "s3_prefix"),
    ("Manifest", "export_manifest"),
    ("Format", "export_format"),
    ("Items", "item_count"),
    ("Billed", "billed_size_bytes"),
    ("Started", "start_time"),
    ("Ended", "end_time"),
    ("Failure", "failure_code"),
    ("Why", "failure_message"),
)


def _increment(make: Make) -> Make:
    """Return a converter for an option of incremental exports, from MAKE."""
    return lambda text: {
        "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": make(text),
    }


@click.group(cls=Group)
def export_s3() -> None:
    """Export tables to Amazon S3.

    An export consumes no table capacity. An export requires point-in-time recovery: see 'tablectl pitr'.
    """


@export_s3.command(example="tablectl export-s3 start Music s3://archive/music --wait")
@options.table_or_arn
@member_options.argument("target", metavar="s3://BUCKET[/PREFIX]", make=s3_options.place("S3Prefix"))
@member_options.member_option(
    "--time",
    metavar="TIME",
    make=option_members.member("ExportTime", shorthand.moment),
    help="Export the table as of this time, such as 2026-01-31T12:00:00Z. Default: now.",
)
@member_options.member_option(
    "--from",
    "begin",
    metavar="TIME",
    make=_increment(option_members.member("ExportFromTime", shorthand.moment)),
    help="Export only changes at or after this time.",
)
@member_options.member_option(
    "--to",
    "end",
    metavar="TIME",
    make=_increment(option_members.member("ExportToTime", shorthand.moment)),
    help="Export only changes before this time.",
)
@member_options.member_option(
    "--view",
    type=click.Choice(_VIEWS),
    make=_increment(option_members.member("ExportViewType")),
    help="What to export of each change.",
)
@member_options.member_option(
    "--format",
    type=click.Choice(_FORMATS),
    make=option_members.member("ExportFormat"),
    help="Format of the files. Default: DYNAMODB_JSON.",
)
@s3_options.owner(option_members.member("S3BucketOwner"))
@s3_options.sse(s3_options.encryption)
@s3_options.client_token
@member_options.cli_input_json
@options.wait_options
@pass_session
def start(
    session: Session, /, name: str, base: AwsDict, *, wait_timeout: float | None, **settings: AwsDict
) -> None:
    """Start the export of a table, or of its changes, to Amazon S3."""
    members = member_options.merge_fragments(*settings.values())
    arn = arns.of_table(session.client, name)
    request = merging.override(base, {"TableArn": arn, **members})
    response = session.send(session.rpcs.export_table_to_point_in_time, request)
    if wait_timeout is not None:
        completed = condition("export-completed", response.export_description.export_arn)
        seen = wait(session, f"export of {name}", wait_timeout, completed)
        response.export_description.CopyFrom(seen.export)
    session.show(response, lambda each: [fields(_DETAILS, each.export_description)])


@export_s3.command("list", example="tablectl export-s3 list Music")
@options.some_table_name
@options.page_options
@pass_session
def list_exports(session: Session, name: str | None, max_items: int | None, prefix: str | None) -> None:
    """List the exports of the last 90 days, for one table or all tables."""
    request: AwsDict = {"TableArn": arns.of_table(session.client, name)} if name else {}
    response = list_all(session, session.rpcs.list_exports, request, max_items, prefix)
    session.show(response, lambda each: [rows(_SUMMARY, each.export_summaries, "no exports")])


@export_s3.command(example="tablectl export-s3 describe EXPORT-ARN")
@click.argument("export_arns", metavar="EXPORT-ARN...", nargs=-1, required=True)
@pass_session
def describe(session: Session, export_arns: Sequence[str]) -> None:
    """Show the status, location and errors of exports."""
    found = [session.client.describe_export(export_arn=arn) for arn in export_arns]
    session.show_each(found, lambda each: [fields(_DETAILS, each.export_description)])
