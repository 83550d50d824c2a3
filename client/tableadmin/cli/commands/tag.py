"""`tablectl tag`: set, remove and list the tags of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Lines, Rows, of_several
from tableadmin.cli.requests import arns, merging, option_members
from tableadmin.cli.requests.pagination import list_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import ListTagsOfResourceResponse


@click.group(cls=Group)
def tag() -> None:
    """Set, remove and list the tags of a table."""


@tag.command("set", example="tablectl tag set Music team=audio stage=production")
@options.table_or_arn
@click.argument("tags", metavar="KEY=VALUE...", nargs=-1, required=True)
@pass_session
def set_tags(session: Session, name: str, tags: tuple[str, ...]) -> None:
    """Add tags or change their values. Other tags remain."""
    try:
        request = merging.merge(*map(option_members.tag, tags))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'KEY=VALUE'") from error
    arn = arns.of_table(session.client, name)
    response = session.send(session.rpcs.tag_resource, {"ResourceArn": arn, **request})
    session.show(response, lambda _: [Lines([f"{name}: {len(tags)} set"])])


@tag.command(example="tablectl tag remove Music stage --yes")
@options.table_or_arn
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=shell_completion.tag_keys)
@options.yes
@pass_session
def remove(session: Session, name: str, keys: tuple[str, ...], *, yes: bool) -> None:
    """Remove tags by key. Keys that do not exist are ignored."""
    request: AwsDict = {"ResourceArn": name, "TagKeys": [*keys]}
    session.confirm(session.rpcs.untag_resource, request, yes=yes)
    request["ResourceArn"] = arns.of_table(session.client, name)
    response = session.send(session.rpcs.untag_resource, request)
    session.show(response, lambda _: [Lines([f"{name}: {', '.join(keys)} removed"])])


@tag.command("list", example="tablectl tag list Music")
@options.tables_or_arns
@options.page_options
@pass_session
def list_tags(session: Session, names: Sequence[str], max_items: int | None, prefix: str | None) -> None:
    """List the tags of tables. --prefix is for keys of tags."""
    found = {}
    for name in names:
        request: AwsDict = {"ResourceArn": arns.of_table(session.client, name)}
        found[name] = list_all(session, session.rpcs.list_tags_of_resource, request, max_items, prefix)
    rows = {name: _rows(name, each) for name, each in found.items()}
    session.show_together([*found.values()], lambda: [of_several("Table", rows)])


def _rows(name: str, response: ListTagsOfResourceResponse) -> Rows:
    tags = sorted((each.key, each.value) for each in response.tags)
    return Rows(("Key", "Value"), tags, f"{name} has no tags")
