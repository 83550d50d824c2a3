"""The context file."""

from pathlib import Path

import pytest

from tableadmin.cli.app import context_file
from tableadmin.cli.app.context_file import Contexts
from tableadmin.cli.app.exit_codes import InputError
from tests.cli.running import Run


def test_no_file(tmp_path: Path) -> None:
    """Without a file there are no contexts."""
    assert Contexts() == context_file.load(tmp_path / "none.toml")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """What is saved is loaded again, whatever the texts, and only the owner may read it."""
    file = tmp_path / "deep" / "contexts.toml"
    contexts = Contexts({"a": {"server": 'h:1"\\\né\x7f'}, "b": {"endpoint": "eu", "timeout": "2m"}}, "b")
    context_file.save(contexts, file)
    assert contexts == context_file.load(file)
    assert 0o600 == file.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("current = ", "Invalid value"),
        ("curent = 'a'", "curent: unknown key, did you mean 'current'?"),
        ("current = 'a'", "current: there is no context 'a'"),
        ("contexts = 1", "contexts: must be a table"),
        ("contexts.a = 1", "contexts.a: must be a table"),
        ("[contexts.a]\nsever = 'h:1'", "contexts.a.sever: unknown key, did you mean 'server'?"),
        ("[contexts.a]\nserver = true", "contexts.a.server: must be text"),
        ("[contexts.a]\nserver = ''", "contexts.a.server: must not be empty"),
        ("[contexts.a]\ntimeout = 'soon'", "contexts.a.timeout: 'soon' is not a duration"),
        (
            "[contexts.a]\noutput = 'xml'",
            "contexts.a.output: 'xml' is not one of table, wide, name, markdown, json",
        ),
        ("[contexts.'a b']", "'a b': a context is named with letters"),
    ],
)
def test_a_malformed_file_names_the_key(offline: Run, tmp_path: Path, text: str, message: str) -> None:
    """A malformed file ends every command with one line that names file and key, and exit code 64."""
    file = tmp_path / "tableadmin" / "contexts.toml"
    file.parent.mkdir()
    file.write_text(text)
    ran = offline("table", "list")
    assert 64 == ran.returncode
    assert ran.stderr.startswith(f"tablectl: {file}: ")
    assert message in ran.stderr
    assert 1 == len(ran.stderr.splitlines())


def test_a_number_is_a_timeout(tmp_path: Path) -> None:
    """A timeout may be a number of seconds."""
    file = tmp_path / "contexts.toml"
    file.write_text("[contexts.a]\ntimeout = 10")
    assert {"timeout": "10"} == context_file.load(file).get("a")


def test_unknown_context() -> None:
    """A context that is not there is refused with one that is near."""
    with pytest.raises(InputError, match="there is no context 'lokal', did you mean 'local'"):
        Contexts({"local": {}}).get("lokal")


def test_contexts_from_first_to_last(offline: Run) -> None:
    """The first context set is used at once; `use` changes that, and `show` says where a setting is from."""
    assert ", now the current context" in offline("context", "set", "local", "--server", "h:1").stdout
    assert (
        ", now the current context"
        not in offline("context", "set", "far", "--server", "h:2", "--timeout", "5s").stdout
    )
    assert "far is the current context\n" == offline("context", "use", "far").stdout
    listed = offline("context", "list").stdout.splitlines()
    assert ["*", "far", "h:2", "5s"] == listed[2].split()
    shown = offline("context", "show", TABLEADMIN_SERVER="").stdout.splitlines()
    assert ["server", "h:2", "context", "far"] == shown[1].split()
    shown = offline("context", "show", "--context", "local", TABLEADMIN_SERVER="").stdout.splitlines()
    assert ["server", "h:1", "context", "local"] == shown[1].split()
    assert "h:1" in offline("table", "list", TABLEADMIN_SERVER="", TABLEADMIN_CONTEXT="local").stderr


def test_set_changes_what_is_given(offline: Run) -> None:
    """Setting one thing of a context keeps the others."""
    offline("context", "set", "a", "--server", "h:1")
    offline("context", "set", "a", "--endpoint", "eu")
    assert ["*", "a", "h:1", "eu"] == offline("context", "list").stdout.splitlines()[1].split()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "a"], "Give at least one of --server"),
        (["set", "a b", "--server", "h:1"], "a context is named with letters"),
        (["use", "none"], "there is no context 'none'"),
        (["show", "--context", "none"], "there is no context 'none'"),
    ],
)
def test_wrong_use_of_contexts(offline: Run, arguments: list[str], message: str) -> None:
    """Wrong use ends with one line and exit code 64."""
    ran = offline("context", *arguments)
    assert 64 == ran.returncode
    assert message in ran.stderr


def test_a_wrong_variable_is_named(offline: Run) -> None:
    """A wrong value in the environment is told by the variable's name."""
    ran = offline("table", "list", TABLEADMIN_TIMEOUT="soon")
    assert (64, "tablectl: TABLEADMIN_TIMEOUT: 'soon' is not a duration such as 10s, 5m or 2h\n") == (
        ran.returncode,
        ran.stderr,
    )


@pytest.mark.parametrize("setting", ["token", "token_file", "token_command"])
@pytest.mark.parametrize(("mode", "refused"), [(0o600, False), (0o400, False), (0o640, True), (0o602, True)])
def test_credentials_are_kept_from_others(tmp_path: Path, setting: str, mode: int, refused: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """A file with credentials that other users may read or change is refused."""
    file = tmp_path / "contexts.toml"
    file.write_text(f'[contexts.a]\n{setting} = "x"\n')
    file.chmod(mode)
    if refused:
        with pytest.raises(InputError, match="chmod 600"):
            context_file.load(file)
    else:
        assert {"a": {setting: "x"}} == context_file.load(file).named


def test_a_file_without_credentials_may_be_read(tmp_path: Path) -> None:
    """A file with addresses alone is nobody's secret."""
    file = tmp_path / "contexts.toml"
    file.write_text('[contexts.a]\nserver = "h:1"\n')
    file.chmod(0o644)
    assert context_file.load(file).named


def test_a_draft_that_others_may_read(tmp_path: Path) -> None:
    """What is saved is the owner's alone, whatever an earlier run has left behind."""
    file = tmp_path / "contexts.toml"
    file.with_suffix(".new").touch(mode=0o644)
    context_file.save(Contexts({"a": {"token": "x"}}), file)
    assert 0o600 == file.stat().st_mode & 0o777
