"""`tablectl context`: named settings, kept in the user's configuration directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from tableadmin.cli.app import context_file, options, shell_completion
from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.settings import CREDENTIALS, FILES, SETTINGS, SYSTEM_CA, from_flags
from tableadmin.cli.output.blocks import Rows

_name = click.argument("name", metavar="NAME", shell_complete=shell_completion.contexts)


@click.group(cls=Group)
def context() -> None:
    """Manage contexts: named groups of settings.

    Order of precedence: flag, context that --context names, TABLEADMIN_* environment variable, current
    context, default.
    """


@context.command("list", example="tablectl context list")
@options.page_options
@pass_session
def list_contexts(session: Session, max_items: int | None, prefix: str | None) -> None:
    """List the contexts; * marks the current context."""
    contexts = context_file.load(context_file.path())
    found = [each for each in contexts.named.items() if each[0].startswith(prefix or "")][:max_items]
    if not session.in_blocks:
        named = {name: _shown(settings) for name, settings in found}
        session.show_document({"Current": contexts.current, "Contexts": named})
        return
    given = {name for _, settings in found for name in settings}
    columns = [name for name in SETTINGS if name in given or name not in CREDENTIALS]
    rows = [
        ("*" if name == contexts.current else "", name, *(_shown(settings).get(each, "") for each in columns))
        for name, settings in found
    ]
    session.show_blocks(
        [Rows(("In use", "Name", *columns), rows, f"no contexts in {context_file.path()}", named_by=1)]
    )


@context.command(example="tablectl context use production")
@_name
def use(name: str) -> None:
    """Make a context the current context."""
    contexts = context_file.load(context_file.path())
    contexts.get(name)
    context_file.save(replace(contexts, current=name), context_file.path())
    click.echo(f"{name} is the current context")


@context.command("set", example="tablectl context set production --server admin.internal:50051 --endpoint eu")
@_name
@click.pass_context
def set_context(ctx: click.Context, name: str) -> None:
    """Save the given options, such as --server and --endpoint, as context NAME.

    The first context becomes the current context.
    """
    settings = {key: _kept(key, text) for key, text in from_flags(ctx).items() if key in SETTINGS}
    if not settings:
        raise click.UsageError(
            f"Give at least one of {', '.join(each.flags[-1] for each in SETTINGS.values() if each.flags)}."
        )
    _check_name(name)
    contexts = context_file.load(context_file.path())
    kept = contexts.named.get(name, {})
    if CREDENTIALS & settings.keys():
        kept = {key: text for key, text in kept.items() if key not in CREDENTIALS}
    contexts.named[name] = {**kept, **settings}
    current = contexts.current or name
    context_file.save(replace(contexts, current=current), context_file.path())
    click.echo(
        f"saved context {name} in {context_file.path()}"
        + (", now the current context" if current == name else "")
    )


@context.command(example="tablectl context delete staging")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=shell_completion.contexts)
def delete(names: Sequence[str]) -> None:
    """Delete contexts. If one of them is the current context, there is no current context afterwards."""
    contexts = context_file.load(context_file.path())
    for name in dict.fromkeys(names):
        contexts.get(name)
    named = {name: settings for name, settings in contexts.named.items() if name not in names}
    current = None if contexts.current in names else contexts.current
    context_file.save(replace(contexts, named=named, current=current), context_file.path())
    click.echo("\n".join(f"deleted context {name}" for name in dict.fromkeys(names)))


@context.command(example="tablectl context rename staging test")
@_name
@click.argument("new_name", metavar="NEWNAME")
def rename(name: str, new_name: str) -> None:
    """Rename a context. The current context stays the current one."""
    contexts = context_file.load(context_file.path())
    contexts.get(name)
    _check_name(new_name)
    if new_name in contexts.named:
        raise InputError(f"there is a context {new_name!r} already")
    named = {new_name if each == name else each: settings for each, settings in contexts.named.items()}
    current = new_name if contexts.current == name else contexts.current
    context_file.save(replace(contexts, named=named, current=current), context_file.path())
    click.echo(f"renamed context {name} to {new_name}")


@context.command("show", example="tablectl context show")
@pass_session
def show_settings(session: Session) -> None:
    """Show the settings in effect, and where each comes from."""
    chosen = {name: each for name, each in session.settings.items() if each.text or name not in CREDENTIALS}
    if not session.in_blocks:
        session.show_document({name: each.shown for name, each in chosen.items()})
        return
    rows = [(name, each.shown or "the service's default", each.origin) for name, each in chosen.items()]
    session.show_blocks([Rows(("Setting", "Value", "From"), rows)])


def _shown(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the SETTINGS of a context without secrets."""
    return {name: "(hidden)" if SETTINGS[name].is_secret else text for name, text in settings.items()}


def _check_name(name: str) -> None:
    try:
        context_file.check_name(name)
    except ValueError as error:
        raise InputError(str(error)) from error


def _kept(name: str, text: str) -> str:
    """Return the text that a context stores for TEXT of the setting NAME."""
    return str(Path(text).absolute()) if name in FILES and text != SYSTEM_CA else text
