"""`tablectl history`: what happened to a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Audit records that are read.
_LAST = 1000

_HELP = """Show what happened to a table: operations and other changes through the service, oldest first.

The service remembers operations for 30 days after their end. Other changes are in the audit records of the
server that answers. If the server writes no audit file, or the caller may not read the file, only operations
are shown. Changes that were not made through the service are not shown: see tablectl drift.
"""


@click.command(cls=Command, help=_HELP, example="tablectl history Music")
@options.table_name
@pass_session
def history(session: Session, name: str) -> None:
    """Show what happened to a table."""
    from tableadmin.cli.views import history as view  # noqa: PLC0415 - protobuf
    from tableadmin.errors import FailedPrecondition, PermissionDenied  # noqa: PLC0415 - grpc

    try:
        records = _records(session, name)
    except (FailedPrecondition, PermissionDenied) as error:
        click.echo(f"note: only operations are shown: {error}", err=True)
        records = []
    found = view.events(session.client.list_operations(table_name=name), records)
    if session.in_blocks:
        session.show_blocks([view.rows(found)])
    else:
        session.show_document(view.document(found))


def _records(session: Session, name: str) -> Sequence[Mapping[str, Any]]:
    """The newest audit records about the table NAME at the endpoint; raises TableAdminError."""
    endpoint = session.settings["endpoint"].text
    with session.client.read_audit_records(name=name, endpoint=endpoint, last=_LAST) as responses:
        return [json.loads(each) for response in responses for each in response.records]
