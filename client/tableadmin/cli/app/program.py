"""The root command: the list of commands, and the end of a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tableadmin import __version__
from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.exit_codes import Interrupted, exit_result
from tableadmin.cli.app.group import Group
from tableadmin.cli.interrupts import was_interrupted
from tableadmin.standard_streams import replace_closed_streams

# The modules in `commands/` and the attributes of all commands, by name, in the order of --help.
COMMANDS = {
    "table": "table:table",
    "index": "index:index",
    "ttl": "ttl:ttl",
    "tag": "tag:tag",
    "validate": "validate:validate",
    "fmt": "fmt:fmt",
    "schema": "schema:schema",
    "plan": "plan:plan",
    "apply": "apply:apply",
    "operation": "operation:operation",
    "diff": "diff:diff",
    "drift": "drift:drift",
    "history": "history:history",
    "export": "export:export",
    "clone": "clone:clone",
    "copy-items": "copy_items:copy_items",
    "console": "console:console",
    "watch": "watch:watch",
    "wait": "wait:wait",
    "backup": "backup:backup",
    "restore": "restore:restore",
    "pitr": "pitr:pitr",
    "stream": "stream:stream",
    "kinesis": "kinesis:kinesis",
    "insights": "insights:insights",
    "policy": "policy:policy",
    "replica": "replica:replica",
    "global-table": "global_table:global_table",
    "autoscaling": "autoscaling:autoscaling",
    "import": "import_table:import_",
    "export-s3": "export_s3:export_s3",
    "bulk": "bulk:bulk",
    "limits": "account:limits",
    "audit": "audit:audit",
    "whoami": "access:whoami",
    "can": "access:can",
    "endpoint": "endpoint:endpoint",
    "endpoints": "account:endpoints",
    "call": "call:call",
    "context": "context:context",
    "completion": "completion:completion",
}


@click.group(
    cls=Group,
    lazy={name: f"tableadmin.cli.commands.{place}" for name, place in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
    example="tablectl table create Music --hash-key Artist:S --on-demand --wait",
)
@click.version_option(__version__, prog_name="tablectl", message="%(prog)s %(version)s")
def tablectl() -> None:
    """Administer DynamoDB tables through the Table Admin service.

    The exit code is 0 for success, 1 for an error, 64 for wrong usage and 130 for Ctrl-C. With --exit-code,
    'plan', 'diff' and 'drift' exit with 2 if there are changes, and so does 'fmt --check'. 'can' exits with 3
    if the action needs approval.
    """


def run(arguments: Sequence[str]) -> int:
    """Run tablectl with ARGUMENTS, and return the exit code. An error is one line on standard error.

    Raises KeyboardInterrupt after Ctrl-C.
    """
    replace_closed_streams()
    try:
        _invoke(list(arguments))
        sys.stdout.flush()  # while a closed pipe or a full disk can still be reported
    except Exception as error:
        if was_interrupted() and not isinstance(error, Interrupted):
            raise KeyboardInterrupt from error  # Ctrl-C became another exception on its way
        code, text = exit_result(error)
        if text:
            click.echo(text, err=True)
        return code
    return 0


def _invoke(arguments: list[str]) -> None:
    if shell_completion.VARIABLE in os.environ:
        from tableadmin.cli.app import shells  # noqa: PLC0415 - loaded when a shell asks

        shells.register()
        tablectl.main(arguments, prog_name="tablectl", complete_var=shell_completion.VARIABLE)
    # click's main handles closed pipes as errors, and Ctrl-C as the end of the input.
    with tablectl.make_context("tablectl", arguments) as ctx:
        tablectl.invoke(ctx)
