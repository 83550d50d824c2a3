"""`tablectl ttl`: enable and disable time to live (TTL)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Fields, Lines
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import DescribeTimeToLiveResponse, UpdateTimeToLiveResponse


@click.group(cls=Group)
def ttl() -> None:
    """Enable and disable time to live (TTL).

    A change can take up to one hour. DynamoDB accepts no other TTL change during that time.
    """


@ttl.command(example="tablectl ttl enable Sessions expires_at")
@options.table_name
@click.argument("attribute", metavar="ATTRIBUTE")
@options.yes
@pass_session
def enable(session: Session, name: str, attribute: str, *, yes: bool) -> None:
    """Enable TTL: items expire at the time in ATTRIBUTE, in seconds since the Unix epoch."""
    _update(session, name, attribute, enabled=True, yes=yes)


@ttl.command(example="tablectl ttl disable Sessions --yes")
@options.table_names
@options.yes
@pass_session
def disable(session: Session, names: Sequence[str], *, yes: bool) -> None:
    """Disable TTL of tables, whichever attribute it uses."""
    for name in names:
        _disable(session, name, yes=yes)


def _disable(session: Session, name: str, *, yes: bool) -> None:
    described = session.client.describe_time_to_live(table_name=name)
    attribute = described.time_to_live_description.attribute_name
    if not attribute:
        raise CommandFailed(f"{name} has no time to live; nothing to disable")
    _update(session, name, attribute, enabled=False, yes=yes)


@ttl.command(example="tablectl ttl show Sessions")
@options.table_names
@pass_session
def show(session: Session, names: Sequence[str]) -> None:
    """Show the TTL status and attribute of tables."""
    session.show_each([session.client.describe_time_to_live(table_name=name) for name in names], _description)


def _update(session: Session, name: str, attribute: str, *, enabled: bool, yes: bool) -> None:
    specification: AwsDict = {"Enabled": enabled, "AttributeName": attribute}
    request: AwsDict = {"TableName": name, "TimeToLiveSpecification": specification}
    response = session.change(session.rpcs.update_time_to_live, request, yes=yes)
    session.show(response, lambda each: _accepted(name, each))


def _accepted(name: str, response: UpdateTimeToLiveResponse) -> list[Block]:
    specification = response.time_to_live_specification
    state = "enabled" if specification.enabled else "disabled"
    return [Lines([f"time to live of {name} is being {state} ({specification.attribute_name})"])]


def _description(response: DescribeTimeToLiveResponse) -> list[Block]:
    live = response.time_to_live_description
    rows = [("Status", word(live, "time_to_live_status")), ("Attribute", live.attribute_name)]
    return [Fields([(label, value) for label, value in rows if value])]
