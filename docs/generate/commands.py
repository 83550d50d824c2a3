"""The commands of tablectl and of tableadmin-server as pages, from click."""

import inspect
from collections.abc import Iterator, Mapping

import click

from docs.generate.markdown import page, prose, table
from tableadmin.cli.app.program import tablectl
from tableadmin_server.command import command as server


def pages() -> Mapping[str, str]:
    """Each page by its name."""
    root = _root(tablectl, "tablectl")
    made = {"tablectl": page(*_command(root, depth=1, everywhere=frozenset()))}
    everywhere = frozenset(_names(tablectl))
    for context in _below(root):
        made[context.info_name or ""] = page(*_commands(context, 1, everywhere))
    at_server = _root(server, "tableadmin-server")
    made["tableadmin-server"] = page(*_commands(at_server, 1, frozenset()))
    return made


def _root(command: click.Command, name: str) -> click.Context:
    # With the settings of the command: click keeps the first help option that it makes.
    return click.Context(command, info_name=name, **command.context_settings)


def _commands(context: click.Context, depth: int, everywhere: frozenset[str]) -> Iterator[str]:
    """The command of CONTEXT, and those below it."""
    yield from _command(context, depth, everywhere)
    for each in _below(context):
        yield from _commands(each, depth + 1, everywhere)


def _below(context: click.Context) -> Iterator[click.Context]:
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None and not command.hidden:
                yield click.Context(command, parent=context, info_name=name)


def _command(context: click.Context, depth: int, everywhere: frozenset[str]) -> Iterator[str]:
    command = context.command
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"{'#' * depth} {context.command_path}"
    yield f"```text\n{context.command_path} {usage}\n```"
    yield from map(_paragraph, _paragraphs(command.help or ""))
    yield from _values(command)
    rows = [
        (f"`{option[0]}`", option[1])
        for param in command.params
        if isinstance(param, click.Option)
        and not everywhere.intersection(param.opts)
        and (option := param.get_help_record(context))
    ]
    yield table(("option", "meaning"), rows)
    yield from map(_paragraph, _paragraphs(command.epilog or ""))
    example = getattr(command, "example", None)
    if example:
        yield f"```text\n$ {example}\n```"


def _values(command: click.Command) -> Iterator[str]:
    """The values of an argument or an option of COMMAND, under their heading."""
    values = getattr(command, "values", None)
    if values:
        heading, rows = values
        yield f"**{heading}**"
        yield table(("value", "meaning"), [(f"`{value}`", meaning) for value, meaning in rows])


def _paragraphs(text: str) -> Iterator[str]:
    yield from filter(None, inspect.cleandoc(text).split("\n\n"))


def _paragraph(text: str) -> str:
    """TEXT as prose. click takes the lines after a mark as they are."""
    if text.startswith("\b\n"):
        return f"```text\n{text.removeprefix(chr(8)).strip(chr(10))}\n```"
    return prose(text)


def _names(command: click.Command) -> Iterator[str]:
    for param in command.params:
        yield from param.opts
