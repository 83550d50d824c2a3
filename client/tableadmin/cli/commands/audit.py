"""`tablectl audit`: the records of changes through the service and of denied requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.stalls import until_stalled
from tableadmin.cli.views.audit_records import record_line, rows

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict

_STATUSES = ("Success", "Failure", "Intent", "Unknown")

F = TypeVar("F", bound=Callable[..., object])


_FILTERS = (
    click.option(
        "--since",
        type=options.TimeParam(),
        metavar="TIME",
        help="Records of this time or later, such as 2h or 2026-11-26.",
    ),
    click.option(
        "--principal", metavar="NAME", help="Records of this principal, such as ana or User::corp/ana."
    ),
    click.option("--name", metavar="NAME", help="Records about this table, ARN or operation ID."),
    click.option("--operation", metavar="RPC", help="Records of this RPC, such as DeleteTable."),
    click.option("--at", "at_endpoint", metavar="ENDPOINT", help="Records of this endpoint."),
    click.option(
        "--status", type=click.Choice(_STATUSES, case_sensitive=False), help="Records with this status."
    ),
    click.option("--id", "id_", metavar="ID", help="Records with this request ID or operation ID."),
)


def _with_filters(command: F) -> F:
    for each in reversed(_FILTERS):
        command = each(command)
    return command


def _with_last(default: int, text: str) -> Callable[[F], F]:
    """The option --last, whose help is TEXT."""
    number = click.IntRange(1, 10_000)
    return click.option("-n", "--last", type=number, default=default, show_default=True, help=text)


@click.group(cls=Group)
def audit() -> None:
    """Read the audit records of the service."""


@audit.command("search", example="tablectl audit search --since 24h --operation DeleteTable")
@_with_filters
@click.option("--until", type=options.TimeParam(), metavar="TIME", help="Records before this time.")
@_with_last(1000, "Maximum number of records.")
@pass_session
def search(session: Session, /, until: datetime | None, last: int, **filters: Any) -> None:  # noqa: ANN401 - click's
    """Show the newest records that match all options, oldest first."""
    found = list(records(session, until=until, last=last, **filters))
    if session.in_blocks:
        session.show_blocks(rows(found))
    else:
        session.show_document({"Records": found})


@audit.command("tail", example="tablectl audit tail --status Failure")
@_with_filters
@_with_last(10, "Number of records to begin with.")
@pass_session
def tail(session: Session, /, last: int, **filters: Any) -> None:  # noqa: ANN401 - click's
    """Show the newest records, and each new one until Ctrl-C."""
    for record in records(session, last=last, follow=True, **filters):
        if session.in_blocks:
            click.echo(record_line(record))
        else:
            session.show_item(record)


def records(
    session: Session,
    *,
    at_endpoint: str | None = None,
    id_: str | None = None,
    **fields: Any,  # noqa: ANN401 - the fields of the request
) -> Iterator[AwsDict]:
    """Return the records that the options select. Raises TableAdminError."""
    stream = session.client.read_audit_records(endpoint=at_endpoint, id=id_, **fields)
    with stream as responses:
        for response in until_stalled(session.client, responses, first_only=True):
            yield from map(json.loads, response.records)
