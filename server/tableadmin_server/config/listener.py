"""The listeners: the addresses that the server listens at, and what a listener off this machine requires."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from tableadmin_server.config.error import ConfigError

_UNIX = "unix:"
_MAX_PORT = 65_535
# What the kernel takes, without the NUL at the end.
_MAX_PATH_BYTES = 107
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_MODE = re.compile(r"0?[0-7]{3}")


class ListenerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address that the server listens at."""

    address: Annotated[
        str,
        Meta(
            description="Address to listen on: HOST:PORT, or unix:/PATH for a Unix socket. Port 0 selects a "
            "free port.",
            extra={"flag": False},
        ),
    ]
    mode: Annotated[
        str | None,
        Meta(
            description="Mode of the file of a Unix socket, such as 0660. Who may write to the file may call "
            "the server. Without this setting, the mode is 0600.",
            extra={"flag": False},
        ),
    ] = None

    @property
    def path(self) -> str | None:
        """The path of the Unix socket; None of a TCP address."""
        return self.address.removeprefix(_UNIX) if self.address.startswith(_UNIX) else None

    @property
    def permissions(self) -> int:
        """The mode of the file of the Unix socket, as a number."""
        return int(self.mode or "600", 8)

    @property
    def is_local(self) -> bool:
        """Whether programs on this machine alone can reach the listener."""
        return self.path is not None or _is_loopback(parse_address(self.address)[0])


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of health checks."""

    address: Annotated[
        str | None,
        Meta(
            description="Address at which the server answers health checks alone, not encrypted, for probes. "
            "The listeners answer health checks too.",
            extra={"metavar": "HOST:PORT"},
        ),
    ] = None


def check_listener(key: str, listener: ListenerConfig) -> None:
    """Raise ConfigError for the first value of LISTENER that cannot be; KEY is its place."""
    if listener.address.startswith("unix-abstract:"):
        raise ConfigError(f"{key}: an abstract Unix socket is open to all users; use unix:/PATH")
    if listener.path is None:
        parse_address(listener.address, key)
        if listener.mode is not None:
            raise ConfigError(f"{key}: mode is for a Unix socket")
        return
    _check_path(key, listener.path)
    if listener.mode is not None and not _MODE.fullmatch(listener.mode):
        raise ConfigError(f"{key}: mode {listener.mode!r} must have three octal digits, such as 0660")


def missing(listener: ListenerConfig) -> Iterator[str]:
    """The keys that LISTENER lacks of those that a listener which other machines can reach requires."""
    if not listener.is_local:
        yield from ("tls", "authenticators", "[policies]")


def parse_address(address: str, key: str = "listen") -> tuple[str, int]:
    """Host and port of HOST:PORT, brackets around an IPv6 host kept; raises ConfigError, which names KEY."""
    host, _, port = address.rpartition(":")
    is_port = port.isascii() and port.isdigit() and int(port) <= _MAX_PORT
    if not (is_port and _HOST.fullmatch(host)):
        raise ConfigError(f"{key}: {address!r} must have the form HOST:PORT")
    return host, int(port)


def _check_path(key: str, path: str) -> None:
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise ConfigError(f"{key}: {_UNIX + path!r} must have the form unix:/PATH")
    if len(path.encode()) > _MAX_PATH_BYTES:
        raise ConfigError(f"{key}: the path of a Unix socket must have at most {_MAX_PATH_BYTES} bytes")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False  # where another name leads, is not known
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
