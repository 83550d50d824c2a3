"""Complete names in the shell from the service and the context file. Failures complete nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from tableadmin.cli.app.context_file import Contexts
    from tableadmin.cli.app.settings import Setting
    from tableadmin.client import Client

# The script of `tablectl completion` sets this variable when a shell requests completions.
VARIABLE = "_TABLECTL_COMPLETE"

# The timeout in seconds and the maximum number of names of a completion.
_SECONDS = 1.0
_PAGES = 10
_OPERATIONS = 100

Complete: TypeAlias = Callable[[click.Context, click.Parameter | None, str], list[str]]


def _quiet(names: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Return a completion with the matching NAMES. Any failure completes nothing."""

    @wraps(names)
    def complete(ctx: click.Context, param: click.Parameter | None, incomplete: str) -> list[str]:
        del param
        try:
            return [name for name in names(ctx) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - the shell would print the error into the edited line
            return []

    return complete


@_quiet
def tables(ctx: click.Context) -> Iterator[str]:
    """Return the names of the first thousand tables."""
    client, start = _client(ctx), None
    for _ in range(_PAGES):
        page = client.list_tables(exclusive_start_table_name=start)
        yield from page.table_names
        start = page.last_evaluated_table_name
        if not start:
            return


@_quiet
def indexes(ctx: click.Context) -> Iterator[str]:
    """Return the names of the global secondary indexes of the table in the command line."""
    described = _client(ctx).describe_table(table_name=ctx.params["name"])
    return (index.index_name for index in described.table.global_secondary_indexes)


@_quiet
def tag_keys(ctx: click.Context) -> Iterator[str]:
    """Return the tag keys of the table in the command line."""
    client, name = _client(ctx), ctx.params["name"]
    arn = name if name.startswith("arn:") else client.describe_table(table_name=name).table.table_arn
    return (tag.key for tag in client.list_tags_of_resource(resource_arn=arn).tags)


@_quiet
def endpoints(ctx: click.Context) -> Iterator[str]:
    """Return the names of the service's endpoints."""
    return (each.name for each in _client(ctx).list_endpoints())


@_quiet
def backups(ctx: click.Context) -> Iterator[str]:
    """Return the names of user backups on the first page."""
    return (each.backup_name for each in _client(ctx).list_backups().backup_summaries)


@_quiet
def replicas(ctx: click.Context) -> Iterator[str]:
    """Return the Regions of the replicas of the table in the command line."""
    described = _client(ctx).describe_table(table_name=ctx.params["name"])
    return (replica.region_name for replica in described.table.replicas)


@_quiet
def operations(ctx: click.Context) -> Iterator[str]:
    """Return the ids of the newest operations."""
    return (each.operation_id for each in islice(_client(ctx).list_operations(), _OPERATIONS))


@_quiet
def rpcs(ctx: click.Context) -> Iterable[str]:
    """Return the names of the RPCs."""
    del ctx
    from tableadmin.channel import SERVICE  # noqa: PLC0415 - protobuf

    return [method.name for method in SERVICE.methods]


@_quiet
def contexts(ctx: click.Context) -> Iterable[str]:
    """Return the names of the contexts."""
    del ctx
    return _contexts().named


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete paths. The shell itself lists the files."""
    del ctx, param
    return [CompletionItem(incomplete, type="file")]


def complete_setting(setting: Setting) -> Complete:
    """Return the completion of SETTING: its choices, or the values in the service and in contexts."""

    @_quiet
    def complete(ctx: click.Context) -> Iterable[str]:
        served = endpoints(ctx, None, "") if setting.name == "endpoint" else []
        texts = {each[setting.name] for each in _contexts().named.values() if setting.name in each}
        return setting.choices or sorted({*texts, *served})

    return complete


def _contexts() -> Contexts:
    from tableadmin.cli.app import context_file  # noqa: PLC0415 - session imports settings, whose options import this module

    return context_file.load(context_file.path())


def _client(ctx: click.Context) -> Client:
    from tableadmin.cli.app.session import Session  # noqa: PLC0415 - loaded when a shell asks

    return Session(ctx).client.with_options(timeout=_SECONDS)
