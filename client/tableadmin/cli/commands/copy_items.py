"""`tablectl copy-items`: the items of a small table in a table with other keys."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.exit_codes import SERVICE_ERROR, Interrupted, error_line
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.views import item_copies
from tableadmin.cli.views.wait_progress import show_progress
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from tableadmin.v1 import CopyItemsResponse

_HELP = """Copy the items of the small table SOURCE to the table TARGET, which can have other keys.

First create TARGET, for example with `tablectl apply`. The service checks all items before it writes any.
It never replaces or deletes an item of TARGET. At the end, it reads both tables again and compares them. If
the command is stopped, run it again: it then writes the items that TARGET lacks.

Stop the writers of SOURCE first. The command fails if the tables differ at the end. The operator of the
service must have enabled copies. For large tables, use 'tablectl export-s3' and 'tablectl bulk'.
"""


@click.command(
    "copy-items", cls=Command, help=_HELP, example="tablectl copy-items Music MusicByTitle --dry-run"
)
@click.argument("source", metavar="SOURCE", shell_complete=shell_completion.tables)
@click.argument("target", metavar="TARGET", shell_complete=shell_completion.tables)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check the tables and write nothing. The exit code is 1 if the items cannot be copied.",
)
@click.option(
    "--max-items",
    type=options.COUNT,
    metavar="N",
    help="Fail if a table has more than N items. The default is 100000, or the limit of the service if that "
    "is lower.",
)
@click.option(
    "--max-bytes",
    type=options.COUNT,
    metavar="N",
    help="Fail if the items of a table have more than N bytes. The default is 100000000, or the limit of the "
    "service if that is lower.",
)
@click.option(
    "--units-per-second",
    type=click.FloatRange(min=1),
    metavar="N",
    help="Consume at most N read units and N write units per second on average. The default is the limit of "
    "the service.",
)
@click.pass_context
@pass_session
def copy_items(  # noqa: PLR0913 - the options of the command
    session: Session,
    ctx: click.Context,
    source: str,
    target: str,
    *,
    dry_run: bool,
    max_items: int | None,
    max_bytes: int | None,
    units_per_second: float | None,
) -> None:
    """Copy the items of a small table to another table."""
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    responses = session.client.copy_items(
        source,
        target,
        validate_only=dry_run,
        max_items=max_items,
        max_bytes=max_bytes,
        max_units_per_second=units_per_second,
    )
    blocks = partial(item_copies.result_blocks, source=source, target=target, writes=not dry_run)
    # A file or a pipe gets a line for each change of the text.
    pending_of = item_copies.progress_text if is_terminal(sys.stderr) else item_copies.phase_text
    seen: list[CopyItemsResponse] = []
    try:
        with responses as stream:
            for response in show_progress(source, stream, pending_of):
                seen[:] = [response]
    except KeyboardInterrupt:
        raise Interrupted(f"stopped copying {source}; run the command again to copy the rest") from None
    except TableAdminError:
        if seen and item_copies.has_findings(seen[-1]):
            session.show(seen[-1], blocks)
        raise
    session.show(seen[-1], blocks)
    if dry_run and (refusal := item_copies.refusal(seen[-1], source, target)):
        click.echo(error_line(refusal), err=True)
        ctx.exit(SERVICE_ERROR)
