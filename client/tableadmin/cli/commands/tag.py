"""`tablectl tag`: set, remove and list the tags of a table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from tableadmin.cli import completing, fragments
from tableadmin.cli.group import Group
from tableadmin.cli.output import Block, Lines, Rows
from tableadmin.cli.pages import all_pages
from tableadmin.cli.session import Session, pass_session

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import ListTagsOfResourceResponse

_resource = click.argument("name", metavar="TABLE|ARN", shell_complete=completing.tables)


@click.group(cls=Group)
def tag() -> None:
    """Set, remove and list the tags of a table."""


@tag.command("set", example="tablectl tag set Music team=audio stage=production")
@_resource
@click.argument("tags", metavar="KEY=VALUE...", nargs=-1, required=True)
@pass_session
def set_tags(session: Session, name: str, tags: tuple[str, ...]) -> None:
    """Add tags, or give them other values; the rest stay."""
    try:
        request = fragments.merged(*map(fragments.tag, tags))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'KEY=VALUE'") from error
    arn = _arn(session.client, name)
    response = session.send(session.rpcs.tag_resource, {"ResourceArn": arn, **request})
    session.show(response, lambda _: [Lines([f"{name}: {len(tags)} set"])])


@tag.command(example="tablectl tag remove Music stage")
@_resource
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@pass_session
def remove(session: Session, name: str, keys: tuple[str, ...]) -> None:
    """Remove tags by key; a key that is not there is no error."""
    arn = _arn(session.client, name)
    response = session.client.untag_resource(resource_arn=arn, tag_keys=keys)
    session.show(response, lambda _: [Lines([f"{name}: {', '.join(keys)} removed"])])


@tag.command("list", example="tablectl tag list Music")
@_resource
@click.option("--max-items", type=click.IntRange(min=1), metavar="N", help="Stop after N tags.")
@pass_session
def list_tags(session: Session, name: str, max_items: int | None) -> None:
    """List the tags of a table, all of them."""
    fetch = partial(session.client.list_tags_of_resource, resource_arn=_arn(session.client, name))
    response = all_pages(lambda token: fetch(next_token=token), "tags", "next_token", max_items)
    session.show(response, lambda each: _rows(name, each))


def _arn(client: Client, name: str) -> str:
    """The ARN of the table NAME, which may be one already."""
    if name.startswith("arn:"):
        return name
    return client.describe_table(table_name=name).table.table_arn


def _rows(name: str, response: ListTagsOfResourceResponse) -> list[Block]:
    tags = sorted((each.key, each.value) for each in response.tags)
    return [Rows(("Key", "Value"), tags, f"{name} has no tags")]
