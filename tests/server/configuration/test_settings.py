"""Flags, variables, `--help` and docs/reference/settings.md derive from the configuration structs."""

from pathlib import Path
from runpy import run_path
from typing import Annotated

import click
import msgspec
import pytest
from click.testing import CliRunner

from tableadmin_server.command import SettingOption, command
from tableadmin_server.config import (
    AuditConfig,
    ConnectionsConfig,
    EndpointConfig,
    HealthConfig,
    ListenerConfig,
    MetricsConfig,
    PoliciesConfig,
    ServerConfig,
    TlsConfig,
    TracesConfig,
)
from tableadmin_server.config.authenticator import KINDS, StaticToken
from tableadmin_server.config.limits import LimitsConfig
from tableadmin_server.settings import SECTIONS, Setting, settings

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    ServerConfig,
    ListenerConfig,
    TlsConfig,
    ConnectionsConfig,
    HealthConfig,
    MetricsConfig,
    TracesConfig,
    AuditConfig,
    PoliciesConfig,
    EndpointConfig,
)
OF_THE_FILE: tuple[type[msgspec.Struct], ...] = (*KINDS, LimitsConfig, StaticToken)
OF_LISTENERS: tuple[type[msgspec.Struct], ...] = (ListenerConfig, TlsConfig)
FILE_ONLY = {
    *("authenticators", "default_endpoint", "endpoints", "listeners", "health", "connections", "policies"),
    *("metrics", "traces"),
    *("audit", "audit_sync", "limits"),
    *("policies_approval_timeout", "policies_price_files"),
    *("connections_max_age", "connections_max_age_grace", "connections_max_metadata"),
    *(field.name for struct in (*OF_THE_FILE, *OF_LISTENERS) for field in msgspec.structs.fields(struct)),
}
ROOT = Path(__file__).parents[3]


def every_setting() -> list[Setting]:
    """The settings of all configuration structs."""
    return [setting for section in SECTIONS for setting in section.settings]


def test_each_field_is_described() -> None:
    """Each field of a configuration struct has a sentence that describes it."""
    fields = [field.name for struct in (*STRUCTS, *OF_THE_FILE) for field in msgspec.structs.fields(struct)]
    assert fields == [setting.name for setting in every_setting()]
    for setting in every_setting():
        assert setting.description[:1].isupper(), setting.name
        assert setting.description.endswith("."), setting.name


def test_each_setting_has_a_flag() -> None:
    """Each setting has a flag whose help says what it means, default and bounds, or is for the file."""
    flags = {each.opts[0]: each for each in command.params if isinstance(each, click.Option)}
    assert {setting.full_name for setting in every_setting() if not setting.has_flag} == FILE_ONLY
    for setting in every_setting():
        assert (setting.flag in flags) == setting.has_flag
        if setting.has_flag:
            shown = str(flags[setting.flag].help)
            assert shown.startswith(setting.description)
            default = (
                str(setting.default).lower()
                if setting.kind is bool
                else str(setting.default).removesuffix(".0")
            )
            assert setting.default is None or f"default: {default}" in shown
            assert setting.bounds in shown


def test_numbers_have_bounds_and_times_a_unit() -> None:
    """Each number has a least and a greatest value, and each one that need not be whole has a unit."""
    for setting in every_setting():
        assert bool(setting.bounds) == (setting.kind in (int, float)), setting.name
        assert (setting.unit is not None) == (setting.kind is float), setting.name


def test_help_is_what_the_server_prints() -> None:
    """`--help` shows description, unit, default and bounds of a setting."""
    printed = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    assert "--read-timeout SECONDS Response timeout. [default: 10; 0<x<=3600]" in printed
    assert "--retry-mode [standard|adaptive|legacy] Retry mode of botocore. [default: standard]" in printed


@pytest.mark.parametrize("default", [True, False])
def test_a_flag_that_is_on(*, default: bool) -> None:
    """A flag turns on what is off, or off what is on; an absent one changes nothing."""
    parameter = msgspec.Meta(description="Whether it is so.")
    (setting,) = settings(msgspec.defstruct("Config", [("so", Annotated[bool, parameter], default)]))
    option = SettingOption(setting)
    assert f"Whether it is so.  [default: {str(default).lower()}]" == option.help
    made = click.Command("server", params=[option], callback=lambda so: click.echo(repr(so)))
    given = ["--no-so" if default else "--so"]
    assert ["None\n", f"{not default}\n"] == [CliRunner().invoke(made, each).output for each in ([], given)]


def test_a_new_field_is_a_setting() -> None:
    """A field that is added to a struct has flag, variable, bounds and default from its one declaration."""

    class Config(msgspec.Struct):
        slow_calls: Annotated[
            float, msgspec.Meta(description="Slow.", extra={"unit": "seconds"}, gt=0, le=9)
        ] = 0.5

    (setting,) = settings(Config)

    assert ("--slow-calls", "TABLEADMIN_SLOW_CALLS") == (setting.flag, setting.variable)
    assert ("default: 0.5; 0<x<=9", "seconds", float) == (setting.limits, setting.unit, setting.kind)


def test_a_field_without_a_description_is_refused() -> None:
    """A field that does not describe itself is refused by name."""

    class Config(msgspec.Struct):
        undescribed: int = 1

    with pytest.raises(TypeError, match=r"Config\.undescribed has no description"):
        list(settings(Config))


def test_the_page_is_generated() -> None:
    """docs/reference/settings.md is what `make settings` writes, byte for byte."""
    page = run_path(str(ROOT / "server/generate_settings.py"))["page"]
    assert page() == (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8"), "run make settings"
