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
from msgspec import Meta

T = TypeVar("T")

RetryMode = Literal["standard", "adaptive", "legacy"]

_ENDPOINT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_MAX_PORT = 65_535


class ConfigError(Exception):
    """A configuration that can't be served: the message names the key and says what is wrong with it."""


class EndpointConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One DynamoDB endpoint; every key is optional, and boto3's own chain supplies what is absent.

    Flags, environment variables, `--help` and docs/settings.md derive from the fields. A description is
    required. `extra` may hold the `unit`, the `metavar` of the flag, `flag` False for a key that only the
    file has, and `empty` True where an empty text is a value, also in the environment variable.
    """

    endpoint_url: Annotated[
        str | None,
        Meta(
            description="URL of the DynamoDB endpoint, such as http://localhost:8000. "
            "Without a URL, calls go to AWS.",
            extra={"metavar": "URL"},
        ),
    ] = None
    region: Annotated[
        str | None,
        Meta(
            description="AWS region. Without this setting, boto3 takes the region from the environment or "
            "the profile."
        ),
    ] = None
    profile: Annotated[str | None, Meta(description="Profile in the shared AWS configuration files.")] = None
    role_arn: Annotated[
        str | None,
        Meta(
            description="IAM role to assume. The server renews the role's credentials before they expire.",
            extra={"metavar": "ARN"},
        ),
    ] = None
    kms_endpoint_url: Annotated[
        str | None,
        Meta(
            description="URL of the KMS endpoint that plans ask (kms:DescribeKey) which key an alias is of. "
            "Without a URL, plans for AWS ask KMS of the region, and other plans ask no KMS. An empty URL "
            "turns this off. Without an answer, plans warn that they cannot compare the keys.",
            extra={"metavar": "URL", "empty": True},
        ),
    ] = None
    # Each call takes a thread and a connection.
    pool_size: Annotated[
        int, Meta(description="Maximum number of calls to the endpoint at the same time.", ge=1, le=1000)
    ] = 16
    queue_size: Annotated[
        int,
        Meta(
            description="Maximum number of calls that wait while pool_size calls are in progress. "
            "Further calls fail with RESOURCE_EXHAUSTED.",
            ge=0,
            le=100_000,
        ),
    ] = 1000
    background_calls_per_second: Annotated[
        float,
        Meta(
            description="Maximum rate of the calls that watches, waits and operations make together. "
            "Calls that clients request are not counted.",
            extra={"unit": "calls per second"},
            gt=0,
            le=10_000,
        ),
    ] = 1000.0
    operations_table: Annotated[
        str,
        Meta(
            description="Table at the endpoint that stores operations. The server creates the table when it "
            "first needs it. An empty name turns operations off.",
            extra={"metavar": "TABLE", "empty": True},
        ),
    ] = "tableadmin-operations"
    # AWS lets 500 tables change at once, 250 with indexes.
    concurrent_operations: Annotated[
        int,
        Meta(
            description="Maximum number of operations that this server runs at the same time.", ge=1, le=1000
        ),
    ] = 250
    operation_lease: Annotated[
        float,
        Meta(
            description="Lease on a running operation. If a server crashes or hangs, other servers "
            "take over its operations within 4/3 of this time.",
            extra={"unit": "seconds"},
            ge=0.5,
            le=3600,
        ),
    ] = 15.0
    # A try takes at most both timeouts together.
    connect_timeout: Annotated[
        float, Meta(description="Connection timeout.", extra={"unit": "seconds"}, gt=0, le=3600)
    ] = 2.0
    read_timeout: Annotated[
        float, Meta(description="Response timeout.", extra={"unit": "seconds"}, gt=0, le=3600)
    ] = 10.0
    retry_mode: Annotated[RetryMode, Meta(description="Retry mode of botocore.")] = "standard"
    # A change is tried again only if the endpoint has certainly not carried it out.
    max_attempts: Annotated[
        int,
        Meta(
            description="Maximum number of attempts for each call, including the first attempt.", ge=1, le=20
        ),
    ] = 3


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
        _check_endpoint(name, endpoint)
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


def _check_endpoint(name: str, endpoint: EndpointConfig) -> None:
    if not _ENDPOINT_NAME.fullmatch(name):
        raise ConfigError(
            f"endpoints.{name}: a name must have 1 to 63 characters of a-z 0-9 . _ - "
            "and start with a letter or digit"
        )
    if endpoint.endpoint_url is not None and not _is_http_url(endpoint.endpoint_url):
        raise ConfigError(
            f"endpoints.{name}.endpoint_url: {endpoint.endpoint_url!r} must have the form http(s)://HOST[:PORT]"
        )

    if endpoint.operations_table and not _TABLE_NAME.fullmatch(endpoint.operations_table):
        raise ConfigError(
            f"endpoints.{name}.operations_table: {endpoint.operations_table!r} is not a "
            "table name: use 3 to 255 characters of a-z A-Z 0-9 _ . -"
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
