"""`tablectl clone`: another table that is as one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.specs import applying, cloning, creating, planning
from tableadmin.cli.specs.applying import ApplyOptions
from tableadmin.cli.specs.spec_files import LoadedSpec

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import TableSpec

_HELP = """Create a table with the settings of TABLE, at the same or another endpoint.

The new table gets all settings that a spec can contain. Standard error lists settings that are not cloned.
With --with-data, it also gets the items that TABLE had at its latest restorable time, which is usually 5
minutes ago. AWS restores the items, so the size of the table does not matter, and TABLE can be in use.
Point-in-time recovery of TABLE must be enabled. Without --with-data, the new table is empty.

The command shows the plan and asks for confirmation, as `tablectl apply` does. If table NEWNAME exists with
other settings, nothing changes and the exit code is 1.
"""
_endpoints = shell_completion.complete_setting(SETTINGS["endpoint"])


@click.command(cls=Command, help=_HELP, example="tablectl clone Music MusicTest --to staging")
@click.argument("name", metavar="TABLE", shell_complete=shell_completion.tables)
@click.argument("new", metavar="NEWNAME")
@click.option("--from", "source", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of TABLE.")
@click.option("--to", "target", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of NEWNAME.")
@click.option(
    "--with-data",
    is_flag=True,
    help="Restore the items of TABLE to the new table. Requires point-in-time recovery of TABLE.",
)
@applying.apply_options
@pass_session
def clone(
    session: Session,
    name: str,
    new: str,
    *,
    source: str | None,
    target: str | None,
    with_data: bool,
    apply_options: ApplyOptions,
) -> None:
    """Create a table with the settings of another table."""
    here = session.client
    origin = here.with_options(endpoint=source) if source else here
    goal = here.with_options(endpoint=target) if target else here
    if with_data and origin.options.endpoint != goal.options.endpoint:
        raise click.UsageError(
            "--with-data copies within an endpoint: AWS restores to the Region of the table."
        )
    spec, notes = _spec(origin, goal, name, new, with_data=with_data)
    creating.create(session, goal, LoadedSpec(spec, name), notes, apply_options, restores=with_data)


def _spec(
    origin: Client, goal: Client, name: str, new: str, *, with_data: bool
) -> tuple[TableSpec, list[str]]:
    """The spec of the table NEW, and what it does not contain."""
    exported = planning.export_specs(origin, [name])
    notes = [cloning.NOT_CLONED if with_data else cloning.NO_ITEMS, *exported.notes]
    arn = origin.describe_table(table_name=name).table.table_arn
    elsewhere = origin.options.endpoint != goal.options.endpoint
    spec = cloning.spec_of_clone(exported.specs[0], new, arn, notes, elsewhere=elsewhere)
    if with_data:
        spec.restore_source.source_table_name = name
        spec.restore_source.use_latest_restorable_time = True
    return spec, notes
