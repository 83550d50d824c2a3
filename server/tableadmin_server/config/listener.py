"""The configuration of listeners, and of health checks, metrics, traces and connections."""

import ipaddress
import re
from collections.abc import Container, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from tableadmin_server.config.authenticator import AuthenticatorConfig, CertificateConfig
from tableadmin_server.config.keys import ConfigError, file_key

_UNIX = "unix:"
_MAX_PORT = 65_535
# The kernel's limit for the path of a Unix socket, without the NUL at the end.
_MAX_PATH_BYTES = 107
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_PRINCIPAL = re.compile(r"(?:User|Service)::([a-z0-9][a-z0-9._-]{0,62})/[A-Za-z0-9._@/:-]{1,255}")
_MODE = re.compile(r"0?[0-7]{3}")


class TlsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The files with the certificate and key of a listener, and with the CAs of its clients."""

    cert: Annotated[
        str,
        file_key(
            "File (PEM) with the certificate of the server and the intermediate certificates. The server "
            "reads the files again when they change, and on SIGHUP."
        ),
    ]
    key: Annotated[str, file_key("File (PEM) with the private key of the certificate, not encrypted.")]
    client_ca: Annotated[
        str | None,
        file_key(
            "File (PEM) with the certificates of the authorities that issue client certificates. With this "
            "setting, each client must have a certificate."
        ),
    ] = None


class ListenerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address that the server listens at."""

    address: Annotated[
        str,
        file_key(
            "Address to listen on: HOST:PORT, or unix:/PATH for a Unix socket. Port 0 selects a free port."
        ),
    ]
    tls: Annotated[
        TlsConfig | None,
        file_key("Certificate and key of the listener. Without this setting, traffic is not encrypted."),
    ] = None
    authenticators: Annotated[
        tuple[str, ...],
        file_key(
            "Names of authenticators. One of them must authenticate the caller. Without authenticators, "
            "everyone who reaches the listener may call."
        ),
    ] = ()
    mode: Annotated[
        str | None,
        file_key(
            "Mode of the file of a Unix socket, such as 0660. Users who may write to the file may call the "
            "server. Without this setting, the mode is 0600."
        ),
    ] = None

    principal: Annotated[
        str | None,
        file_key(
            "Principal of all calls through the Unix socket, such as Service::local/admin: User:: or "
            "Service::, a name, a slash and a name. Without this setting, the callers are anonymous."
        ),
    ] = None

    @property
    def path(self) -> str | None:
        """The path of the Unix socket; None for a TCP address."""
        return self.address.removeprefix(_UNIX) if self.address.startswith(_UNIX) else None

    @property
    def permissions(self) -> int:
        """The mode of the file of the Unix socket, as a number."""
        return int(self.mode or "600", 8)

    @property
    def takes_certificates(self) -> bool:
        """Whether each client must have a certificate."""
        return self.tls is not None and self.tls.client_ca is not None

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine can reach the listener."""
        return self.path is not None or _is_loopback(parse_address(self.address)[0])


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of health checks."""

    address: Annotated[
        str | None,
        Meta(
            description="Address at which the server answers only health checks, not encrypted, for probes. "
            "The listeners answer health checks too.",
            extra={"metavar": "HOST:PORT"},
        ),
    ] = None


class MetricsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of metrics."""

    address: Annotated[
        str | None,
        Meta(
            description="Address at which Prometheus gets the metrics of the server (`/metrics`), not "
            "encrypted and without credentials. Port 0 selects a free port. Without this setting the server "
            "measures nothing.",
            extra={"metavar": "HOST:PORT"},
        ),
    ] = None


class TracesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether traces are sent. OpenTelemetry's variables OTEL_* configure everything else."""

    enabled: Annotated[
        bool,
        Meta(
            description="Send traces by OTLP to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names "
            "(default: http://localhost:4317). Needs the extra `server-otel`. Without this setting the "
            "server loads nothing of OpenTelemetry.",
        ),
    ] = False


class ConnectionsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of connections."""

    max_age: Annotated[
        float,
        file_key(
            "Maximum age of a connection to a listener that has TLS or that other machines can reach, "
            "changed at random by up to 10 %. Then the client connects again, without an error. This "
            "authenticates the client again, and spreads connections over the current servers.",
            "seconds",
            gt=0,
            le=31_536_000,
        ),
    ] = 1800.0
    # gRPC's default is infinite: a stream would outlive the certificates.
    max_age_grace: Annotated[
        float,
        file_key(
            "Time that calls in progress get to finish on a connection that has reached the maximum age.",
            "seconds",
            gt=0,
            le=3600,
        ),
    ] = 30.0
    max_metadata: Annotated[
        int,
        file_key(
            "Accepted size in bytes of the metadata of a call. The server may refuse larger metadata "
            "with RESOURCE_EXHAUSTED, and refuses metadata of twice the size.",
            ge=8192,
            le=1_048_576,
        ),
    ] = 16_384


def check_listener(
    key: str, listener: ListenerConfig, authenticators: Mapping[str, AuthenticatorConfig]
) -> None:
    """Raise ConfigError for the first invalid value of LISTENER. KEY is its configuration key.

    AUTHENTICATORS are the configured authenticators.
    """
    if listener.address.startswith("unix-abstract:"):
        raise ConfigError(f"{key}: an abstract Unix socket is open to all users; use unix:/PATH")
    _check_authenticators(key, listener, authenticators)
    if listener.path is not None:
        _check_unix(key, listener, listener.path)
        _check_principal(key, listener, authenticators)
        return
    parse_address(listener.address, key)
    for name in ("mode", "principal"):
        if getattr(listener, name) is not None:
            raise ConfigError(f"{key}: {name} can only be used with a Unix socket")


def missing_settings(listener: ListenerConfig, policies: object) -> Iterator[str]:
    """Yield the security settings that LISTENER lacks. A local listener needs none."""
    if not listener.is_local:
        required = {
            "tls": listener.tls,
            "authenticators": listener.authenticators,
            "[policies]": policies,
        }
        yield from (key for key, value in required.items() if not value)


def parse_address(address: str, key: str = "listen") -> tuple[str, int]:
    """Return host and port of HOST:PORT, an IPv6 host with its brackets. Raises ConfigError for KEY."""
    host, _, port = address.rpartition(":")
    is_port = port.isascii() and port.isdigit() and int(port) <= _MAX_PORT
    if not (is_port and _HOST.fullmatch(host)):
        raise ConfigError(f"{key}: {address!r} must have the form HOST:PORT")
    return host, int(port)


def _check_authenticators(
    key: str, listener: ListenerConfig, authenticators: Mapping[str, AuthenticatorConfig]
) -> None:
    for name in listener.authenticators:
        if name not in authenticators:
            raise ConfigError(f"{key}.authenticators: {name!r} is not configured in [authenticators]")
        if isinstance(authenticators[name], CertificateConfig) and not listener.takes_certificates:
            raise ConfigError(f"{key}.authenticators: {name!r} needs client certificates: set tls.client_ca")


def _check_unix(key: str, listener: ListenerConfig, path: str) -> None:
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise ConfigError(f"{key}: {_UNIX + path!r} must have the form unix:/PATH")
    if len(path.encode()) > _MAX_PATH_BYTES:
        raise ConfigError(f"{key}: the path of a Unix socket must have at most {_MAX_PATH_BYTES} bytes")
    if listener.tls is not None:
        raise ConfigError(f"{key}: tls cannot be used with a Unix socket; its mode says who may call")
    if listener.mode is not None and not _MODE.fullmatch(listener.mode):
        raise ConfigError(f"{key}: mode {listener.mode!r} must have three octal digits, such as 0660")


def _check_principal(key: str, listener: ListenerConfig, authenticators: Container[str]) -> None:
    principal = listener.principal
    if principal is None:
        return
    match = _PRINCIPAL.fullmatch(principal)
    if match is None:
        raise ConfigError(f"{key}: principal {principal!r} must have the form Service::local/NAME")
    if listener.authenticators:
        raise ConfigError(f"{key}: principal and authenticators cannot be used together")
    # Ids that begin with the name of an authenticator are only for its own principals.
    if match[1] in authenticators or match[1] == "none":
        raise ConfigError(
            f"{key}: principal {principal!r} has the name of the authenticator {match[1]}; choose another"
        )


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False  # other names are not resolved
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
