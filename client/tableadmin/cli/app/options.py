"""Options that several commands share and that set no members of AWS requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

import click

from tableadmin.cli.app import settings, shell_completion

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


def combine_options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Combine OPTIONS into one decorator. --help lists them in this order."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class TimeParam(click.ParamType["datetime"]):
    """A time in ISO 8601, or a duration such as 2h, before now or, if AHEAD, after now."""

    name = "time"

    def __init__(self, *, ahead: bool = False) -> None:
        self._sign = 1 if ahead else -1

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return VALUE as a time. The error for another value describes the valid values."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            return datetime.now(UTC) + self._sign * timedelta(seconds=settings.duration(text))
        except (ValueError, OverflowError):
            pass
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not a time such as 2h, 2026-11-26 or 2026-11-26T18:00:00Z", param, ctx)
        return moment if moment.tzinfo else moment.astimezone()


def _duration(ctx: click.Context, param: click.Parameter, value: str) -> float:
    try:
        return settings.duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


table_name = click.argument("name", metavar="TABLE", shell_complete=shell_completion.tables)
table_names = click.argument(
    "names", metavar="TABLE...", nargs=-1, required=True, shell_complete=shell_completion.tables
)
optional_table_name = click.argument(
    "name", metavar="TABLE", required=False, shell_complete=shell_completion.tables
)
some_table_name = click.argument(
    "name", metavar="[TABLE]", required=False, shell_complete=shell_completion.tables
)
table_or_arn = click.argument("name", metavar="TABLE|ARN", shell_complete=shell_completion.tables)
tables_or_arns = click.argument(
    "names", metavar="TABLE|ARN...", nargs=-1, required=True, shell_complete=shell_completion.tables
)
backup_or_arn = click.argument("name", metavar="BACKUP|ARN", shell_complete=shell_completion.backups)
backups_or_arns = click.argument(
    "names", metavar="BACKUP|ARN...", nargs=-1, required=True, shell_complete=shell_completion.backups
)
index_name = click.argument("index_name", metavar="INDEX", shell_complete=shell_completion.indexes)
index_names = click.argument(
    "index_names", metavar="INDEX...", nargs=-1, required=True, shell_complete=shell_completion.indexes
)

_wait_flags = combine_options(
    click.option(
        "--wait",
        is_flag=True,
        help="Wait until the change is complete: no part of the table is changing, or the table is deleted.",
    ),
    click.option(
        "--wait-timeout",
        metavar="DURATION",
        default="30m",
        show_default=True,
        callback=_duration,
        help="Maximum time to wait.",
    ),
)


def wait_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add --wait and --wait-timeout. COMMAND gets `wait_timeout` in seconds, None without --wait."""

    @wraps(command)
    def with_wait_timeout(*args: object, wait: bool, wait_timeout: float, **others: object) -> R:
        return command(*args, wait_timeout=wait_timeout if wait else None, **others)

    return _wait_flags(with_wait_timeout)


class _Count(click.IntRange):
    """A number of things: at least 1, and at most the largest number that a request can have.

    --help shows no upper bound, because the limits of the service are far lower.
    """

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401  # as click has it
        """Return VALUE as a number. The error for another value describes the valid values."""
        number: int = super().convert(value, param, ctx)
        if number > _LARGEST:
            self.fail(f"{number} is larger than {_LARGEST}", param, ctx)
        return number


_LARGEST = 2**63 - 1
COUNT = _Count()

page_options = combine_options(
    click.option("--max-items", type=COUNT, metavar="N", help="Maximum number of results to return."),
    click.option("--prefix", metavar="TEXT", help="Return only results whose names start with TEXT."),
)

yes = click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
