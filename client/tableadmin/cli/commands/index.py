"""`tablectl index`: create, update, delete and list the indexes of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import of_several
from tableadmin.cli.requests import member_options, merging, option_members
from tableadmin.cli.requests.merging import both_sides
from tableadmin.cli.requests.pagination import limit_items
from tableadmin.cli.views.table_description import indexes
from tableadmin.cli.views.wait_progress import finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict
    from tableadmin.client import Client
    from tableadmin.v1 import ProvisionedThroughputDescription, UpdateTableResponse

_LISTS = {
    f"table.{kind}": "index_name"
    for kind in ("global_secondary_indexes", "local_secondary_indexes", "vector_indexes")
}


@click.group(cls=Group)
def index() -> None:
    """Create, update, delete and list the indexes of a table."""


@index.command(example="tablectl index create Music GenreIdx --hash-key Genre:S --read 5 --write 5 --wait")
@options.table_name
@click.argument("index_name", metavar="INDEX")
@member_options.hash_key
@member_options.range_key
@member_options.member_option(
    "--projection",
    metavar="ALL|KEYS_ONLY|INCLUDE:a+b",
    default="ALL",
    show_default=True,
    make=option_members.projection,
    help="Attributes that the index contains.",
)
@member_options.throughput
@options.wait_options
@pass_session
def create(
    session: Session, /, name: str, index_name: str, *, wait_timeout: float | None, **settings: AwsDict
) -> None:
    """Create a global secondary index. For an on-demand table, omit --read and --write."""
    attributes, action = merging.split_attributes(member_options.merge_fragments(*settings.values()))
    if "KeySchema" not in action:
        raise click.UsageError("Missing option '--hash-key'.")
    response = _change(session, name, {"Create": {"IndexName": index_name, **action}}, attributes)
    finish(session, response, wait_timeout, f"index-active={index_name}")


@index.command(example="tablectl index update Music GenreIdx --read 10 --write 10 --wait")
@options.table_name
@options.index_name
@member_options.throughput
@options.wait_options
@pass_session
def update(
    session: Session, /, name: str, index_name: str, *, wait_timeout: float | None, **settings: AwsDict
) -> None:
    """Change the capacity of a global secondary index."""
    action = member_options.merge_fragments(*settings.values())
    if not action:
        raise click.UsageError("No changes given.")
    action = both_sides(action, lambda: _live_capacity(session.client, name, index_name))
    finish(session, _change(session, name, {"Update": {"IndexName": index_name, **action}}), wait_timeout)


@index.command(example="tablectl index delete Music GenreIdx --yes --wait")
@options.table_name
@options.index_names
@options.yes
@options.wait_options
@pass_session
def delete(
    session: Session, name: str, index_names: Sequence[str], *, yes: bool, wait_timeout: float | None
) -> None:
    """Delete global secondary indexes. The items of the table remain.

    AWS deletes one index of a table at a time. To delete several indexes, use --wait.
    """
    if len(index_names) > 1 and wait_timeout is None:
        raise click.UsageError("To delete several indexes, use --wait: AWS deletes one index at a time.")
    for index_name in index_names:
        _delete(session, name, index_name, yes=yes, wait_timeout=wait_timeout)


@index.command("list", example="tablectl index list Music")
@options.table_names
@options.page_options
@pass_session
def list_indexes(session: Session, names: Sequence[str], max_items: int | None, prefix: str | None) -> None:
    """List the indexes of tables, including local and vector indexes.

    JSON and YAML show the responses of DescribeTable.
    """
    found = [
        limit_items(session.client.describe_table(table_name=name), _LISTS, max_items, prefix)
        for name in names
    ]
    session.show_together(
        found, lambda: [of_several("Table", {each.table.table_name: indexes(each.table) for each in found})]
    )


def _delete(session: Session, name: str, index_name: str, *, yes: bool, wait_timeout: float | None) -> None:
    update: AwsDict = {"Delete": {"IndexName": index_name}}
    request: AwsDict = {"TableName": name, "GlobalSecondaryIndexUpdates": [update]}
    warning = f"Deleting index {index_name} of table {name} breaks what reads it"
    response = session.change(session.rpcs.update_table, request, yes=yes, warning=warning, name=index_name)
    finish(session, response, wait_timeout, f"index-deleted={index_name}")


def _change(
    session: Session, name: str, update: AwsDict, attributes: AwsDict | None = None
) -> UpdateTableResponse:
    request = {"TableName": name, **(attributes or {}), "GlobalSecondaryIndexUpdates": [update]}
    return session.send(session.rpcs.update_table, request)


def _live_capacity(client: Client, name: str, index_name: str) -> ProvisionedThroughputDescription | None:
    """Return the capacity of an index, None if it does not exist. The service then returns the error."""
    found = client.describe_table(table_name=name).table.global_secondary_indexes
    return next((each.provisioned_throughput for each in found if each.index_name == index_name), None)
