"""`tablectl whoami` and `tablectl can`: the caller's identity and permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app.exit_codes import NEEDS_APPROVAL, SERVICE_ERROR
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Fields, Lines, Rows
from tableadmin.cli.views.access_text import answer

if TYPE_CHECKING:
    from tableadmin.v1 import WhoAmIResponse


@click.command(cls=Command, example="tablectl whoami")
@pass_session
def whoami(session: Session) -> None:
    """Show your principal, and the actions that policies can permit you."""
    session.show(session.client.who_am_i(), _identity)


@click.command(cls=Command, example="tablectl can DeleteTable Music --endpoint production")
@click.argument("action")
@click.argument("table", required=False)
@click.pass_context
@pass_session
def can(session: Session, ctx: click.Context, action: str, table: str | None) -> None:
    """Show whether policies permit you to do ACTION on TABLE or on the endpoint.

    ACTION is an RPC such as CreateTable, or a part of an RPC that has a permission of its own, such as
    DeleteIndex. The exit code is 0 if the action is permitted, 3 if the action needs approval, and 1 if
    policies deny the action. The decision for a real request can differ, because policies can depend on
    other parameters of the request.
    """
    response = session.client.check_access(action, table)
    session.show(response, lambda each: [Lines(answer(each))])
    if response.required_approvals:
        ctx.exit(NEEDS_APPROVAL)
    if not response.permitted:
        ctx.exit(SERVICE_ERROR)


def _identity(response: WhoAmIResponse) -> list[Block]:
    fields = [
        ("Principal", response.principal),
        ("Groups", ", ".join(response.groups) or "-"),
        ("Proved by", response.proof),
    ]
    if not response.has_policies:
        return [Fields([*fields, ("Permitted", "everything: the service has no policies")])]
    rows = [(each.endpoint or "(the service)", ", ".join(each.actions)) for each in response.endpoints]
    return [Fields(fields), Rows(("Endpoint", "Actions that may be permitted"), rows, "nothing is permitted")]
