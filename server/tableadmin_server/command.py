"""The command `tableadmin-server`: flags and variables into a configuration, and a server of it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, get_args

import click

from tableadmin.version import __version__
from tableadmin_server import logs
from tableadmin_server.config import (
    DEFAULT_LISTEN,
    ConfigError,
    RetryMode,
    ServerConfig,
    load,
    single,
)
from tableadmin_server.embedded import EmbeddedEngine, EmbeddedEngineError
from tableadmin_server.server import STOP_SIGNALS, ListenError, Server, end_at_once

# What describes the one endpoint of a server without --config.
_ENDPOINT_FLAGS = (
    "endpoint_url",
    "region",
    "profile",
    "role_arn",
    "pool_size",
    "queue_size",
    "connect_timeout",
    "read_timeout",
    "retry_mode",
    "max_attempts",
    "background_calls_per_second",
    "operations_table",
    "concurrent_operations",
    "operation_lease",
)
_EMBEDDED_REGION = "us-east-1"


@click.command(
    context_settings={"show_default": True, "max_content_width": 100},
    epilog="Every flag has its variable: --endpoint-url is TABLEADMIN_ENDPOINT_URL. Exit codes: 0 stopped as "
    "asked, 1 can't run or could not save tables, 2 wrong flags or configuration, 130 and 143 ended at once "
    "by a second Ctrl-C or SIGTERM.",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help=f"Where to listen; port 0 takes a free one.  [default: {DEFAULT_LISTEN}]",
)
@click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="TOML file with named endpoints."
)
@click.option("--embedded", is_flag=True, help="Administer an engine of its own, started with the server.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where --embedded keeps its tables across restarts.",
)
@click.option(
    "--endpoint-url",
    metavar="URL",
    help="Where DynamoDB answers, such as http://localhost:8000; AWS if absent.",
)
@click.option("--region", help="AWS region; boto3's chain decides if absent.")
@click.option("--profile", help="Profile of the shared AWS configuration files.")
@click.option("--role-arn", metavar="ARN", help="Role to assume with the credentials found.")
@click.option("--pool-size", type=int, help="Calls to the endpoint at once.  [default: 16]")
@click.option("--queue-size", type=int, help="Calls that may wait for their turn.  [default: 1000]")
@click.option("--connect-timeout", type=float, metavar="SECONDS", help="To reach the endpoint.  [default: 2]")
@click.option("--read-timeout", type=float, metavar="SECONDS", help="For its answer.  [default: 10]")
@click.option(
    "--retry-mode", type=click.Choice(get_args(RetryMode)), help="botocore's retry mode.  [default: standard]"
)
@click.option("--max-attempts", type=int, help="How often a call is tried in all.  [default: 3]")
@click.option(
    "--background-calls-per-second",
    type=float,
    help="Of watches, waits and operations in all; callers' own are not counted.  [default: 1000]",
)
@click.option(
    "--operations-table",
    metavar="TABLE",
    help="What remembers operations; '' for none.  [default: tableadmin-operations]",
)
@click.option(
    "--concurrent-operations", type=int, help="That this server carries out at once.  [default: 250]"
)
@click.option(
    "--operation-lease",
    type=float,
    metavar="SECONDS",
    help="Until another server takes over what a silent one carried out.  [default: 15]",
)
@click.option(
    "--grace-period",
    type=float,
    metavar="SECONDS",
    help="For calls under way when the server stops.  [default: 10]",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="What to log.",
)
@click.option(
    "--log-format",
    type=click.Choice(["json", "console"]),
    default="json",
    help="How to log, on standard error.",
)
@click.version_option(
    __version__,
    prog_name="tableadmin-server",
    allow_from_autoenv=False,  # an image may set TABLEADMIN_VERSION to say what is in it
)
def command(**flags: Any) -> None:  # noqa: ANN401  # click gives each flag its own type
    """Administer Amazon DynamoDB tables over gRPC.

    Without flags it serves AWS, with the credentials and region that boto3 finds in environment,
    profile or role.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    logs.configure(given.pop("log_level"), given.pop("log_format"))
    try:
        with _configured(given) as (config, engine):
            asyncio.run(_serve(config, engine))
    except ConfigError as error:
        _fail(str(error), 2)
    except (EmbeddedEngineError, ListenError) as error:
        _fail(str(error), 1)
    _leave()


async def _serve(config: ServerConfig, engine: EmbeddedEngine | None) -> None:
    server = Server(config)
    click.echo(f"tableadmin-server listening on {server.address}")
    await server.run(engine.supervise if engine else None)
    # The embedded engine ends after the server, and a second signal does not wait for it either.
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, end_at_once)


@contextlib.contextmanager
def _configured(flags: dict[str, Any]) -> Iterator[tuple[ServerConfig, EmbeddedEngine | None]]:
    """The configuration that FLAGS ask for, and for --embedded its engine for as long as it is used."""
    config_file = flags.pop("config", None)
    data_dir = flags.pop("data_dir", None)
    embedded = flags.pop("embedded")
    endpoint = {name: flags.pop(name) for name in _ENDPOINT_FLAGS if name in flags}
    _check_combination(config_file, data_dir, endpoint, embedded=embedded)
    if config_file is not None:
        yield load(config_file, **flags), None
    elif embedded:
        with EmbeddedEngine.start(data_dir) as engine:
            embedded_endpoint = {"region": _EMBEDDED_REGION, **endpoint, "endpoint_url": engine.url}
            yield single("embedded", embedded_endpoint, **flags), engine
    else:
        yield single("default", endpoint, **flags), None


def _check_combination(
    config_file: Path | None, data_dir: Path | None, endpoint: dict[str, Any], *, embedded: bool
) -> None:
    if config_file is not None and (embedded or endpoint):
        other = "embedded" if embedded else next(iter(endpoint))
        raise ConfigError(f"--{other.replace('_', '-')} describes one endpoint: not with --config")
    if data_dir is not None and not embedded:
        raise ConfigError("--data-dir keeps the tables of --embedded: not without it")
    for flag in ("endpoint_url", "profile", "role_arn"):
        if embedded and flag in endpoint:
            raise ConfigError(f"--{flag.replace('_', '-')} leads elsewhere: not with --embedded")


def _leave() -> NoReturn:
    """End the process, threads and all: some may wait for an endpoint, but nobody waits for them any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _fail(message: str, code: int) -> None:
    click.echo(f"tableadmin-server: {message}", err=True)
    sys.exit(code)
