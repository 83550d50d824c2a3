"""`tablectl limits` and `tablectl endpoints`: the account's quotas and DynamoDB's addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Rows

if TYPE_CHECKING:
    from tableadmin.v1 import DescribeEndpointsResponse, DescribeLimitsResponse


@click.command(cls=Command, example="tablectl limits -o json")
@pass_session
def limits(session: Session) -> None:
    """Show the capacity quotas of the account and of each table."""
    session.show(session.client.describe_limits(), _limits)


@click.command(cls=Command, example="tablectl endpoints")
@pass_session
def endpoints(session: Session) -> None:
    """Show the addresses of DynamoDB that AWS returns (DescribeEndpoints)."""
    session.show(session.client.describe_endpoints(), _endpoints)


def _limits(response: DescribeLimitsResponse) -> list[Block]:
    rows = [
        ("account", response.account_max_read_capacity_units, response.account_max_write_capacity_units),
        ("table", response.table_max_read_capacity_units, response.table_max_write_capacity_units),
    ]
    shown = [(scope, str(read), str(write)) for scope, read, write in rows]
    return [Rows(("At most for", "Read units", "Write units"), shown)]


def _endpoints(response: DescribeEndpointsResponse) -> list[Block]:
    rows = [(each.address, f"{each.cache_period_in_minutes} min") for each in response.endpoints]
    return [Rows(("Address", "Cache for"), rows, "no endpoints")]
