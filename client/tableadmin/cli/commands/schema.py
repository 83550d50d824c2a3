"""`tablectl schema`: the JSON Schema of spec files."""

from __future__ import annotations

from importlib import resources

import click

from tableadmin.cli.app.group import Command

_HELP = """Print the JSON Schema of spec files.

An editor with the schema completes and explains the members of specs, and marks mistakes. For editors
that use the YAML language server, save the schema and begin each spec file with this line:

\b
# yaml-language-server: $schema=tables.schema.json

The schema is made from the contract of the service. tablectl validate checks more rules than the schema.
"""


@click.command(cls=Command, help=_HELP, example="tablectl schema > tables.schema.json")
def schema() -> None:
    """Print the JSON Schema of spec files."""
    file = resources.files("tableadmin") / "formats" / "spec.schema.json"
    click.echo(file.read_text(encoding="utf-8"), nl=False)
