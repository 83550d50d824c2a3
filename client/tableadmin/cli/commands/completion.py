"""`tablectl completion`: the script that lets a shell complete commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.group import Command

_SHELLS = ("bash", "zsh", "fish")

_HELP = """Print the completion script for a shell.

The script gets the names of tables and indexes from the service.

\b
bash: source <(tablectl completion bash)            in ~/.bashrc
zsh:  source <(tablectl completion zsh)             in ~/.zshrc
fish: tablectl completion fish > ~/.config/fish/completions/tablectl.fish
"""


@click.command(cls=Command, help=_HELP, example="source <(tablectl completion bash)")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell."""
    complete = get_completion_class(shell)
    assert complete is not None
    root = ctx.find_root()
    source = complete(root.command, {}, "tablectl", shell_completion.VARIABLE).source()
    if shell == "zsh":
        # The script needs compdef, which compinit defines: run it where ~/.zshrc has not.
        source = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }\n" + source.lstrip()
    click.echo(source)
