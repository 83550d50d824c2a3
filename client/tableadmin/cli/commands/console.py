"""`tablectl console`: a page on this machine that shows and changes tables."""

from __future__ import annotations

import webbrowser
from threading import Event

import click

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests.cost_options import CostOptions, cost_options

_LARGEST_PORT = 65535


@click.command(cls=Command, example="tablectl console --no-open")
@click.option(
    "--port",
    type=click.IntRange(0, _LARGEST_PORT),
    default=0,
    metavar="PORT",
    help="Port on 127.0.0.1. Without --port, or with 0, any free port.",
)
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser.")
@cost_options
@pass_session
def console(session: Session, port: int, *, no_open: bool, costs: CostOptions) -> None:
    """Show and change tables in a web page on this machine, until Ctrl-C.

    The page shows tables, operations and approvals. You can plan and apply specs on the page. The page calls
    the service with your credentials, from the context or the options. tablectl prints the address of the
    page. Only this machine can open the address, once and in one browser. With --cost, the plans on the page
    show the monthly cost before and after.
    """
    from tableadmin.console.console import Console  # noqa: PLC0415 - grpc
    from tableadmin.console.pricing import Pricing  # noqa: PLC0415 - the same

    server, priced = session.settings["server"].text or "", Pricing.of(costs)
    try:
        page = Console(session.client, port=port, server=server, pricing=priced)
    except OSError as error:
        raise CommandFailed(f"port {port}: {error.strerror}; give another --port, or none") from error
    with page.running():
        if session.in_blocks:
            click.echo(page.url)
        else:
            session.show_item({"Url": page.url})
        click.echo("Ctrl-C ends the console", err=True)
        if not no_open:
            webbrowser.open(page.url)
        Event().wait()
