"""`tablectl stream`: enable and disable the DynamoDB stream of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Lines
from tableadmin.cli.requests import member_options, option_members
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views.message_rows import Columns, fields
from tableadmin.cli.views.wait_progress import finish, wait

if TYPE_CHECKING:
    from tableadmin.v1 import TableDescription, UpdateTableResponse

_COLUMNS: Columns = (
    ("Stream", "stream_specification.stream_view_type"),
    ("Label", "latest_stream_label"),
    ("ARN", "latest_stream_arn"),
)


@click.group(cls=Group)
def stream() -> None:
    """Enable and disable the DynamoDB stream of a table.

    To change the view type, disable the stream and enable it again. Each time, the stream gets a new
    ARN. Configure the consumers of the stream with the new ARN.
    """


@stream.command(example="tablectl stream enable Music NEW_AND_OLD_IMAGES --wait")
@options.table_name
@click.argument("view", type=click.Choice(member_options.STREAM_VIEWS))
@options.wait_options
@pass_session
def enable(session: Session, name: str, view: str, wait_timeout: float | None) -> None:
    """Enable the stream. VIEW selects what the stream records of a changed item."""
    response = _update(session, name, view)
    if wait_timeout is not None:
        seen = wait(
            session, name, wait_timeout, condition("stream-enabled", name), condition("settled", name)
        )
        response.table_description.CopyFrom(seen.table.table)
    session.show(response, lambda each: _view(each.table_description))


@stream.command(example="tablectl stream disable Music --yes --wait")
@options.table_name
@options.yes
@options.wait_options
@pass_session
def disable(session: Session, name: str, *, yes: bool, wait_timeout: float | None) -> None:
    """Disable the stream. Its records remain readable for 24 hours."""
    request = {"TableName": name, **option_members.stream("off")}
    warning = f"Disabling the stream of table {name} breaks what reads it"
    response = session.change(session.rpcs.update_table, request, yes=yes, warning=warning)
    finish(session, response, wait_timeout)


@stream.command(example="tablectl stream show Music")
@options.table_names
@pass_session
def show(session: Session, names: Sequence[str]) -> None:
    """Show the streams of tables. JSON and YAML show the response of DescribeTable."""
    responses = [session.client.describe_table(table_name=name) for name in names]
    session.show_each(responses, lambda each: _view(each.table))


def _update(session: Session, name: str, view: str) -> UpdateTableResponse:
    return session.send(session.rpcs.update_table, {"TableName": name, **option_members.stream(view)})


def _view(table: TableDescription) -> list[Block]:
    if not table.stream_specification.stream_enabled:
        return [Lines([], f"{table.table_name} has no stream")]
    return [fields(_COLUMNS, table)]
