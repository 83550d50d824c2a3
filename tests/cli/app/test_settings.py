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
