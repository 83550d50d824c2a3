"""`tablectl completion`: the shell script that completes commands, options and names."""

from __future__ import annotations

import click

from tableadmin.cli.app import shell_completion, shells
from tableadmin.cli.app.group import Command

_HELP = """Print the completion script for a shell.

The script gets the names of tables and indexes from the service.

\b
~/.bashrc: source <(tablectl completion bash)
~/.zshrc:  source <(tablectl completion zsh)
fish:      tablectl completion fish \\
               > ~/.config/fish/completions/tablectl.fish
"""


@click.command(cls=Command, help=_HELP, example="source <(tablectl completion bash)")
@click.argument("shell", type=click.Choice(shells.SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell."""
    click.echo(shells.completion_script(ctx.find_root().command, shell, shell_completion.VARIABLE))
