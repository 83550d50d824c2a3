"""tablectl as a process: most tests run it in this process, and both are the same."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, Run, process_runner, runner

_SPEC = "TableName: Music\nKeySchema: [{AttributeName: Artist, KeyType: HASH}]\n"


@pytest.mark.parametrize(
    ("code", "arguments", "stdin", "more"),
    [
        (0, ["--version"], "", {}),
        (0, ["table", "create", "--help"], "", {}),
        (64, [], "", {}),
        (64, ["tabel", "list"], "", {}),
        (64, ["call", "ListTables", "-"], "no JSON", {}),
        (1, ["validate", "-f", "-"], _SPEC, {}),
        (0, ["table", "list", "--filter", "table=no-such-table"], "", {}),
        (1, ["table", "describe", "no-such-table"], "", {}),
        (1, ["table", "list"], "", {"TABLEADMIN_SERVER": "127.0.0.1:1"}),
        (0, ["call", "DescribeLimits", "{}", "-o", "yaml"], "", {}),
        (0, ["context", "list"], "", {}),
        (
            0,
            [],
            "",
            {"_TABLECTL_COMPLETE": "bash_complete", "COMP_WORDS": "tablectl t", "COMP_CWORD": "1"},
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_process_is_the_same(
    served: dict[str, str], code: int, arguments: Sequence[str], stdin: str, more: dict[str, str]
) -> None:
    """A process ends and writes as tablectl does in this process."""
    process, here = (run(served)(*arguments, stdin=stdin, **more) for run in (process_runner, runner))
    assert code == process.returncode
    assert (process.returncode, _lasting(process.stdout), _lasting(process.stderr)) == (
        here.returncode,
        _lasting(here.stdout),
        _lasting(here.stderr),
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_process_without_standard_streams(
    served: dict[str, str], table: str, tmp_path: Path, closed: str
) -> None:
    """A process that is started without standard streams has the exit code of its result."""
    spec = tmp_path / "table.yaml"
    spec.write_text(process_runner(served)("export", table).stdout)
    missing = tmp_path / "missing.yaml"
    for code, file in ((0, spec), (1, missing)):
        words = shlex.join([str(PROGRAM), "plan", "-f", str(file)])
        shell = ["/bin/sh", "-c", f"exec {words} {closed}"]
        ran = subprocess.run(shell, env=served, capture_output=True, text=True, timeout=60, check=False)
        assert code == ran.returncode, ran.stderr
        assert "internal error" not in ran.stderr


def _lasting(text: str) -> str:
    """TEXT without the id of the request, which no two calls share."""
    return "\n".join(line.partition("request")[0] for line in text.splitlines())


def test_the_environment_comes_back(offline: Run) -> None:
    """A run in this process leaves the environment of this process alone."""
    before = dict(os.environ)
    assert 0 == offline("--version", TABLEADMIN_SERVER="h:1").returncode
    assert before == dict(os.environ)
