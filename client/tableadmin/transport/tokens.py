"""Where a client takes the token from that proves who calls, and where a token may be sent to."""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import grpc

from tableadmin.errors import TableAdminError, Unauthenticated

Headers: TypeAlias = tuple[tuple[str, str], ...]
# A command line, or its words.
Command: TypeAlias = str | Sequence[str]

# Seconds that a command may take; it may ask a person to log in.
_COMMAND_SECONDS = 120.0
# Seconds that a command's token is used if the token does not say when it expires.
_UNKNOWN_LIFETIME = 300.0
# Seconds before a token expires at which a command is asked for the next one.
_MARGIN = 30.0
# Seconds in which a command's token is new: the next one would be no better.
_NEW = 5.0


class InsecureTarget(ValueError):
    """A token would leave this machine without TLS."""


class TokenSource(Protocol):
    """Gives the headers that a call proves its caller with."""

    def is_at_hand(self) -> bool:
        """Whether `headers` answers without waiting for a command."""

    def headers(self) -> Headers:
        """The headers of a call that begins now; raises Unauthenticated where there is no token."""

    def is_renewed(self, error: TableAdminError, sent: Headers) -> bool:
        """Whether a call that ended in ERROR with the headers SENT has better ones now."""


@dataclass(frozen=True)
class FixedToken:
    """The same token in each call, or none."""

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
    """The token in the file at PATH, which is read again when the file has changed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._version: tuple[int, int, int] | None = None
        self._headers: Headers = ()

    def is_at_hand(self) -> bool:
        """Always: the file is on this machine."""
        return True

    def headers(self) -> Headers:
        """The token that is in the file now."""
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
        """Whether the server refused the token, and the file has another one."""
        return _is_refusal(error) and self.headers() != sent


class CommandToken:
    """The token that COMMAND writes to standard output.

    The command runs again shortly before the token expires, which a JSON Web Token says. Another token is
    used for 5 minutes. The command also runs again when the server refuses the token.
    """

    def __init__(self, command: Command) -> None:
        self._words = shlex.split(command) if isinstance(command, str) else list(command)
        self._lock = threading.Lock()
        self._headers: Headers = ()
        self._made = self._ends = -float("inf")

    def is_at_hand(self) -> bool:
        """Whether the token is young enough."""
        return time.time() < self._ends

    def headers(self) -> Headers:
        """The token; waits for the command if need be."""
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
        try:
            done = subprocess.run(  # noqa: S603 - what the user has chosen to run
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
    """The one that is given; raises ValueError for two."""
    if sum(each is not None for each in (token, token_file, token_command)) > 1:
        raise ValueError("give one of token, token_file and token_command")
    if token_file is not None:
        return FileToken(token_file)
    return FixedToken(token) if token_command is None else CommandToken(token_command)


def check_target(target: str) -> None:
    """Raise InsecureTarget where a token that is sent to TARGET without TLS would leave this machine."""
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
        # Between the slashes may be a name server, which is free to lead anywhere.
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
    """Until when TOKEN, made NOW, is used, in seconds of Unix time."""
    try:
        payload = token.split(".")[1]
        ends = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return max(float(ends) - _MARGIN, now + (float(ends) - now) / 2)
    except (IndexError, KeyError, TypeError, ValueError):
        return now + _UNKNOWN_LIFETIME


def _is_refusal(error: TableAdminError) -> bool:
    """Whether the service itself refused the credentials, before it did anything."""
    return (
        isinstance(error, Unauthenticated)
        and error.domain == "tableadmin"
        and error.reason.startswith("CREDENTIALS_")
    )


def _no_token(problem: str) -> Unauthenticated:
    return Unauthenticated(problem, grpc.StatusCode.UNAUTHENTICATED, reason="TOKEN_UNAVAILABLE")
