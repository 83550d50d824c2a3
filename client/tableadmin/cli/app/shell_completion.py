"""What the shell offers for names: what the service and the context file have, nothing where they fail."""

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

# Set by the script of `tablectl completion` when a shell asks what could follow.
VARIABLE = "_TABLECTL_COMPLETE"

# A shell that waits longer for a list of names is a nuisance, and so is a longer list.
_SECONDS = 1.0
_PAGES = 10
_OPERATIONS = 100

Complete: TypeAlias = Callable[[click.Context, click.Parameter | None, str], list[str]]


def _quiet(names: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Complete with those of NAMES that fit; whatever goes wrong, the shell is offered nothing."""

    @wraps(names)
    def complete(ctx: click.Context, param: click.Parameter | None, incomplete: str) -> list[str]:
        del param
        try:
            return [name for name in names(ctx) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - the shell would print it into the line being edited
            return []

    return complete


@_quiet
def tables(ctx: click.Context) -> Iterator[str]:
    """The names of the tables, of the first thousand."""
    client, start = _client(ctx), None
    for _ in range(_PAGES):
        page = client.list_tables(exclusive_start_table_name=start)
        yield from page.table_names
        start = page.last_evaluated_table_name
        if not start:
            return


@_quiet
def indexes(ctx: click.Context) -> Iterator[str]:
    """The names of the global secondary indexes of the table that the line names."""
    described = _client(ctx).describe_table(table_name=ctx.params["name"])
    return (index.index_name for index in described.table.global_secondary_indexes)


@_quiet
def tag_keys(ctx: click.Context) -> Iterator[str]:
    """The keys of the tags of the table that the line names."""
    client, name = _client(ctx), ctx.params["name"]
    arn = name if name.startswith("arn:") else client.describe_table(table_name=name).table.table_arn
    return (tag.key for tag in client.list_tags_of_resource(resource_arn=arn).tags)


@_quiet
def endpoints(ctx: click.Context) -> Iterator[str]:
    """The names of the endpoints that the service is configured with."""
    return (each.name for each in _client(ctx).list_endpoints())


@_quiet
def backups(ctx: click.Context) -> Iterator[str]:
    """The names of the backups that people made, of the first page."""
    return (each.backup_name for each in _client(ctx).list_backups().backup_summaries)


@_quiet
def replicas(ctx: click.Context) -> Iterator[str]:
    """The Regions of the replicas of the table that the line names."""
    described = _client(ctx).describe_table(table_name=ctx.params["name"])
    return (replica.region_name for replica in described.table.replicas)


@_quiet
def operations(ctx: click.Context) -> Iterator[str]:
    """The ids of the newest operations."""
    return (each.operation_id for each in islice(_client(ctx).list_operations(), _OPERATIONS))


@_quiet
def rpcs(ctx: click.Context) -> Iterable[str]:
    """The names of the RPCs."""
    del ctx
    from tableadmin.channel import SERVICE  # noqa: PLC0415 - protobuf

    return [method.name for method in SERVICE.methods]


@_quiet
def contexts(ctx: click.Context) -> Iterable[str]:
    """The names of the contexts."""
    del ctx
    return _contexts().named


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, which the shell itself finds."""
    del ctx, param
    return [CompletionItem(incomplete, type="file")]


def setting(setting: Setting) -> Complete:
    """The choices of SETTING, or where it has none, what the service has and the contexts set it to."""

    @_quiet
    def complete(ctx: click.Context) -> Iterable[str]:
        served = endpoints(ctx, None, "") if setting.name == "endpoint" else []
        texts = {each[setting.name] for each in _contexts().named.values() if setting.name in each}
        return setting.choices or sorted({*texts, *served})

    return complete


def _contexts() -> Contexts:
    from tableadmin.cli.app import context_file  # noqa: PLC0415 - it needs the settings, whose options need this

    return context_file.load(context_file.path())


def _client(ctx: click.Context) -> Client:
    from tableadmin.cli.app.session import Session  # noqa: PLC0415 - loaded when a shell asks

    return Session(ctx).client.with_options(timeout=_SECONDS)
