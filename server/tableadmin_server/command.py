"""The command `tableadmin-server`: makes a configuration from flags and variables, and runs the server."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from tableadmin import __version__
from tableadmin_server.checking import check, would_listen
from tableadmin_server.commands.policy import policy
from tableadmin_server.commands.token import token
from tableadmin_server.config import (
    ELSEWHERE,
    EMBEDDED,
    EMBEDDED_REGION,
    ConfigError,
    EndpointConfig,
    ServerConfig,
    load,
    single,
)
from tableadmin_server.embedded import EmbeddedEngine, EmbeddedEngineError
from tableadmin_server.event_loop import EventLoop
from tableadmin_server.listening import ListenError
from tableadmin_server.logs import logs
from tableadmin_server.server import STOP_SIGNALS, Server, end_at_once
from tableadmin_server.settings import SECTIONS, Setting, settings

_ENDPOINT_SETTINGS = tuple(settings(EndpointConfig))
_FLAGS = [each for section in SECTIONS for each in section.settings if each.has_flag]


class SettingOption(click.Option):
    """The flag of a setting. An absent flag has no default, so that it does not override the file."""

    def __init__(self, setting: Setting) -> None:
        limits = f"  [{setting.limits}]" if setting.limits else ""
        metavar = setting.metavar or ("SECONDS" if setting.unit == "seconds" else None)
        # A flag that is on by default has a `--no-` flag.
        off = f"/--no-{setting.flag.removeprefix('--')}" if setting.default is True else ""
        super().__init__(
            [f"{setting.flag}{off}"],
            type=click.Choice(setting.choices) if setting.choices else setting.kind,
            is_flag=setting.kind is bool,
            default=None,
            metavar=metavar,
            help=setting.description + limits,
        )
        self._setting = setting

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the value of the variable. click takes an empty variable for an absent one."""
        value = super().resolve_envvar_value(ctx)
        if value is None and self._setting.empty:
            return os.environ.get(self._setting.variable)
        return value


@click.group(
    invoke_without_command=True,
    params=[SettingOption(each) for each in _FLAGS],
    context_settings={"show_default": True, "max_content_width": 100},
    epilog="""Each flag has an environment variable. The variable of --endpoint-url is
TABLEADMIN_ENDPOINT_URL.

\b
Exit codes:
0    The server stopped after SIGTERM or Ctrl-C, or the configuration is valid.
1    The server cannot run, or cannot save tables.
2    A flag or the configuration is invalid.
130  A second Ctrl-C stopped the server immediately.
143  A second SIGTERM stopped the server immediately.
""",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file (TOML) with named endpoints.",
)
@click.option(
    "--check-config",
    is_flag=True,
    allow_from_autoenv=False,  # with a variable no server would start
    help="Check the configuration with the files that it names, say where the server would listen, and exit. "
    "Starts and contacts nothing.",
)
@click.option(
    "--embedded",
    is_flag=True,
    help="Start an embedded DynamoDB engine and administer its tables. With --config, the endpoint is called "
    "embedded, and [endpoints.embedded] in the file can have its settings.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory in which --embedded keeps its tables across restarts.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="Least severe level that is logged.",
)
@click.option(
    "--log-format",
    type=click.Choice(["json", "console"]),
    default="json",
    help="Format of the log on standard error.",
)
@click.version_option(
    __version__,
    prog_name="tableadmin-server",
    allow_from_autoenv=False,  # an image may set TABLEADMIN_VERSION as its label
)
@click.pass_context
def command(ctx: click.Context, /, **flags: Any) -> None:  # noqa: ANN401  # click gives each flag its own type
    """Administer Amazon DynamoDB tables over gRPC.

    Without flags the server calls AWS with the credentials and the region that boto3 finds in the
    environment, the profile or the role.
    """
    if ctx.invoked_subcommand is not None:
        return
    given = {name: value for name, value in flags.items() if value is not None}
    logs.configure(given.pop("log_level"), given.pop("log_format"))
    try:
        if given.pop("check_config"):
            _check(given)
            return
        with _configured(given) as (config, engine), asyncio.Runner(loop_factory=EventLoop) as runner:
            runner.run(_serve(config, engine))
    except ConfigError as error:
        _fail(str(error), 2)
    except (EmbeddedEngineError, ListenError) as error:
        _fail(str(error), 1)
    _leave()


