"""`tablectl policy`: the resource-based policy of a table or stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Lines
from tableadmin.cli.requests import arns, json_input, member_options, option_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import GetResourcePolicyResponse

_revision = member_options.member_option(
    "--revision",
    metavar="ID",
    make=option_members.member("ExpectedRevisionId"),
    help="Make the change only if the policy has this revision ID, which 'policy show -o json' shows. "
    "NO_POLICY: only if there is no policy.",
)


@click.group(cls=Group)
def policy() -> None:
    """Set, show and delete the resource-based policy of a table or stream.

    The policy defines who has access. Identify a stream by its ARN.
    """


@policy.command("set", example="tablectl policy set Music policy.json")
@options.table_or_arn
@click.argument("source", metavar="FILE|-|JSON", shell_complete=shell_completion.files)
@_revision
@member_options.member_option(
    "--confirm-remove-self",
    is_flag=True,
    default=None,
    make=option_members.flag("ConfirmRemoveSelfResourceAccess"),
    help="Confirm that the policy removes your own permission to change it.",
)
@pass_session
def set_policy(session: Session, /, name: str, source: str, **settings: AwsDict) -> None:
    """Set the policy. An existing policy is replaced."""
    text = json_input.text(source)
    request: AwsDict = {"ResourceArn": arns.of_table(session.client, name), "Policy": text}
    response = session.send(
        session.rpcs.put_resource_policy, member_options.merge_fragments(request, *settings.values())
    )
    session.show(response, lambda each: [Lines([f"policy of {name} is revision {each.revision_id}"])])


@policy.command(example="tablectl policy show Music > policy.json")
@options.tables_or_arns
@pass_session
def show(session: Session, names: Sequence[str]) -> None:
    """Print policy documents. With -o json or yaml, print each policy as a string with its revision ID."""
    found = [arns.of_table(session.client, name) for name in names]
    session.show_each([session.client.get_resource_policy(resource_arn=arn) for arn in found], _document)


@policy.command(example="tablectl policy remove Music --yes")
@options.tables_or_arns
@_revision
@options.yes
@pass_session
def remove(session: Session, names: Sequence[str], revision: AwsDict, *, yes: bool) -> None:
    """Delete the policies of tables. Access that only a policy grants ends."""
    if len(names) > 1 and revision:
        raise click.UsageError("--revision is of the policy of one table.")
    for name in names:
        _remove(session, name, revision, yes=yes)


def _remove(session: Session, name: str, revision: AwsDict, *, yes: bool) -> None:
    warning = f"Removing the policy of {arns.last_part(name)} ends the access that it grants"
    session.confirm(session.rpcs.delete_resource_policy, {"ResourceArn": name}, yes=yes, warning=warning)
    request: AwsDict = {"ResourceArn": arns.of_table(session.client, name), **revision}
    response = session.send(session.rpcs.delete_resource_policy, request)
    session.show(response, lambda _: [Lines([f"policy of {name} removed"])])


def _document(response: GetResourcePolicyResponse) -> list[Block]:
    try:
        text = json.dumps(json.loads(response.policy), indent=2, ensure_ascii=False)
    except ValueError:
        text = response.policy
    return [Lines(text.splitlines())]
