"""The settings of a run, and where each is taken from."""

import pytest

from tableadmin.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT
from tableadmin.cli.app.settings import SETTINGS, duration, resolve


def test_flag_before_environment_before_context_before_default() -> None:
    """A setting is what the flag says, else the environment, else the context, else the default."""
    given = {"server": "flag:1"}
    environment = {"TABLEADMIN_SERVER": "env:1", "TABLEADMIN_ENDPOINT": "env", "TABLEADMIN_OUTPUT": ""}
    context = {"server": "ctx:1", "endpoint": "ctx", "timeout": "5s"}
    chosen = resolve(given, environment, context, "home")
    assert {
        "server": ("flag:1", "flag"),
        "endpoint": ("env", "environment"),
        "timeout": ("5s", "context home"),
        "output": ("table", "default"),
    } == {name: (each.text, each.origin) for name, each in chosen.items()}


def test_a_context_of_a_flag_comes_before_the_environment() -> None:
    """The context that --context names beats the environment, and a flag beats both."""
    flags = {"context": "home", "timeout": "1s"}
    environment = {"TABLEADMIN_SERVER": "env:1", "TABLEADMIN_ENDPOINT": "env", "TABLEADMIN_TIMEOUT": "2s"}
    resolved = resolve(flags, environment, {"server": "ctx:1", "timeout": "3s"}, "home")
    assert {
        "server": ("ctx:1", "context home"),
        "endpoint": ("env", "environment"),
        "timeout": ("1s", "flag"),
        "output": ("table", "default"),
    } == {name: (each.text, each.origin) for name, each in resolved.items()}


def test_a_variable_is_checked_where_it_counts() -> None:
    """A wrong value in the environment is an error, unless a flag replaces the value."""
    wrong = {"TABLEADMIN_TIMEOUT": "soon"}
    assert "1s" == resolve({"timeout": "1s"}, wrong, {}, None)["timeout"].text
    with pytest.raises(ValueError, match="TABLEADMIN_TIMEOUT: 'soon' is not a duration"):
        resolve({}, wrong, {}, None)


def test_defaults_are_the_clients() -> None:
    """The defaults of tablectl are those of the client."""
    assert DEFAULT_TARGET == SETTINGS["server"].default
    assert DEFAULT_TIMEOUT == duration(SETTINGS["timeout"].default or "")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), (" 0.5 s ", 0.5)]
)
def test_duration(text: str, seconds: float) -> None:
    """A duration is in seconds unless it says minutes or hours."""
    assert seconds == duration(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1d", "m", "1e3", "inf", "9" * 400])
def test_no_duration(text: str) -> None:
    """A duration is finite and more than nothing."""
    with pytest.raises(ValueError, match="is not a duration such as 10s, 5m or 2h"):
        duration(text)
