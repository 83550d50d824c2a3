"""`tablectl import`: create tables from data in Amazon S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests import arns, member_options, merging, option_members, s3_options
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views.message_rows import Columns, fields, rows
from tableadmin.cli.views.wait_progress import wait

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict

_FORMATS = ("DYNAMODB_JSON", "ION", "CSV")

# The members of the request itself. The options' other members belong to the new table.
_OWN = ("S3BucketSource", "InputFormat", "InputFormatOptions", "InputCompressionType", "ClientToken")
_TABLE = "TableCreationParameters"

_DETAILS: Columns = (
    ("Import", "import_arn"),
    ("Status", "import_status"),
    ("Table", "table_creation_parameters.table_name"),
    ("Bucket", "s3_bucket_source.s3_bucket"),
    ("Prefix", "s3_bucket_source.s3_key_prefix"),
    ("Format", "input_format"),
    ("Imported", "imported_item_count"),
    ("Processed", "processed_item_count"),
    ("Read", "processed_size_bytes"),
    ("Errors", "error_count"),
    ("Started", "start_time"),
    ("Ended", "end_time"),
    ("Failure", "failure_code"),
    ("Why", "failure_message"),
    ("Error log", "cloud_watch_log_group_arn"),
)
_SUMMARY: Columns = (
    ("Import", "import_arn"),
    ("Status", "import_status"),
    ("Bucket", "s3_bucket_source.s3_bucket"),
    ("Prefix", "s3_bucket_source.s3_key_prefix"),
    ("Started", "start_time"),
    ("Ended", "end_time"),
)


@click.group("import", cls=Group)
def import_() -> None:
    """Create tables from data in Amazon S3."""


@import_.command(
    example="tablectl import start Music s3://archive/music/ --hash-key Artist:S --on-demand --wait"
)
@click.argument("name", metavar="NEW-TABLE")
@member_options.argument(
    "source",
    metavar="s3://BUCKET[/PREFIX]",
    make=s3_options.inside("S3BucketSource", s3_options.place("S3KeyPrefix")),
)
@member_options.member_option(
    "--format",
    type=click.Choice(_FORMATS),
    make=option_members.member("InputFormat"),
    help="Format of the files. Default: DYNAMODB_JSON.",
)
@s3_options.compression(option_members.member("InputCompressionType"))
@member_options.member_option(
    "--csv-delimiter",
    metavar="CHARACTER",
    make=option_members.member("Delimiter"),
    help="Delimiter of CSV files.",
)
@member_options.member_option(
    "--csv-header",
    metavar="NAME,NAME",
    make=lambda text: {"HeaderList": text.split(",")},
    help="Attribute names of CSV files without a header line.",
)
@s3_options.owner(s3_options.inside("S3BucketSource", option_members.member("S3BucketOwner")))
@member_options.hash_key
@member_options.range_key
@member_options.billing
@member_options.provisioned
@member_options.ceilings
@member_options.global_indexes
@member_options.encryption
@s3_options.client_token
@member_options.cli_input_json
@options.wait_options
@pass_session
def start(
    session: Session,
    /,
    name: str,
    base: AwsDict,
    *,
    csv_delimiter: AwsDict,
    csv_header: AwsDict,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Create a table from data in Amazon S3."""
    csv = option_members.within("Csv", {**csv_delimiter, **csv_header})
    members = member_options.merge_fragments(
        {"TableName": name}, option_members.within("InputFormatOptions", csv), *settings.values()
    )
    response = session.send(session.rpcs.import_table, _request(base, members))
    if wait_timeout is not None:
        completed = condition("import-completed", response.import_table_description.import_arn)
        seen = wait(session, f"import of {name}", wait_timeout, completed)
        response.import_table_description.CopyFrom(getattr(seen, "import"))
    session.show(response, lambda each: [fields(_DETAILS, each.import_table_description)])


@import_.command("list", example="tablectl import list")
@options.some_table_name
@options.page_options
@pass_session
def list_imports(session: Session, name: str | None, max_items: int | None, prefix: str | None) -> None:
    """List the imports of the last 90 days, for one table or all tables."""
    request: AwsDict = {"TableArn": arns.of_table(session.client, name)} if name else {}
    response = list_all(session, session.rpcs.list_imports, request, max_items, prefix)
    session.show(response, lambda each: [rows(_SUMMARY, each.import_summary_list, "no imports")])


@import_.command(example="tablectl import describe IMPORT-ARN")
@click.argument("import_arns", metavar="IMPORT-ARN...", nargs=-1, required=True)
@pass_session
def describe(session: Session, import_arns: Sequence[str]) -> None:
    """Show the status, progress and errors of imports."""
    found = [session.client.describe_import(import_arn=arn) for arn in import_arns]
    session.show_each(found, lambda each: [fields(_DETAILS, each.import_table_description)])


def _request(base: AwsDict, members: AwsDict) -> AwsDict:
    """Return the request of the file with MEMBERS, of which the table's are in TableCreationParameters."""
    own = {name: value for name, value in members.items() if name in _OWN}
    table = {name: value for name, value in members.items() if name not in _OWN}
    planned = cast("AwsDict", base.get(_TABLE) or {})
    request = merging.override({"InputFormat": "DYNAMODB_JSON", **base}, own)
    return {**request, _TABLE: merging.override(planned, table)}
