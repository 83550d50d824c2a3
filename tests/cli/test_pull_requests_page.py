"""The workflows of docs/guides/pull-requests.md: their shell steps run as they stand there."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.cli.running import PROGRAM, Run

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "pull-requests.md").read_text(encoding="utf-8")
GITHUB, GITLAB, _ = (yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))

# What stands in for the tools of the hosts: it writes down its arguments, and answers as the host does.
_GH = """#!/bin/sh
echo "gh $*" >> "$HOST/calls"
case "$1 $2" in
  "api repos"*) echo "$GITHUB_SHA-head" ;;
  "run list") echo 42 ;;
  "run download") cp "$HOST/tables.plan" . ;;
  "pr comment") cp comment.md "$HOST/comment" ;;
esac
"""
_GLAB = """#!/bin/sh
echo "glab $*" >> "$HOST/calls"
case "$*" in
  *"--method PUT"* | *"--method POST"*) cp comment.md "$HOST/comment" ;;
  *notes*) cat "$HOST/notes" ;;
  *merge_requests) echo '[{"iid": 7}]' ;;
  *artifacts*) cat "$HOST/tables.plan" ;;
esac
"""


class Runner:
    """A machine of the host on which jobs run, each in an empty folder with the files of the repository."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        tools = folder / "tools"
        tools.mkdir()
        for name, text in (("gh", _GH), ("glab", _GLAB)):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        self.host = folder / "host"
        self.host.mkdir()
        (self.host / "notes").write_text("[]")
        path = os.pathsep.join([str(tools), str(PROGRAM.parent), os.environ["PATH"]])
        self._environment = {
            **environment,
            "PATH": path,
            "HOST": str(self.host),
            "GITHUB_REPOSITORY": "example/tables",
            "GITHUB_SHA": uuid4().hex,
            "PULL_REQUEST": "7",
            "CI_PROJECT_ID": "1",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_COMMIT_SHA": uuid4().hex,
        }
        self._folder = folder
        self._jobs = 0

    def run(self, spec: str, script: str) -> "subprocess.CompletedProcess[str]":
        """Run the SCRIPT of a job in a repository that has SPEC."""
        self._jobs += 1
        workspace = self._folder / f"job{self._jobs}"
        (workspace / "tables").mkdir(parents=True)
        (workspace / "tables" / "music.yaml").write_text(spec)
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=workspace,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        saved = workspace / "tables.plan"
        if saved.exists():
            (self.host / "tables.plan").write_bytes(saved.read_bytes())
        return done

    @property
    def comment(self) -> str:
        """The comment of the pull request."""
        return (self.host / "comment").read_text()


def _github(job: str) -> str:
    steps: list[dict[str, Any]] = GITHUB["jobs"][job]["steps"]
    return "\n".join(each["run"] for each in steps if "run" in each)


def _gitlab(job: str) -> str:
    return "\n".join(GITLAB[job]["script"])


JOBS = {"GitHub": _github, "GitLab": _gitlab}


@pytest.fixture
def runner(served: dict[str, str], tmp_path: Path) -> Runner:
    """A machine whose `tablectl` uses the embedded engine."""
    return Runner(served, tmp_path)


def _spec(name: str, units: int) -> str:
    return (
        f"TableName: {name}\n"
        "AttributeDefinitions:\n"
        "  - AttributeName: Artist\n"
        "    AttributeType: S\n"
        "KeySchema:\n"
        "  - AttributeName: Artist\n"
        "    KeyType: HASH\n"
        "ProvisionedThroughput:\n"
        f"  ReadCapacityUnits: {units}\n"
        "  WriteCapacityUnits: 5\n"
    )


@pytest.mark.parametrize("host", JOBS)
def test_planned_reviewed_and_applied(runner: Runner, tablectl: Run, table_name: str, host: str) -> None:
    """The pull request gets the plan as a comment, and the merge makes the table."""
    job = JOBS[host]
    planned = runner.run(_spec(table_name, 5), job("plan"))
    assert 0 == planned.returncode, planned.stderr
    assert runner.comment.startswith("### tablectl plan: 1 to create")
    assert f"<b>{table_name}: create</b>" in runner.comment
    applied = runner.run(_spec(table_name, 5), job("apply"))
    assert 0 == applied.returncode, applied.stderr
    described = json.loads(tablectl("table", "describe", table_name, "-o", "json").stdout)
    assert 5 == described["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"]
    tablectl("table", "delete", table_name, "--yes")


@pytest.mark.parametrize("host", JOBS)
def test_a_table_that_has_moved(runner: Runner, tablectl: Run, table: str, host: str) -> None:
    """If the table was changed after the review, the merge applies nothing."""
    spec = tablectl("export", table).stdout.replace("ReadCapacityUnits: 5", "ReadCapacityUnits: 9")
    planned = runner.run(spec, JOBS[host]("plan"))
    assert 0 == planned.returncode, planned.stderr
    tablectl("table", "update", table, "--read", "7", "--write", "5", "--wait")
    applied = runner.run(spec, JOBS[host]("apply"))
    assert 1 == applied.returncode
    assert "nothing changed: changed since the plan was made" in applied.stderr
    described = json.loads(tablectl("table", "describe", table, "-o", "json").stdout)
    assert 7 == described["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"]


@pytest.mark.parametrize("host", JOBS)
def test_a_spec_in_another_form(runner: Runner, table_name: str, host: str) -> None:
    """The pull request fails, and shows what fmt would change, if a spec is not in the canonical form."""
    planned = runner.run(_spec(table_name, 5).replace("  -", "-").replace("    ", "  "), JOBS[host]("plan"))
    assert 2 == planned.returncode
    assert "+  - AttributeName: Artist" in planned.stdout


def test_the_comment_is_updated(runner: Runner, table_name: str) -> None:
    """A second plan changes the comment of the first: by an option of gh, and by the note in GitLab."""
    (runner.host / "notes").write_text(
        '[{"id": 3, "body": "LGTM"}, {"id": 4, "body": "### tablectl plan: 1"}]'
    )
    assert 0 == runner.run(_spec(table_name, 5), _gitlab("plan")).returncode
    assert 0 == runner.run(_spec(table_name, 5), _github("plan")).returncode
    calls = (runner.host / "calls").read_text()
    assert "--method PUT projects/1/merge_requests/7/notes/4" in calls
    assert "pr comment 7 --body-file comment.md --edit-last --create-if-none" in calls
