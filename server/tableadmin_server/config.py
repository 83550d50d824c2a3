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
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

T = TypeVar("T")

DEFAULT_LISTEN = "127.0.0.1:50051"

Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
RetryMode = Literal["standard", "adaptive", "legacy"]

_ENDPOINT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_MAX_PORT = 65_535


class ConfigError(Exception):
    """A configuration that can't be served: the message names the key and says what is wrong with it."""


class EndpointConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One DynamoDB endpoint; every key is optional and boto3's own chain fills what is absent."""

    # Where the endpoint answers; absent means AWS in `region`.
    endpoint_url: str | None = None
    # AWS region; absent means what environment and profile say.
    region: str | None = None
    # Profile in the shared AWS configuration files.
    profile: str | None = None
    # Role to assume with the credentials found; they are renewed before they expire.
    role_arn: str | None = None
    # Calls to the endpoint that may run at once: threads and connections.
    pool_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 16
    # Calls that may wait for a thread; one more gets RESOURCE_EXHAUSTED at once.
    queue_size: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 1000
    # Calls a second that watches, waits and operations may make in all; callers' own calls are not counted.
    background_calls_per_second: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 1000.0
    # The table at the endpoint that remembers operations, made when it is first needed; "" for an endpoint
    # whose tables only callers change.
    operations_table: str = "tableadmin-operations"
    # Operations that one server carries out at once; AWS lets 500 tables change at once, 250 with indexes.
    concurrent_operations: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 250
    # Seconds after which another server takes over the operations of one that gives no sign of life.
    operation_lease: Annotated[float, msgspec.Meta(ge=0.5, le=3600)] = 15.0
    # Seconds to reach the endpoint, and to wait for its answer; a try takes at most both together.
    connect_timeout: Seconds = 2.0
    read_timeout: Seconds = 10.0
    # botocore's retry mode, and how often a call is tried in all; a read may be tried once more. A change is
    # tried again only if the endpoint has certainly not carried it out.
    retry_mode: RetryMode = "standard"
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the server is told."""

    # HOST:PORT to listen at; port 0 takes a free one.
    listen: str = DEFAULT_LISTEN
    # Seconds that calls under way get when the server stops.
    grace_period: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 10.0
    # The endpoint of calls that name none; may be left out where there is only one.
    default_endpoint: str | None = None
    endpoints: dict[str, EndpointConfig]

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
        raise ConfigError(f"{path}: not TOML: {error}") from error
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
        raise ConfigError("endpoints: there must be at least one")
    if config.default_endpoint is None and len(config.endpoints) > 1:
        raise ConfigError(f"default_endpoint: must be one of {_listed(config)}")
    if config.default not in config.endpoints:
        raise ConfigError(f"default_endpoint: {config.default!r} is not one of {_listed(config)}")
    for name, endpoint in config.endpoints.items():
        _check_endpoint(name, endpoint)
    return config


def parse_address(listen: str) -> tuple[str, int]:
    """Host and port of HOST:PORT, brackets around an IPv6 host kept; raises ConfigError."""
    host, colon, port = listen.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) <= _MAX_PORT):
        raise ConfigError(f"listen: {listen!r} is not HOST:PORT")
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


def _check_endpoint(name: str, endpoint: EndpointConfig) -> None:
    if not _ENDPOINT_NAME.fullmatch(name):
        raise ConfigError(
            f"endpoints.{name}: a name has 1-63 of a-z 0-9 . _ - and begins with a letter or digit"
        )
    if endpoint.endpoint_url is not None and not _is_http_url(endpoint.endpoint_url):
        raise ConfigError(
            f"endpoints.{name}.endpoint_url: {endpoint.endpoint_url!r} is not http(s)://HOST[:PORT]"
        )

    if endpoint.operations_table and not _TABLE_NAME.fullmatch(endpoint.operations_table):
        raise ConfigError(
            f"endpoints.{name}.operations_table: {endpoint.operations_table!r} is no table name: "
            "it has 3-255 of a-z A-Z 0-9 _ . -"
        )


def _is_http_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:  # half a pair of brackets, or a port that is none
        return False


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
