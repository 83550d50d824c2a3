"""`tablectl history`: what happened to a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.commands.audit import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Audit records that are read.
_LAST = 1000

_HELP = """Show what happened to a table: operations and other changes through the service, oldest first.

The service stores operations for 30 days after their end. tablectl reads other changes from the audit file
of the server that handles the call. If this server writes no audit file, or the caller is not permitted to
read the file, only operations are shown. Changes that were not made through the service are not shown: see
tablectl drift.
"""


@click.command(cls=Command, help=_HELP, example="tablectl history Music")
@options.table_name
@pass_session
def history(session: Session, name: str) -> None:
    """Show what happened to a table."""
    from tableadmin.cli.views import history as view  # noqa: PLC0415 - protobuf
    from tableadmin.errors import FailedPrecondition, PermissionDenied  # noqa: PLC0415 - grpc

    endpoint = session.settings["endpoint"].text
    recorded: Sequence[Mapping[str, Any]] = ()
    none = f"no operations of {name}"
    try:
        recorded = list(records(session, name=name, at_endpoint=endpoint, last=_LAST))
        none = f"no operations and no other changes of {name}"
    except (FailedPrecondition, PermissionDenied) as error:
        click.echo(f"note: only operations are shown: {error}", err=True)
    found = view.events(session.client.list_operations(table_name=name), recorded)
    if session.in_blocks:
        session.show_blocks([view.rows(found, none)])
    else:
        session.show_document(view.document(found))
