"""The settings of a run of tablectl, and their sources: flag, environment, context or default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import click

from tableadmin.cli.output.output_formats import FORMATS

_OUTPUTS = tuple(FORMATS)
DEFAULT_SERVER = "127.0.0.1:50051"

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
# Seconds: 100 years. gRPC takes a longer deadline for one that has passed.
_LONGEST = 100 * 365 * 24 * 3600.0
_FROM_FLAGS = "tableadmin.cli.settings"


def _text(text: str) -> object:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _output(text: str) -> object:
    if text not in _OUTPUTS:
        raise ValueError(f"{text!r} is not one of {', '.join(_OUTPUTS)}")
    return text


def duration(text: str) -> float:
    """Return the seconds of `90`, `90s`, `1.5m`, `2h` or `7d`, at most 100 years. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not seconds:
        raise ValueError(f"{text!r} is not a duration such as 10s, 5m or 2h")
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is longer than 100 years")
    return seconds


@dataclass(frozen=True)
class Setting:
    """A setting: its flags, its default, and the check of a text, which raises ValueError.

    A setting without flags comes from a variable or a context, because other users can see the flags of a
    process. A secret is never shown.
    """

    name: str
    flags: tuple[str, ...]
    metavar: str
    help: str
    parse: Callable[[str], object]
    default: str | None = None
    choices: tuple[str, ...] = ()
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable of the setting."""
        return f"TABLEADMIN_{self.name.upper()}"


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("server", ("--server",), "HOST:PORT", "Address of the service.", _text, DEFAULT_SERVER),
        Setting(
            "endpoint",
            ("--endpoint",),
            "NAME",
            "DynamoDB endpoint, by its name in the service's configuration.",
            _text,
        ),
        Setting(
            "token_file",
            ("--token-file",),
            "FILE",
            "File with the token that identifies you to the service. A changed file is read again.",
            _text,
        ),
        Setting(
            "token_command",
            ("--token-command",),
            "COMMAND",
            "Command that writes the token to standard output.",
            _text,
        ),
        Setting("token", (), "TOKEN", "The token itself.", _text, is_secret=True),
        Setting(
            "tls_ca",
            ("--tls-ca",),
            "FILE|system",
            "Connect with TLS. FILE contains the CA certificates (PEM) to trust. 'system' trusts the CAs of "
            "this machine.",
            _text,
        ),
        Setting(
            "tls_cert",
            ("--tls-cert",),
            "FILE",
            "Client certificate (PEM) that identifies you to the service. Connects with TLS.",
            _text,
        ),
        Setting("tls_key", ("--tls-key",), "FILE", "Private key (PEM) of the client certificate.", _text),
        Setting("timeout", ("--timeout",), "DURATION", "Deadline of each call.", duration, "30s"),
        Setting(
            "output",
            ("-o", "--output"),
            "|".join(_OUTPUTS),
            "Output format.",
            _output,
            "table",
            _OUTPUTS,
        ),
    )
}


# The settings of the token. The first source with one of them takes precedence.
_TOKENS = ("token_file", "token_command", "token")
# Settings with credentials: other users must not read the context file.
CREDENTIALS = frozenset(_TOKENS)
# Settings that are paths. A context stores the absolute path.
FILES = frozenset({"token_file", "tls_ca", "tls_cert", "tls_key"})
# The value for the authorities that this machine trusts, in place of a path.
SYSTEM_CA = "system"


@dataclass(frozen=True)
class SettingValue:
    """The text of a setting and its source: `flag`, `context NAME`, `environment` or `default`."""

    text: str | None
    origin: str
    is_secret: bool = False

    @property
    def shown(self) -> str | None:
        """The text, hidden if it is a secret."""
        return "(hidden)" if self.text and self.is_secret else self.text


def resolve(
    flags: Mapping[str, str],
    environment: Mapping[str, str],
    context: Mapping[str, str],
    context_name: str | None,
) -> dict[str, SettingValue]:
    """Return each setting from its first source: flag, environment, context, default.

    A context of the flag --context precedes the environment.

    Raises ValueError, which names the variable, for an invalid text in the environment.
    """
    of_context = {name: SettingValue(text, f"context {context_name}") for name, text in context.items()}
    sources = [
        {name: SettingValue(text, "flag") for name, text in flags.items()},
        _from_environment(environment),
        of_context,
        {name: SettingValue(each.default, "default") for name, each in SETTINGS.items()},
    ]
    if "context" in flags:
        sources.insert(1, of_context)
    found = {name: next(source[name] for source in sources if name in source) for name in SETTINGS}
    found |= _token(sources)
    for name, value in found.items():
        if value.origin == "environment":
            _check_variable(SETTINGS[name], value.text or "")
    return found


def _token(sources: Sequence[Mapping[str, SettingValue]]) -> dict[str, SettingValue]:
    """Return the token setting of the first of SOURCES that has one. Raises ValueError if it has two."""
    given = next(filter(None, ({key: each[key] for key in _TOKENS if key in each} for each in sources)))
    if sum(value.text is not None for value in given.values()) > 1:
        named = ", ".join(given)
        raise ValueError(f"{next(iter(given.values())).origin}: {named}: give one of them")
    values = {key: given.get(key, SettingValue(None, "default")) for key in _TOKENS}
    return {key: replace(value, is_secret=SETTINGS[key].is_secret) for key, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, SettingValue]:
    texts = {name: environment.get(each.variable) for name, each in SETTINGS.items()}
    return {name: SettingValue(text, "environment") for name, text in texts.items() if text}


def _check_variable(setting: Setting, text: str) -> None:
    try:
        setting.parse(text)
    except ValueError as error:
        raise ValueError(f"{setting.variable}: {error}") from error


def from_flags(ctx: click.Context) -> dict[str, str]:
    """Return the settings on the command line of CTX, as texts by name."""
    return cast("dict[str, str]", ctx.meta.setdefault(_FROM_FLAGS, {}))
