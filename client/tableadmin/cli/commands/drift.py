"""`tablectl drift`: compare the tables of endpoints with their specs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.exit_codes import CHANGES_FOUND, CommandFailed, InputError
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.output import terminal_text, whole_files
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.requests.cost_options import CostOptions, cost_options
from tableadmin.cli.specs import comparing, planning, priced_tables, regions, spec_files
from tableadmin.cli.specs.priced_tables import PricedTables
from tableadmin.cli.specs.spec_files import LoadedSpec, SpecOptions

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.views.plans.drift import Comparison
    from tableadmin.client import Client
    from tableadmin.cost import Prices
    from tableadmin.v1 import TablePlan

_HELP = """Compare all specs with all tables of an endpoint.

\b
SAME       the table matches its spec
DRIFTED    the table differs from its spec
MISSING    the table does not exist
UNMANAGED  no spec names the table
UNKNOWN    the table cannot be read or compared

The command changes nothing. For a table that has drifted, tablectl shows the last operation of the
service that changed the table. If the spec has not changed since this operation, someone changed the
table outside the service.

--cost adds the monthly cost of the tables, and their monthly cost if they matched their specs. For this,
tablectl also reads UNMANAGED tables.

--watch continues until Ctrl-C and shows each table whose status or differences change.
"""


@click.command(cls=Command, help=_HELP, example="tablectl drift -f tables/ --prefix orders-")
@spec_files.spec_options(required=True)
@click.option(
    "--at",
    "endpoints",
    metavar="ENDPOINT",
    multiple=True,
    shell_complete=shell_completion.complete_setting(SETTINGS["endpoint"]),
    help="Endpoint to compare. Overrides --endpoint. Can be repeated.",
)
@click.option("--prefix", metavar="TEXT", default="", help="Report only UNMANAGED tables with this prefix.")
@click.option(
    "--ignore",
    "ignored",
    metavar="NAME",
    multiple=True,
    help="Do not report this table as UNMANAGED. * matches any text, ? matches any character. "
    "Can be repeated.",
)
@click.option(
    "--adopt",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Write a spec file for each UNMANAGED table to this folder. Existing files are not changed.",
)
@click.option(
    "--metrics",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the number of tables by status to this file, in the text format of Prometheus.",
)
@click.option(
    "--watch",
    "follow",
    is_flag=True,
    help="Continue until Ctrl-C, and show changes of status or differences.",
)
@planning.exit_code_option
@cost_options
@pass_session
def drift(  # noqa: PLR0913  # click gives each option by name
    session: Session,
    spec_options: SpecOptions,
    endpoints: Sequence[str],
    prefix: str,
    ignored: Sequence[str],
    adopt: str | None,
    metrics: str | None,
    *,
    follow: bool,
    exit_code: bool,
    costs: CostOptions,
) -> None:
    """Compare all specs with all tables."""
    if len(endpoints) > 1 and (adopt or follow):
        raise click.UsageError("--adopt and --watch need a single endpoint")
    if follow and costs.enabled:
        raise click.UsageError("--watch shows no costs")
    source_of_prices = costs.price_source() if costs.enabled else None
    loaded, notes = spec_files.read(spec_options, session.region)
    notes = [*notes, *regions.tell(session, loaded)]
    scope = comparing.Scope(prefix, ignored)
    clients = {each: session.client.with_options(endpoint=each) for each in endpoints}
    clients = clients or {session.settings["endpoint"].text or "": session.client}
    if follow:
        comparing.ResumableOperationWatch(session, *next(iter(clients.items())), loaded, scope).run()
        return
    found = [
        each
        for name, client in clients.items()
        for each in comparing.compare_tables(name, client, loaded, scope, include_billing=costs.enabled)
    ]
    prices = None
    if source_of_prices:
        tables = _priced_tables(loaded, found)
        prices = source_of_prices.of(tables.regions)
        found, unread = comparing.add_costs(found, clients, costs, prices)
        told = [
            *tables.unknown_names(costs),
            *unread,
            *source_of_prices.notes,
            *tables.missing_prices(costs, prices),
        ]
        spec_files.print_notes(told)
        notes += told
    _show(session, found, notes, prices, with_endpoint=len(clients) > 1)
    if metrics:
        _write_metrics(metrics, session, found, list(clients))
    if adopt:
        _adopt(next(iter(clients.values())), found, Path(adopt))
    _check(found)
    if exit_code and any(not each.is_same for each in found):
        raise click.exceptions.Exit(CHANGES_FOUND)


def _priced_tables(loaded: Sequence[LoadedSpec], found: Sequence[Comparison]) -> PricedTables:
    drifts = [each.drift for each in found]
    live = [(each.table_name, each.billed_table) for each in drifts if each.billed_table]
    return priced_tables.of(loaded, [each.plan for each in drifts if each.plan], live)


def _show(
    session: Session,
    found: Sequence[Comparison],
    notes: Sequence[str],
    prices: Prices | None,
    *,
    with_endpoint: bool,
) -> None:
    from tableadmin.cli.views.plans import drift as view  # noqa: PLC0415 - protobuf
    from tableadmin.cli.views.plans import plan_text  # noqa: PLC0415 - protobuf
    from tableadmin.cli.views.plans.plan_markdown import LIMIT, sections  # noqa: PLC0415 - protobuf

    if not session.in_blocks:
        answer: AwsDict = {
            "Tables": [view.record(each) for each in found],
            "Counts": view.count_statuses(found),
        }
        if prices:
            answer["Cost"] = view.cost_record(found, prices)
        session.show_document(planning.add_notes(answer, "Notes", notes))
        return
    rows = view.rows(found, with_endpoint=with_endpoint)
    totals = list(view.cost_lines(found, prices)) if prices else []
    if session.output == "name":
        session.show_blocks([rows])
    elif session.output == "markdown":
        click.echo(f"### tablectl drift: {view.summary(found)}\n")
        session.show_blocks([rows])
        click.echo("".join(f"\n{each.text}\n" for each in totals), nl=False)
        click.echo(sections(_differing(found), LIMIT // 2, "tablectl drift"), nl=False)
    else:
        session.show_blocks([rows])
        for plan in _differing(found):
            click.echo()
            terminal_text.write(plan_text.differences([plan]))
        session.show_blocks([Lines(["", view.summary(found)])])
        terminal_text.write(totals)


def _differing(found: Sequence[Comparison]) -> list[TablePlan]:
    """Return the plans of existing tables of FOUND that differ from their specs."""
    from tableadmin.drift import DriftStatus  # noqa: PLC0415 - protobuf

    compared = (DriftStatus.DRIFTED, DriftStatus.UNKNOWN)
    return [each.drift.plan for each in found if each.drift.plan and each.drift.status in compared]


def _check(found: Sequence[Comparison]) -> None:
    """Raise CommandFailed if tables could not be read."""
    failed = [each.drift.table_name for each in found if each.drift.error]
    if failed:
        raise CommandFailed(f"{planning.count(len(failed))} could not be compared: {', '.join(failed)}")


def _write_metrics(
    path: str, session: Session, found: Sequence[Comparison], endpoints: Sequence[str]
) -> None:
    from tableadmin.cli.views.plans import drift as view  # noqa: PLC0415 - protobuf

    default = next((each.name for each in session.client.list_endpoints() if each.is_default), "")
    text = view.metrics(found, {each: each or default for each in endpoints}, time.time())
    try:
        whole_files.replace(Path(path), text, whole_files.PUBLIC)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _adopt(client: Client, found: Sequence[Comparison], folder: Path) -> None:
    """Write a spec file for each table of FOUND without a spec."""
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf
    from tableadmin.drift import DriftStatus  # noqa: PLC0415 - protobuf

    names = [each.drift.table_name for each in found if each.drift.status is DriftStatus.UNMANAGED]
    if not names:
        return
    exported = planning.export_specs(client, names)
    spec_files.print_notes(exported.notes)
    folder.mkdir(parents=True, exist_ok=True)
    for spec in exported.specs:
        path = folder / f"{spec.table_name}.yaml"
        try:
            with path.open("x") as file:
                file.write(formats.write([spec], "spec").text)
        except FileExistsError:
            click.echo(f"{path}: exists; not changed", err=True)
        else:
            click.echo(f"wrote {path}", err=True)