command.add_command(policy)
command.add_command(token)


def _check(flags: dict[str, Any]) -> None:
    """Print that the configuration is valid, and where the server would listen; raises ConfigError."""
    with _configured(flags, starts=False) as (config, _):
        check(config)
    click.echo("\n".join(["configuration is valid", *would_listen(config)]))


async def _serve(config: ServerConfig, engine: EmbeddedEngine | None) -> None:
    server = Server(config)
    await server.run(
        # Standard output may be reserved for audit records.
        lambda: click.echo("\n".join(_addresses(server)), err=config.audit.file == "-"),
        engine.supervise if engine else None,
    )
    # The embedded engine ends after the server. A second signal ends the process without waiting for it.
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, end_at_once)


def _addresses(server: Server) -> Iterator[str]:
    for address in server.addresses:
        yield f"tableadmin-server listening on {address}"
    if server.health_address is not None:
        yield f"tableadmin-server answering health checks on {server.health_address}"
    if server.metrics_address is not None:
        yield f"tableadmin-server answering Prometheus on {server.metrics_address}"


@contextlib.contextmanager
def _configured(
    flags: dict[str, Any], *, starts: bool = True
) -> Iterator[tuple[ServerConfig, EmbeddedEngine | None]]:
    """A context with the configuration of FLAGS and, for --embedded and if it STARTS, a running engine."""
    config_file = flags.pop("config", None)
    data_dir = flags.pop("data_dir", None)
    embedded = flags.pop("embedded")
    endpoint = {each.name: flags.pop(each.name) for each in _ENDPOINT_SETTINGS if each.name in flags}
    flags = _in_sections(flags)
    _check_combination(config_file, data_dir, endpoint, embedded=embedded)
    if config_file is None:
        of_engine = {"region": EMBEDDED_REGION, **endpoint}
        config = single(EMBEDDED, of_engine, **flags) if embedded else single("default", endpoint, **flags)
    else:
        config = load(config_file, embedded=embedded, **flags)
    if not (embedded and starts):
        yield config, None
        return
    with EmbeddedEngine.start(data_dir) as engine:
        yield _at(engine, config), engine


def _at(engine: EmbeddedEngine, config: ServerConfig) -> ServerConfig:
    """CONFIG with the URL of ENGINE in the endpoint `embedded`."""
    endpoint = msgspec.structs.replace(config.endpoints[EMBEDDED], endpoint_url=engine.url)
    return msgspec.structs.replace(config, endpoints={**config.endpoints, EMBEDDED: endpoint})


def _in_sections(flags: dict[str, Any]) -> dict[str, Any]:
    """FLAGS in the structure of the configuration file, with a dict for each table."""
    keys: dict[str, Any] = {}
    places = {each.full_name: each for each in _FLAGS}
    for name, value in flags.items():
        place = places[name]
        (keys.setdefault(place.section, {}) if place.section else keys)[place.name] = value
    return keys


def _check_combination(
    config_file: Path | None, data_dir: Path | None, endpoint: dict[str, Any], *, embedded: bool
) -> None:
    if config_file is not None and endpoint:
        other = next(iter(endpoint)).replace("_", "-")
        raise ConfigError(f"--{other} cannot be used with --config: set it in the file")
    if data_dir is not None and not embedded:
        raise ConfigError("--data-dir can only be used with --embedded")
    for flag in ELSEWHERE:
        if embedded and flag in endpoint:
            raise ConfigError(f"--{flag.replace('_', '-')} cannot be used with --embedded")


def _leave() -> NoReturn:
    """End the process without waiting for threads, which may wait for an endpoint."""
    sys.stdout.flush()
    logs.flush()
    sys.stderr.flush()
    os._exit(0)


def _fail(message: str, code: int) -> None:
    logs.flush()
    click.echo(f"tableadmin-server: {message}", err=True)
    sys.exit(code)
