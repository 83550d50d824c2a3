"""`tablectl table`: create, describe, list, update and delete tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.exit_codes import SERVICE_ERROR, error_line
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Lines, Rows
from tableadmin.cli.requests import member_options, merging, option_members
from tableadmin.cli.requests.merging import both_sides
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.requests.table_states import inventory
from tableadmin.cli.views.table_description import description
from tableadmin.cli.views.unreadable_parts import unreadable_lines
from tableadmin.cli.views.wait_progress import finish, finish_deletion
from tableadmin.cli.views.wide_columns import COLUMNS, PARTS, Filter, cells, parse_filter, select_tables

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import ListTablesResponse, TableState

_CREATE = """Create a table.

Indexes have these forms:

\b
--gsi name=One,hash=Genre:S,range=Y:N
--gsi name=Two,hash=A:S,read=5,write=5
--lsi name=Three,range=Year:N

A local secondary index has name, range and projection. A projection is ALL (default), KEYS_ONLY or
INCLUDE:attribute+attribute. A key of several attributes has the form hash=Genre:S+Label:S.
"""


def _filters(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> list[Filter]:
    try:
        return [parse_filter(value) for value in values]
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@click.group(cls=Group)
def table() -> None:
    """Create, describe, list, update and delete tables."""


@table.command(
    help=_CREATE, example="tablectl table create Music --hash-key Artist:S --read 5 --write 5 --wait"
)
@options.optional_table_name
@member_options.hash_key
@member_options.range_key
@member_options.billing
@member_options.throughput
@member_options.member_option(
    "--gsi",
    metavar="INDEX",
    make=option_members.global_index,
    multiple=True,
    help="Global secondary index. Can be repeated.",
)
@member_options.member_option(
    "--lsi",
    metavar="INDEX",
    make=option_members.local_index,
    multiple=True,
    help="Local secondary index. Can be repeated.",
)
@member_options.member_option(
    "--tag", metavar="KEY=VALUE", make=option_members.tag, multiple=True, help="Tag. Can be repeated."
)
@member_options.member_option(
    "--stream",
    type=click.Choice(member_options.STREAM_VIEWS),
    make=option_members.stream,
    help="Enable the stream with this view type.",
)
@member_options.protection_and_class
@member_options.cli_input_json
@options.wait_options
@pass_session
def create(
    session: Session, /, name: str | None, base: AwsDict, *, wait_timeout: float | None, **settings: AwsDict
) -> None:
    """Create a table."""
    request = _request(name, base, settings)
    if settings["lsi"]:
        request = merging.with_table_hash(request)
    if not base and "BillingMode" not in request and "ProvisionedThroughput" not in request:
        raise click.UsageError("Give --read and --write, or --on-demand.")
    response = session.send(session.rpcs.create_table, request)
    finish(session, response, wait_timeout)


@table.command(example="tablectl table describe Music -o json")
@options.table_names
@pass_session
def describe(session: Session, names: Sequence[str]) -> None:
    """Show the settings and status of tables. With -o json, several tables are a list of responses."""
    responses = [session.client.describe_table(table_name=name) for name in names]
    session.show_each(responses, lambda response: description(response.table))


@table.command("list", example="tablectl table list --wide --filter status=UPDATING --sort size")
@options.page_options
@click.option(
    "--wide",
    "-w",
    is_flag=True,
    help=f"Show the columns {', '.join(COLUMNS)}.",
)
@click.option(
    "--sort",
    type=click.Choice([*COLUMNS]),
    help="Sort by a column of --wide: text from A to Z, numbers from largest to smallest.",
)
@click.option(
    "--filter",
    "filters",
    metavar="COLUMN=VALUE",
    multiple=True,
    callback=_filters,
    help="Show only tables with this value in a column of --wide. * matches any text. Can be repeated.",
)
@pass_session
def list_tables(
    session: Session,
    max_items: int | None,
    prefix: str | None,
    *,
    wide: bool,
    sort: str | None,
    filters: list[Filter],
) -> None:
    """List the names of all tables, one per line. --wide, --sort and --filter read the state of each table.

    -o wide has the same effect as --wide.

    If the service is not permitted to read a table, standard error says so and the exit code is 1.
    """
    wide = wide or session.output == "wide"
    if not (wide or sort or filters):
        _show_names(session, list_all(session, session.rpcs.list_tables, {}, max_items, prefix))
        return
    tables = inventory(session, PARTS, prefix)
    states = select_tables(tables, filters, sort or "table")[:max_items]
    if wide:
        session.show_all("Tables", states, lambda each: [_overview(each)])
    else:
        _show_names(session, _named(states))
    # An unreadable table matches only filters of its name.
    _report_unreadable(select_tables(tables, [each for each in filters if each[0] == "table"], "table"))


@table.command(example="tablectl table update Music --read 10 --write 10 --wait")
@options.optional_table_name
@member_options.billing
@member_options.throughput
@member_options.member_option(
    "--gsi",
    metavar="INDEX",
    make=option_members.index_capacity,
    multiple=True,
    help="Capacity of an index: 'name=GenreIdx,read=5,write=5'. Can be repeated.",
)
@member_options.member_option(
    "--stream",
    type=click.Choice([*member_options.STREAM_VIEWS, "off"]),
    make=option_members.stream,
    help="Enable the stream with this view type, or disable it.",
)
@member_options.protection_and_class
@member_options.cli_input_json
@options.yes
@options.wait_options
@pass_session
def update(
    session: Session,
    /,
    name: str | None,
    base: AwsDict,
    *,
    yes: bool,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Update a table. DynamoDB accepts most changes only one at a time."""
    request = _request(name, base, settings)
    if len(request) == 1:
        raise click.UsageError("No changes given.")
    if settings["read"] or settings["write"]:
        described = partial(session.client.describe_table, table_name=str(request["TableName"]))
        request = both_sides(request, lambda: described().table.provisioned_throughput)
    response = session.change(session.rpcs.update_table, request, yes=yes)
    finish(session, response, wait_timeout)


