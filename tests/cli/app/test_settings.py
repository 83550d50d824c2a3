"""The settings of a run, and where each is taken from."""

import pytest

from tableadmin.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT
from tableadmin.cli.app.settings import SETTINGS, duration, resolve

NO_TOKEN = dict.fromkeys(("token", "token_file", "token_command"), (None, "default"))
NO_TLS = dict.fromkeys(("tls_ca", "tls_cert", "tls_key"), (None, "default"))


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
        **NO_TOKEN,
        **NO_TLS,
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
        **NO_TOKEN,
        **NO_TLS,
    } == {name: (each.text, each.origin) for name, each in resolved.items()}


def test_a_variable_is_checked_where_it_counts() -> None:
    """A wrong value in the environment is an error, unless a flag replaces the value."""
    wrong = {"TABLEADMIN_TIMEOUT": "soon"}
    assert "1s" == resolve({"timeout": "1s"}, wrong, {}, None)["timeout"].text
    with pytest.raises(ValueError, match="TABLEADMIN_TIMEOUT: 'soon' is not a duration"):
        resolve({}, wrong, {}, None)


@pytest.mark.parametrize("way", ["token_file", "token_command"])
def test_the_first_source_of_a_token_counts(way: str) -> None:
    """A flag with one way to the token replaces other ways of the environment and of the context."""
    environment = {"TABLEADMIN_TOKEN": "secret"}
    resolved = resolve({way: "given"}, environment, {"token_command": "print"}, "home")
    tokens = {name: resolved[name].text for name in NO_TOKEN}
    assert {"token": None, "token_file": None, "token_command": None, way: "given"} == tokens
    assert "secret" == resolve({}, environment, {"token_command": "print"}, "home")["token"].text


def test_two_ways_to_a_token_from_one_source() -> None:
    """One source has one way to the token."""
    with pytest.raises(ValueError, match="give one of them"):
        resolve({"token_file": "a", "token_command": "b"}, {}, {}, None)


def test_a_token_is_never_shown() -> None:
    """The text of a secret is not shown."""
    assert "(hidden)" == resolve({}, {"TABLEADMIN_TOKEN": "secret"}, {}, None)["token"].shown


def test_defaults_are_the_clients() -> None:
    """The defaults of tablectl are those of the client."""
    assert DEFAULT_TARGET == SETTINGS["server"].default
    assert DEFAULT_TIMEOUT == duration(SETTINGS["timeout"].default or "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), ("1d", 86400.0), (" 0.5 s ", 0.5)],
)
def test_duration(text: str, seconds: float) -> None:
    """A duration is in seconds unless it says minutes, hours or days."""
    assert seconds == duration(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1w", "m", "1e3", "inf"])
def test_no_duration(text: str) -> None:
    """A duration is a number more than nothing, and maybe a unit."""
    with pytest.raises(ValueError, match="is not a duration such as 10s, 5m or 2h"):
        duration(text)


@pytest.mark.parametrize("text", ["876001h", "9" * 20, "9" * 400])
def test_too_long_a_duration(text: str) -> None:
    """A duration is at most 100 years."""
    with pytest.raises(ValueError, match="is longer than 100 years"):
        duration(text)
