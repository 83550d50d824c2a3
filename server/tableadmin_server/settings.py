"""The settings of the server as data for flags, variables and docs, read from the structs in `config`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from tableadmin_server.config import (
    AuditConfig,
    ConnectionsConfig,
    EndpointConfig,
    HealthConfig,
    LimitsConfig,
    ListenerConfig,
    MetricsConfig,
    PoliciesConfig,
    ServerConfig,
    TlsConfig,
    TracesConfig,
)
from tableadmin_server.config.authenticator import KINDS, StaticToken

PREFIX = "TABLEADMIN"


@dataclass(frozen=True)
class Setting:
    """One field of a configuration struct.

    `kind` is the type of a value. `choices` are the allowed values, () for any. `empty` says that an empty
    string is a value. `bounds` has the form `1<=x<=1000`, "" without bounds. `section` is the table of the
    file with the setting, "" for the top level.
    """

    name: str
    kind: type
    choices: tuple[str, ...]
    description: str
    default: object
    unit: str | None
    bounds: str
    metavar: str | None
    has_flag: bool
    empty: bool
    section: str = ""

    @property
    def full_name(self) -> str:
        """The name of the flag and the variable: the section and the name."""
        return f"{self.section}_{self.name}" if self.section else self.name

    @property
    def flag(self) -> str:
        """The flag of `tableadmin-server`."""
        return f"--{self.full_name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"{PREFIX}_{self.full_name.upper()}"

    @property
    def limits(self) -> str:
        """The default and the bounds in one line, "" if there is neither."""
        shown = isinstance(self.default, str | int | float) or (self.default and type(self.default) is tuple)
        default = f"default: {_plain(self.default)}" if shown else ""
        return "; ".join(filter(None, (default, self.bounds)))


def settings(struct: type[msgspec.Struct], section: str = "") -> Iterator[Setting]:
    """Yield the settings of STRUCT, which is the table SECTION of the file.

    Raises TypeError for a field without a description.
    """
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{struct.__name__}.{field.name} has no description")
        value, meta = get_args(hint)
        setting = _setting(field.name, value, meta, None if field.required else field.default)
        yield replace(setting, section=section)


def _setting(name: str, value: Any, meta: msgspec.Meta, default: object) -> Setting:  # noqa: ANN401 - a type form
    extra = meta.extra or {}
    return Setting(
        name=name,
        kind=_kind(value),
        choices=get_args(value) if get_origin(value) is Literal else (),
        description=meta.description or "",
        default=default,
        unit=extra.get("unit"),
        bounds=_bounds(meta),
        metavar=extra.get("metavar"),
        has_flag=extra.get("flag", True),
        empty=extra.get("empty", False),
    )


def _kind(value: Any) -> type:  # noqa: ANN401 - a type form
    """The type of a value: `str` for `str | None` and for a Literal of strings."""
    first: Any = next((each for each in get_args(value) if each is not NoneType), value)
    return str if get_origin(value) is Literal else get_origin(first) or first


def _bounds(meta: msgspec.Meta) -> str:
    below = (
        f"{_plain(meta.ge)}<="
        if meta.ge is not None
        else f"{_plain(meta.gt)}<"
        if meta.gt is not None
        else ""
    )
    above = f"<={_plain(meta.le)}" if meta.le is not None else ""
    return f"{below}x{above}" if below or above else ""


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


class Section(NamedTuple):
    """The settings of a table of the configuration file, with their text in docs/reference/settings.md."""

    title: str
    text: str
    settings: tuple[Setting, ...]


SECTIONS = (
    Section("Keys of the server", "", tuple(settings(ServerConfig))),
    Section(
        "Keys of a listener",
        "In the configuration file these keys stand in `[[listeners]]`, a table for each listener.",
        tuple(settings(ListenerConfig)),
    ),
    Section(
        "Keys of the TLS of a listener",
        "In the configuration file these keys stand in `[listeners.tls]`, after their `[[listeners]]`.",
        tuple(settings(TlsConfig)),
    ),
    Section(
        "Keys of connections",
        "In the configuration file these keys stand in `[connections]`.",
        tuple(settings(ConnectionsConfig, "connections")),
    ),
    Section(
        "Keys of health checks",
        "In the configuration file these keys stand in `[health]`.",
        tuple(settings(HealthConfig, "health")),
    ),
    Section(
        "Keys of metrics",
        "In the configuration file these keys stand in `[metrics]`. [Metrics](metrics.md) lists the\n"
        "metrics.",
        tuple(settings(MetricsConfig, "metrics")),
    ),
    Section(
        "Keys of traces",
        "In the configuration file these keys stand in `[traces]`. [Traces](traces.md) describes the\n"
        "traces.",
        tuple(settings(TracesConfig, "traces")),
    ),
    Section(
        "Keys of the audit",
        "In the configuration file these keys stand in `[audit]`.",
        tuple(settings(AuditConfig, "audit")),
    ),
    Section(
        "Keys of policies",
        "In the configuration file these keys stand in `[policies]`.",
        tuple(settings(PoliciesConfig, "policies")),
    ),
    Section(
        "Keys of an endpoint",
        "In the configuration file these keys stand in `[endpoints.NAME]`. Their flags and variables\n"
        "describe the one endpoint of a server without a configuration file.",
        tuple(settings(EndpointConfig)),
    ),
    *(
        Section(
            f'Keys of an authenticator with `kind = "{kind.__struct_config__.tag}"`',
            "In the configuration file these keys stand in `[authenticators.NAME]`. Names of principals and\n"
            "groups begin with `NAME/`.",
            tuple(settings(kind)),
        )
        for kind in KINDS
    ),
    Section(
        "Keys of limits",
        "In the configuration file these keys stand in `[limits]`. The first four stand in\n"
        '`[limits.principals."TYPE::AUTHENTICATOR/NAME"]` too.',
        tuple(settings(LimitsConfig)),
    ),
    Section(
        "Keys of a static token",
        "In the configuration file these keys stand in `[[authenticators.NAME.tokens]]`.",
        tuple(settings(StaticToken)),
    ),
)