@table.command(example="tablectl table delete Music --yes --wait")
@options.table_names
@options.yes
@options.wait_options
@pass_session
def delete(session: Session, names: Sequence[str], *, yes: bool, wait_timeout: float | None) -> None:
    """Delete tables and all their items. Several tables are deleted one after the other."""
    for name in names:
        warning = f"This deletes table {name} and all its items"
        response = session.change(session.rpcs.delete_table, {"TableName": name}, yes=yes, warning=warning)
        finish_deletion(session, response, wait_timeout)


def _request(name: str | None, base: AwsDict, settings: dict[str, AwsDict]) -> AwsDict:
    """Return the request of the file, overridden by the options."""
    named: AwsDict = {"TableName": name} if name else {}
    request = merging.override(base, member_options.merge_fragments(named, *settings.values()))
    if not request.get("TableName"):
        raise click.UsageError("Missing argument 'TABLE'.")
    return request


def _overview(states: Sequence[TableState]) -> Rows:
    return Rows([*COLUMNS], [cells(state, COLUMNS) for state in states], "no tables")


def _show_names(session: Session, response: ListTablesResponse) -> None:
    session.show(response, lambda each: [Lines(each.table_names, "no tables")])


def _report_unreadable(states: Sequence[TableState]) -> None:
    """If parts of tables could not be read, print them to standard error and exit with code 1."""
    lines = [*unreadable_lines(states)]
    for each in lines:
        click.echo(error_line(each), err=True)
    if lines:
        raise click.exceptions.Exit(SERVICE_ERROR)


def _named(states: Sequence[TableState]) -> ListTablesResponse:
    from tableadmin.v1 import ListTablesResponse  # noqa: PLC0415 - protobuf

    return ListTablesResponse(table_names=[state.table.table_name for state in states])
