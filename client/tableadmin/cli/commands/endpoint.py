"""`tablectl endpoint`: the DynamoDB endpoints in the service's configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Rows

if TYPE_CHECKING:
    from tableadmin.v1 import ConfiguredEndpoint


@click.group(cls=Group)
def endpoint() -> None:
    """List the endpoints that --endpoint accepts."""


@endpoint.command("list", example="tablectl endpoint list")
@options.page_options
@pass_session
def list_endpoints(session: Session, max_items: int | None, prefix: str | None) -> None:
    """List the endpoints that the service is configured with; * marks the default."""
    found = [each for each in session.client.list_endpoints() if each.name.startswith(prefix or "")]
    session.show_all("Endpoints", found[:max_items], _rows)


def _rows(endpoints: Sequence[ConfiguredEndpoint]) -> list[Block]:
    rows = [
        (
            each.name,
            "*" if each.is_default else "",
            each.region,
            "AWS" if each.is_aws else "another engine",
            "yes" if each.has_operations else "no",
        )
        for each in endpoints
    ]
    return [Rows(("Endpoint", "Default", "Region", "Engine", "Operations"), rows, "no endpoints")]
