"""The sources of a client's token, and the targets that a token may be sent to."""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import shlex
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import grpc

from tableadmin.errors import TableAdminError, Unauthenticated

Headers: TypeAlias = tuple[tuple[str, str], ...]
# A command line, or its arguments.
Command: TypeAlias = str | Sequence[str]

# The timeout of a token command, in seconds. A command may ask a person to log in.
_COMMAND_SECONDS = 120.0
# How long a command's token without an expiry time is used, in seconds.
_UNKNOWN_LIFETIME = 300.0
# How long before the expiry of a token the command runs again, in seconds.
_MARGIN = 30.0
# How long a command's token is new, in seconds. A refused new token is not replaced.
_NEW = 5.0


class InsecureTarget(ValueError):
    """A token would be sent to another machine without TLS."""


class TokenSource(Protocol):
    """A source of the headers that authenticate the caller."""

    def is_at_hand(self) -> bool:
        """Whether `headers` returns without waiting for a command."""

    def headers(self) -> Headers:
        """Return the headers of a new call. Raises Unauthenticated if there is no token."""

    def is_renewed(self, error: TableAdminError, sent: Headers) -> bool:
        """Whether newer headers than SENT exist for a call that failed with ERROR."""


@dataclass(frozen=True)
class FixedToken:
    """A constant token, or none."""

    token: str | None

    def is_at_hand(self) -> bool:
        """Always."""
        return True

    def headers(self) -> Headers:
        """The token."""
        return _headers(self.token) if self.token else ()

    def is_renewed(self, error: TableAdminError, sent: Headers) -> bool:
        """Never."""
        del error, sent
        return False


class FileToken:
    """The token in the file at PATH. A changed file is read again."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._version: tuple[int, int, int] | None = None
        self._headers: Headers = ()

    def is_at_hand(self) -> bool:
        """Always: reading a file is fast."""
        return True

    def headers(self) -> Headers:
        """Return the token in the file. Raises Unauthenticated if the file has none."""
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_ino, found.st_size)
            if version != self._version:
                self._headers = _headers(self._path.read_text(encoding="utf-8"), f"token file {self._path}")
                self._version = version
        except OSError as error:
            raise _no_token(f"token file {self._path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise _no_token(f"token file {self._path}: not text") from error
        return self._headers

    def is_renewed(self, error: TableAdminError, sent: Headers) -> bool:
        """Whether the server refused the token and the file has another token."""
        return _is_refusal(error) and self.headers() != sent


class CommandToken:
    """The token that COMMAND writes to standard output.

    The command runs again shortly before a JSON Web Token expires, and every 5 minutes for other tokens. The
    command also runs again when the server refuses the token.
    """

    def __init__(self, command: Command) -> None:
        self._words = shlex.split(command) if isinstance(command, str) else list(command)
        self._lock = threading.Lock()
        self._headers: Headers = ()
        self._made = self._ends = -float("inf")

    def is_at_hand(self) -> bool:
        """Whether the current token is still used."""
        return time.time() < self._ends

    def headers(self) -> Headers:
        """Return the token. Runs the command if there is no current token."""
        with self._lock:
            if not self.is_at_hand():
                token = self._run()
                self._headers = _headers(token, "token command")
                self._made = time.time()
                self._ends = _last_use(token, self._made)
            return self._headers

    def is_renewed(self, error: TableAdminError, sent: Headers) -> bool:
        """Whether the server refused a token that the command can replace."""
        with self._lock:
            if not _is_refusal(error):
                return False
            if sent == self._headers:
                if time.time() - self._made < _NEW:
                    return False
                self._ends = -float("inf")
            return True

    def _run(self) -> str:
        import subprocess  # noqa: PLC0415 - clients without a token command need not wait for subprocess

        try:
            done = subprocess.run(  # noqa: S603 - the user configures the command
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=_COMMAND_SECONDS,
                check=True,
                encoding="utf-8",
            )
        except subprocess.CalledProcessError as error:
            raise _no_token(f"token command exited with code {error.returncode}") from None
        except subprocess.TimeoutExpired:
            raise _no_token(f"token command took longer than {_COMMAND_SECONDS:g} seconds") from None
        except (OSError, UnicodeDecodeError) as error:
            raise _no_token(f"token command: {getattr(error, 'strerror', 'not text')}") from None
        return done.stdout


def token_source(
    token: str | None, token_file: str | os.PathLike[str] | None, token_command: Command | None
) -> TokenSource:
    """Return the source of the given argument. Raises ValueError for more than one."""
    if sum(each is not None for each in (token, token_file, token_command)) > 1:
        raise ValueError("give one of token, token_file and token_command")
    if token_file is not None:
        return FileToken(token_file)
    return FixedToken(token) if token_command is None else CommandToken(token_command)


def check_target(target: str) -> None:
    """Raise InsecureTarget if TARGET, without TLS, may be another machine."""
    if not is_local(target):
        raise InsecureTarget(
            f"a token is not sent to {target} without TLS: use TLS, or a server at 127.0.0.1 or a Unix socket"
        )


def is_local(target: str) -> bool:
    """Whether the gRPC target TARGET is on this machine for certain."""
    scheme, colon, rest = target.partition(":")
    if colon and scheme in ("unix", "unix-abstract"):
        return True
    if scheme in ("dns", "ipv4", "ipv6", "passthrough"):
        target = rest
    if target.startswith("//"):
        # A target can name a DNS server between its slashes, and a DNS server can resolve to any machine.
        authority, _, target = target.removeprefix("//").partition("/")
        if authority:
            return False
    return all(_is_loopback(_host(each)) for each in target.split(","))


def _host(address: str) -> str:
    """The host of HOST, HOST:PORT or [HOST]:PORT."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address if address.count(":") > 1 else address.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _headers(text: str, where: str = "token") -> Headers:
    token = text.strip()
    if not token:
        raise _no_token(f"{where}: empty")
    if not all("!" <= char <= "~" for char in token):
        raise _no_token(f"{where}: not a token: more than one line, or characters that no token has")
    return (("authorization", f"Bearer {token}"),)


def _last_use(token: str, now: float) -> float:
    """Return the Unix time in seconds until which TOKEN, created at NOW, is used."""
    try:
        payload = token.split(".")[1]
        ends = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return max(float(ends) - _MARGIN, now + (float(ends) - now) / 2)
    except (IndexError, KeyError, TypeError, ValueError):
        return now + _UNKNOWN_LIFETIME


def _is_refusal(error: TableAdminError) -> bool:
    """Whether the service itself refused the credentials, before any effect."""
    return (
        isinstance(error, Unauthenticated)
        and error.domain == "tableadmin"
        and error.reason.startswith("CREDENTIALS_")
    )


def _no_token(problem: str) -> Unauthenticated:
    return Unauthenticated(problem, grpc.StatusCode.UNAUTHENTICATED, reason="TOKEN_UNAVAILABLE")
