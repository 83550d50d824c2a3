"""The configuration of the server: a TOML file, and the names and bounds of its keys.

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

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast

import msgspec
from msgspec import Meta

from tableadmin_server.config.audit import AuditConfig, check_audit
from tableadmin_server.config.authenticator import KINDS, AuthenticatorConfig, check_authenticators
from tableadmin_server.config.endpoint import EndpointConfig, RetryMode, check_endpoint
from tableadmin_server.config.keys import ConfigError, converted
from tableadmin_server.config.limits import LimitsConfig, PrincipalLimits, check_limits
from tableadmin_server.config.listener import (
    ConnectionsConfig,
    HealthConfig,
    ListenerConfig,
    MetricsConfig,
    TlsConfig,
    TracesConfig,
    check_listener,
    missing_settings,
    parse_address,
)
from tableadmin_server.config.policies import PoliciesConfig, check_policies

__all__ = [
    "ELSEWHERE",
    "EMBEDDED",
    "EMBEDDED_REGION",
    "AuditConfig",
    "AuthenticatorConfig",
    "ConfigError",
    "ConnectionsConfig",
    "EndpointConfig",
    "HealthConfig",
    "LimitsConfig",
    "ListenerConfig",
    "MetricsConfig",
    "PoliciesConfig",
    "PrincipalLimits",
    "RetryMode",
    "ServerConfig",
    "TlsConfig",
    "TracesConfig",
    "check_config",
    "load",
    "parse_address",
    "single",
]

# The endpoint of --embedded, its region unless another is configured, and the settings that it cannot have.
EMBEDDED = "embedded"
EMBEDDED_REGION = "us-east-1"
ELSEWHERE = ("endpoint_url", "profile", "role_arn")

# The authenticator in the id of the anonymous principal.
_NO_AUTHENTICATOR = "none"


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The configuration of the server."""

    listen: Annotated[
        str,
        Meta(
            description="Address to listen on: the short form of one listener with no other setting. Port 0 "
            "selects a free port.",
            extra={"metavar": "HOST:PORT"},
        ),
    ] = "127.0.0.1:50051"
    insecure_listen: Annotated[
        bool,
        Meta(
            description="Permit a listener that other machines can reach to have no TLS, no authenticator or "
            "no policies. Everyone who reaches it can delete every table. The server warns at each start.",
        ),
    ] = False
    listeners: Annotated[
        tuple[ListenerConfig, ...],
        Meta(description="Listeners, a table for each, in place of `listen`.", extra={"flag": False}),
    ] = ()
    health: Annotated[
        HealthConfig, Meta(description="Health checks at a separate address.", extra={"flag": False})
    ] = HealthConfig()
    metrics: Annotated[MetricsConfig, Meta(description="Metrics for Prometheus.", extra={"flag": False})] = (
        MetricsConfig()
    )
    traces: Annotated[TracesConfig, Meta(description="Traces by OpenTelemetry.", extra={"flag": False})] = (
        TracesConfig()
    )
    connections: Annotated[
        ConnectionsConfig, Meta(description="Bounds of connections.", extra={"flag": False})
    ] = ConnectionsConfig()
    audit: Annotated[
        AuditConfig, Meta(description="Records of changes and denied calls.", extra={"flag": False})
    ] = AuditConfig()
    policies: Annotated[
        PoliciesConfig, Meta(description="Permissions, as Cedar policies.", extra={"flag": False})
    ] = PoliciesConfig()
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
            description="Endpoint of calls that name no endpoint. Required if there are several endpoints.",
            extra={"flag": False},
        ),
    ] = None
    endpoints: Annotated[
        dict[str, EndpointConfig],
        Meta(description="DynamoDB endpoints, a table for each.", extra={"flag": False}),
    ]
    authenticators: Annotated[
        dict[str, AuthenticatorConfig],
        Meta(
            description="Authenticators of callers, a table for each. Listeners name the authenticators that "
            "they accept. `listen` accepts all of them.",
            extra={"flag": False},
        ),
    ] = {}
    limits: Annotated[
        LimitsConfig,
        Meta(description="Limits of each authenticated caller.", extra={"flag": False}),
    ] = LimitsConfig()

    @property
    def default(self) -> str:
        """The name of the default endpoint."""
        return self.default_endpoint or next(iter(self.endpoints))

    @property
    def listeners_by_key(self) -> dict[str, ListenerConfig]:
        """The listeners by their configuration keys. The short form `listen` has every authenticator."""
        if not self.listeners:
            return {"listen": ListenerConfig(address=self.listen, authenticators=tuple(self.authenticators))}
        return {f"listeners[{at}]": each for at, each in enumerate(self.listeners)}

    @property
    def authenticator_names(self) -> tuple[str, ...]:
        """The names with which ids of principals can begin."""
        principals = (each.principal for each in self.listeners_by_key.values() if each.principal)
        named = (each.partition("::")[2].partition("/")[0] for each in principals)
        return (*self.authenticators, *named, _NO_AUTHENTICATOR)

    @property
    def insecure_listeners(self) -> dict[str, tuple[str, ...]]:
        """The missing security settings of listeners that other machines can reach, by configuration key."""
        lacking = {
            key: tuple(missing_settings(each, self.policies.folder))
            for key, each in self.listeners_by_key.items()
        }
        return {key: keys for key, keys in lacking.items() if keys}


