"""Endpoints are listed; contexts are deleted and renamed."""

import json
import shutil
import subprocess

import pytest

from tests.cli.app.test_shell_completion import _complete
from tests.cli.running import Run


def test_endpoints_are_listed(tablectl: Run) -> None:
    """Each endpoint has its Region, and the default is marked."""
    (listed,) = json.loads(tablectl("endpoint", "list", "-o", "json").stdout)["Endpoints"]
    assert listed["IsDefault"]
    rows = tablectl("endpoint", "list", "--no-headers").stdout.split()
    assert [listed["Name"], "*", listed["Region"]] == rows[:3]
    assert [listed["Name"]] == _complete(tablectl, "table", "list", "--endpoint", "")


def test_contexts_are_renamed_and_deleted(offline: Run) -> None:
    """A context keeps its settings and its place under a new name; deleted it is the current one no more."""
    for name in ("one", "two"):
        offline("context", "set", name, "--server", f"{name}:1")
    assert 64 == offline("context", "rename", "one", "two").returncode
    assert 64 == offline("context", "rename", "one", "a b").returncode
    assert "renamed context one to first\n" == offline("context", "rename", "one", "first").stdout
    shown = json.loads(offline("context", "list", "-o", "json").stdout)
    assert {
        "Current": "first",
        "Contexts": {"first": {"server": "one:1"}, "two": {"server": "two:1"}},
    } == shown
    assert "deleted context first\n" == offline("context", "delete", "first").stdout
    shown = json.loads(offline("context", "list", "-o", "json").stdout)
    assert {"Current": None, "Contexts": {"two": {"server": "two:1"}}} == shown
    assert 64 == offline("context", "delete", "first").returncode


def test_tags_and_files_are_offered(tablectl: Run, table: str) -> None:
    """The keys of a table's tags are offered, and files where a file can be given."""
    tablectl("tag", "set", table, "team=audio", "stage=test")
    assert ["stage", "team"] == sorted(_complete(tablectl, "tag", "remove", table, ""))
    offered = tablectl(
        _TABLECTL_COMPLETE="bash_complete", COMP_WORDS="tablectl policy set T x", COMP_CWORD="4"
    )
    assert "file,x\n" == offered.stdout


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_without_compinit(offline: Run) -> None:
    """The script of zsh runs where nobody has called compinit."""
    script = offline("completion", "zsh").stdout
    ran = subprocess.run(["zsh", "-f"], input=script, text=True, capture_output=True, check=False)
    assert (0, "") == (ran.returncode, ran.stderr)


def test_the_script_of_zsh_needs_no_compinit(offline: Run) -> None:
    """It calls compinit itself where that is not done."""
    assert offline("completion", "zsh").stdout.startswith("(( $+functions[compdef] )) ||")


def test_files_have_urls(tablectl: Run, tmp_path: object, table: str) -> None:
    """A file can be named as the AWS CLI has it."""
    file = f"{tmp_path}/policy.json"
    with open(file, "w", encoding="utf-8") as policy:  # noqa: PTH123 - a text of the test
        policy.write(json.dumps({"TableName": table}))
    assert 0 == tablectl("call", "DescribeTable", f"file://{file}").returncode
