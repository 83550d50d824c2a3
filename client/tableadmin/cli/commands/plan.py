"""`tablectl plan`: the changes that tables need to match their specs."""

from __future__ import annotations

import click

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output import terminal_text
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.requests.cost_options import CostOptions, cost_options
from tableadmin.cli.specs import consumption, plan_file, planning, priced_tables, regions, spec_files
from tableadmin.cli.specs.spec_files import SpecOptions
from tableadmin.cli.views.plans import plan_text
from tableadmin.cli.views.plans.plan_markdown import markdown


@click.command(cls=Command, example="tablectl plan -f tables.yaml --out tables.plan")
@spec_files.spec_options(required=True)
@planning.exit_code_option
@cost_options
@click.option(
    "--out",
    metavar="PLAN",
    type=click.Path(),
    help="Save the plan to this file, for 'tablectl apply PLAN'.",
)
@pass_session
def plan(
    session: Session, spec_options: SpecOptions, *, exit_code: bool, costs: CostOptions, out: str | None
) -> None:
    """Show the changes that tables need to match their specs, and the AWS calls that make them.

    The command changes nothing. The exit code is 1 if a spec is invalid, a table cannot be read, or AWS would
    reject the plan. On AWS, a plan for 1,000 tables takes minutes. On a terminal, tablectl
    shows the number of tables that are planned so far.

    --cost adds the monthly cost of each table before and after the plan. The cost of on-demand requests needs
    --reads and --writes, or --rates-from-cloudwatch. A cost that is not known is shown as unknown.

    -o markdown writes the plan for a pull request. The output fits into one comment on GitHub.
    """
    if out:
        plan_file.check(out)
    source_of_prices = costs.price_source() if costs.enabled else None
    loaded, notes = spec_files.read(spec_options, session.region)
    notes = [*notes, *regions.tell(session, loaded)]
    planned = planning.plan_specs(session.client, loaded, include_billing=costs.enabled)
    priced = None
    if source_of_prices:
        tables = priced_tables.of(loaded, planned.plans)
        if not planned.errors and (unknown := tables.unknown_names(costs)):
            raise click.UsageError("; ".join(unknown))
        prices = source_of_prices.of(tables.regions)
        usage, unread = consumption.usage(session.client, costs, consumption.of_plans(planned.plans))
        told = [*unread, *source_of_prices.notes, *tables.missing_prices(costs, prices)]
        spec_files.print_notes(told)
        notes += told
        priced = planning.costs_of(planned.plans, usage, prices)
    if session.output == "markdown" and session.in_blocks:
        click.echo(markdown(planned.plans, costs=priced), nl=False)
    elif session.output == "name" and session.in_blocks:
        changed = [each.table_name for each in planned.plans if plan_text.has_content(each)]
        session.show_blocks([Lines(changed, "no changes")])
    elif session.in_blocks:
        terminal_text.write(plan_text.review(planned.plans, priced))
    else:
        session.show_document(planning.answer(planned.plans, notes, priced))
    planned.check()
    refused = [plan.table_name for plan in planned.plans if plan.refusal]
    if refused:
        raise CommandFailed(f"plans that cannot be applied: {', '.join(refused)}")
    if out:
        endpoint = session.settings["endpoint"].text
        plan_file.write(plan_file.SavedPlans(loaded, planned.plans, endpoint), out)
        click.echo(
            f"plan saved; apply it with '{session.command_line('apply', out, endpoint=endpoint)}'", err=True
        )
    if exit_code:
        planning.exit_with_changes(planned.plans)
