"""What the server is told: the TOML file, and the names and bounds of everything in it.

```toml
listen = "127.0.0.1:50051"
grace_period = 10.0          # seconds that calls under way get when the server stops
default_endpoint = "local"

[endpoints.local]
endpoint_url = "http://localhost:8000"
region = "us-west-2"

[endpoints.production]       # no endpoint_url: AWS
region = "eu-central-1"
role_arn = "arn:aws:iam::123456789012:role/table-admin"
```
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from tableadmin_server.config.endpoint import EndpointConfig, RetryMode, check_endpoint
from tableadmin_server.config.error import ConfigError

__all__ = [
    "ConfigError",
    "EndpointConfig",
    "RetryMode",
    "ServerConfig",
    "checked",
    "load",
    "parse_address",
    "single",
]

T = TypeVar("T")

_MAX_PORT = 65_535


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the server is told."""

    listen: Annotated[
        str,
        Meta(description="Address to listen on. Port 0 selects a free port.", extra={"metavar": "HOST:PORT"}),
    ] = "127.0.0.1:50051"
    grace_period: Annotated[
        float,
        Meta(
            description="Time that calls in progress get to finish when the server stops.",
            extra={"unit": "seconds"},
            ge=0,
            le=3600,
        ),
    ] = 10.0
    default_endpoint: Annotated[
        str | None,
        Meta(
            description="Endpoint of calls that name none. Required where there is more than one endpoint.",
            extra={"flag": False},
        ),
    ] = None
    endpoints: Annotated[
        dict[str, EndpointConfig],
        Meta(description="DynamoDB endpoints, a table for each.", extra={"flag": False}),
    ]

    @property
    def default(self) -> str:
        """The name of the endpoint of calls that name none."""
        return self.default_endpoint or next(iter(self.endpoints))


def load(path: Path, **overrides: object) -> ServerConfig:
    """The configuration in the TOML file at PATH, OVERRIDES before it; raises ConfigError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: invalid TOML: {error}") from error
    try:
        return checked(_converted({**document, **overrides}))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def single(name: str, endpoint: dict[str, object], **server: object) -> ServerConfig:
    """The configuration of the one endpoint NAME, as flags give it; raises ConfigError."""
    return checked(_converted({**server, "endpoints": {name: endpoint}}))


def checked(config: ServerConfig) -> ServerConfig:
    """CONFIG, if its parts fit each other; raises ConfigError for the first that does not."""
    parse_address(config.listen)
    if not config.endpoints:
        raise ConfigError("endpoints: at least one endpoint is required")
    if config.default_endpoint is None and len(config.endpoints) > 1:
        raise ConfigError(f"default_endpoint: must be one of {_listed(config)}")
    if config.default not in config.endpoints:
        raise ConfigError(f"default_endpoint: {config.default!r} is not one of {_listed(config)}")
    for name, endpoint in config.endpoints.items():
        check_endpoint(name, endpoint)
    return config


def parse_address(listen: str) -> tuple[str, int]:
    """Host and port of HOST:PORT, brackets around an IPv6 host kept; raises ConfigError."""
    host, colon, port = listen.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) <= _MAX_PORT):
        raise ConfigError(f"listen: {listen!r} must have the form HOST:PORT")
    return host, int(port)


def _converted(document: Mapping[str, object]) -> ServerConfig:
    endpoints = document.get("endpoints")
    if isinstance(endpoints, dict):
        # Each by itself: of a value in a dict msgspec does not say under which key it found it.
        of = {key: _struct(value, EndpointConfig, f"endpoints.{key}") for key, value in endpoints.items()}
        document = {**document, "endpoints": of}
    return _struct(document, ServerConfig, "")


def _struct(given: object, struct: type[T], where: str) -> T:
    try:
        return msgspec.convert(given, struct)
    except msgspec.ValidationError as error:
        raise ConfigError(_readable(str(error), where)) from error


def _listed(config: ServerConfig) -> str:
    return ", ".join(config.endpoints)


def _readable(message: str, where: str) -> str:
    """Msgspec's "what is wrong - at `$.path`", path first; the path of an unknown key ends in the key."""
    problem, _, path = message.partition(" - at `$")
    where = (where + path.rstrip("`")).strip(".")
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", problem)
    missing = re.fullmatch(r"Object missing required field `(.+)`", problem)
    key = unknown or missing
    if key is None:
        return f"{where}: {problem}" if where else problem
    return f"{where + '.' if where else ''}{key[1]}: {'unknown key' if unknown else 'is required'}"
