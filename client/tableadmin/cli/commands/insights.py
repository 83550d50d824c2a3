"""`tablectl insights`: turn CloudWatch Contributor Insights on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests import member_options, option_members
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.views.message_rows import Columns, fields, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict

_MODES = ("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS")

_SUMMARY: Columns = (
    ("Table", "table_name"),
    ("Index", "index_name"),
    ("Insights", "contributor_insights_status"),
    ("Mode", "contributor_insights_mode"),
)
_DETAILS: Columns = (
    *_SUMMARY,
    ("Changed", "last_update_date_time"),
    ("Failure", "failure_exception.exception_name"),
    ("Why", "failure_exception.exception_description"),
    ("Rules", "contributor_insights_rule_list"),
)

_index = member_options.member_option(
    "--index",
    metavar="INDEX",
    make=option_members.member("IndexName"),
    shell_complete=shell_completion.indexes,
    help="Apply to this index instead of the tables.",
)


@click.group(cls=Group)
def insights() -> None:
    """Enable and disable CloudWatch Contributor Insights.

    Contributor Insights shows the most accessed keys. Enable it separately for the table and each index.
    """


@insights.command(example="tablectl insights enable Music --mode THROTTLED_KEYS")
@options.table_names
@_index
@member_options.member_option(
    "--mode",
    type=click.Choice(_MODES),
    make=option_members.member("ContributorInsightsMode"),
    help="Requests to count.",
)
@pass_session
def enable(session: Session, /, names: Sequence[str], **settings: AwsDict) -> None:
    """Enable Contributor Insights of tables. CloudWatch charges apply."""
    for name in names:
        _update(session, name, "ENABLE", *settings.values())


@insights.command(example="tablectl insights disable Music --yes")
@options.table_names
@_index
@options.yes
@pass_session
def disable(session: Session, names: Sequence[str], index: AwsDict, *, yes: bool) -> None:
    """Disable Contributor Insights of tables."""
    for name in names:
        _update(session, name, "DISABLE", index, yes=yes)


@insights.command(example="tablectl insights show Music --index GenreIdx")
@options.table_names
@_index
@pass_session
def show(session: Session, names: Sequence[str], index: AwsDict) -> None:
    """Show the status and mode of Contributor Insights of tables."""
    rpc = session.rpcs.describe_contributor_insights
    found = [session.send(rpc, {"TableName": name, **index}) for name in names]
    session.show_each(found, lambda each: [fields(_DETAILS, each)])


@insights.command("list", example="tablectl insights list")
@options.some_table_name
@options.page_options
@pass_session
def list_insights(session: Session, name: str | None, max_items: int | None, prefix: str | None) -> None:
    """List the tables and indexes with Contributor Insights, for one table or all tables."""
    request: AwsDict = {"TableName": name} if name else {}
    response = list_all(session, session.rpcs.list_contributor_insights, request, max_items, prefix)
    session.show(
        response,
        lambda each: [rows(_SUMMARY, each.contributor_insights_summaries, "no Contributor Insights")],
    )


def _update(session: Session, name: str, action: str, *settings: AwsDict, yes: bool = False) -> None:
    request = member_options.merge_fragments(
        {"TableName": name, "ContributorInsightsAction": action}, *settings
    )
    response = session.change(session.rpcs.update_contributor_insights, request, yes=yes)
    session.show(response, lambda each: [fields(_SUMMARY, each)])