def load(path: Path, *, embedded: bool | None = None, **overrides: object) -> ServerConfig:
    """Return the configuration in the TOML file at PATH. OVERRIDES take precedence. Raises ConfigError.

    EMBEDDED says whether the embedded engine is started, None if no server is started. With the engine the
    endpoint `embedded` exists also if the file does not have it.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: invalid TOML: {error}") from error
    try:
        document = _merged(document, overrides)
        config = _converted(_with_engine(document) if embedded else document)
        if embedded is not None:
            _check_engine(config, embedded=embedded)
        return check_config(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _with_engine(document: Mapping[str, object]) -> Mapping[str, object]:
    """DOCUMENT with the endpoint `embedded`, which has a region."""
    endpoints = document.get("endpoints", {})
    if not isinstance(endpoints, dict):
        return document  # the conversion reports the problem
    endpoint = endpoints.get(EMBEDDED, {})
    if isinstance(endpoint, dict):
        endpoint = {"region": EMBEDDED_REGION, **endpoint}
    return {**document, "endpoints": {**endpoints, EMBEDDED: endpoint}}


def _check_engine(config: ServerConfig, *, embedded: bool) -> None:
    """Raise ConfigError if the endpoint `embedded` is not the engine, or would be AWS without an engine."""
    endpoint = config.endpoints.get(EMBEDDED, EndpointConfig())
    for key in ELSEWHERE:
        if embedded and getattr(endpoint, key) is not None:
            raise ConfigError(f"endpoints.{EMBEDDED}.{key}: cannot be set with --embedded")
    if not embedded and EMBEDDED in config.endpoints and endpoint.endpoint_url is None:
        raise ConfigError(f"endpoints.{EMBEDDED}: needs the flag --embedded or an endpoint_url")


def single(name: str, endpoint: dict[str, object], **server: object) -> ServerConfig:
    """Return a configuration with the only endpoint NAME, as flags describe it. Raises ConfigError."""
    return check_config(_converted({**server, "endpoints": {name: endpoint}}))


def check_config(config: ServerConfig) -> ServerConfig:
    """Return CONFIG after checking its values and their combinations. Raises ConfigError."""
    _check_listeners(config)
    check_audit(config.audit)
    if not config.endpoints:
        raise ConfigError("endpoints: at least one endpoint is required")
    if config.default_endpoint is None and len(config.endpoints) > 1:
        raise ConfigError(f"default_endpoint: must be one of {_listed(config)}")
    if config.default not in config.endpoints:
        raise ConfigError(f"default_endpoint: {config.default!r} is not one of {_listed(config)}")
    for name, endpoint in config.endpoints.items():
        check_endpoint(name, endpoint)
    check_authenticators(config.authenticators)
    check_limits(config.limits)
    check_policies(config.policies)
    return config


def _check_listeners(config: ServerConfig) -> None:
    for key, listener in config.listeners_by_key.items():
        check_listener(key, listener, config.authenticators)
    if config.health.address is not None:
        parse_address(config.health.address, "health.address")
    if config.metrics.address is not None:
        parse_address(config.metrics.address, "metrics.address")
    if config.insecure_listen:
        return
    for key, lacking in config.insecure_listeners.items():
        raise ConfigError(
            f"{key}: other machines can reach {config.listeners_by_key[key].address}: "
            f"configure {', '.join(lacking)}, or set insecure_listen"
        )


def _merged(document: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    """DOCUMENT with its keys replaced by those of OVERRIDES, also within tables."""
    tables = {
        key: {**own, **value}
        for key, value in overrides.items()
        if isinstance(value, dict) and isinstance(own := document.get(key, {}), dict)
    }
    return {**document, **overrides, **tables}


def _converted(document: Mapping[str, object]) -> ServerConfig:
    if "listen" in document and "listeners" in document:
        raise ConfigError("listen: cannot be used with listeners")
    # Converted one by one, because msgspec's errors do not name the key of a value in a dict.
    for key, convert in (("endpoints", _endpoint), ("authenticators", _authenticator)):
        given = document.get(key)
        if isinstance(given, dict):
            document = {
                **document,
                key: {name: convert(each, f"{key}.{name}") for name, each in given.items()},
            }
    return converted(document, ServerConfig, "")


def _endpoint(given: object, where: str) -> EndpointConfig:
    return converted(given, EndpointConfig, where)


def _authenticator(given: object, where: str) -> AuthenticatorConfig:
    kind = given.get("kind") if isinstance(given, dict) else None
    chosen = next((each for each in KINDS if each.__struct_config__.tag == kind), None)
    if chosen is None:
        known = ", ".join(str(each.__struct_config__.tag) for each in KINDS)
        raise ConfigError(f"{where}.kind: must be one of {known}")
    return cast("AuthenticatorConfig", converted(given, chosen, where))


def _listed(config: ServerConfig) -> str:
    return ", ".join(config.endpoints)
