"""The command and group classes of tablectl: shared settings, and modules that load on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, cast

import click

from tableadmin.cli.app import aws_names, shell_completion
from tableadmin.cli.app.help_layout import Context
from tableadmin.cli.app.settings import SETTINGS, from_flags
from tableadmin.cli.interrupts import in_command

# In characters, longer than the first sentence of any command.
_SENTENCE = 200


def _remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None and param.name is not None:
        from_flags(ctx)[param.name] = value


def _checked(parse: Callable[[str], object]) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        try:
            if value is not None:
                parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error
        _remember(ctx, param, value)

    return callback


def _setting_options() -> list[click.Parameter]:
    """Return new options for the settings. Every command accepts them before or after its name."""
    context = click.Option(
        ["--context"],
        metavar="NAME",
        help="Context to use; see `tablectl context list`. [TABLEADMIN_CONTEXT]",
        expose_value=False,
        callback=_remember,
        shell_complete=shell_completion.contexts,
    )
    return [*(_option(name) for name, each in SETTINGS.items() if each.flags), context, *_shaping_options()]


def _shaping_options() -> list[click.Parameter]:
    """Return the options that format the output. Context files do not contain them."""
    query = click.Option(
        ["--query"],
        metavar="JMESPATH",
        help="Filter the JSON output with this JMESPath expression.",
        expose_value=False,
        callback=_query,
    )
    no_headers = click.Option(
        ["--no-headers"],
        is_flag=True,
        help="Write tables without the names of the columns.",
        expose_value=False,
        callback=lambda ctx, param, value: _remember(ctx, param, "true" if value else None),
    )
    return [query, no_headers]


def _query(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        import jmespath  # noqa: PLC0415 - of use here alone

        try:
            jmespath.compile(value)
        except jmespath.exceptions.JMESPathError as error:
            text = str(error).splitlines()[0].removeprefix("Invalid jmespath expression: ").rstrip(":")
            raise click.BadParameter(f"not a JMESPath expression: {text}", ctx, param) from error
    _remember(ctx, param, value)


def _option(name: str) -> click.Option:
    setting = SETTINGS[name]
    return click.Option(
        [*setting.flags],
        metavar=setting.metavar,
        help=f"{setting.help} [{setting.variable}]",
        expose_value=False,
        callback=_checked(setting.parse),
        shell_complete=shell_completion.complete_setting(setting),
    )


class Command(click.Command):
    """A command with its own options and all settings. EXAMPLE is a one-line example.

    VALUES are a heading and the values of an argument or an option with their meanings.
    """

    context_class = Context

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - handed on to click
        example: str,
        values: tuple[str, Sequence[tuple[str, str]]] | None = None,
        **attributes: Any,  # noqa: ANN401 - handed on to click
    ) -> None:
        super().__init__(*args, **attributes)
        self.example = example
        self.values = values
        self._own_params = self.params
        self.params = [*self._own_params, *_setting_options()]

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what click returns
        """Run the command. Ctrl-C raises KeyboardInterrupt in it."""
        with in_command():
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the values and the command's own options. `tablectl --help` explains the settings."""
        own = [*self._own_params, *filter(None, [self.get_help_option(ctx)])]
        if self.values:
            heading, rows = self.values
            with formatter.section(heading):
                formatter.write_dl(rows)
        _write_options(ctx, formatter, own)
        _write_settings(formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        del ctx
        _write_example(formatter, self.example)


class Group(click.Group):
    """A group whose commands may be `lazy`: named as `MODULE:ATTRIBUTE` and imported on first use."""

    command_class = Command
    context_class = Context

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - handed on to click
        lazy: Mapping[str, str] | None = None,
        example: str | None = None,
        **attributes: Any,  # noqa: ANN401 - handed on to click
    ) -> None:
        super().__init__(*args, **attributes)
        self._lazy = lazy or {}
        self.example = example
        self.params = [*self.params, *_setting_options()]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of their declarations."""
        del ctx
        return [*self._lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command CMD_NAME. Imports a lazy command."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._lazy[cmd_name].partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. The error for an unknown command suggests similar names or an equivalent."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            instead = aws_names.hint(args)
            if instead:
                raise click.UsageError(f"No such command {error.command_name!r}: {instead}.", ctx) from error
            raise click.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from error

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands before the options, because readers look for commands."""
        self.format_commands(ctx, formatter)
        if ctx.parent is None:
            _write_options(ctx, formatter, self.get_params(ctx))
        else:
            _write_settings(formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its whole first sentence, which click would truncate."""
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [
            (name, command.get_short_help_str(_SENTENCE))
            for name, command in named
            if command and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, if there is one."""
        del ctx
        if self.example:
            _write_example(formatter, self.example)


def _write_options(
    ctx: click.Context, formatter: click.HelpFormatter, params: Sequence[click.Parameter]
) -> None:
    options = [param for param in params if isinstance(param, click.Option)]
    with formatter.section("Options"):
        formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])


def _write_settings(formatter: click.HelpFormatter) -> None:
    own = ("--context", "--query", "--no-headers")
    flags = ", ".join([*(setting.flags[-1] for setting in SETTINGS.values() if setting.flags), *own])
    formatter.write_paragraph()
    formatter.write_text(f"Every command takes {flags}: see tablectl --help.")


def _write_example(formatter: click.HelpFormatter, example: str) -> None:
    """Write EXAMPLE on one line at any width, so that it can be copied."""
    formatter.write_paragraph()
    formatter.write(f"Example: {example}\n")
