"""Shell completion."""

import subprocess
import time

import pytest

from tests.cli.running import Run
from tests.measuring import least


def _complete(tablectl: Run, *words: str) -> list[str]:
    """What bash would be offered for the last of WORDS."""
    line = ["tablectl", *words]
    ran = tablectl(_TABLECTL_COMPLETE="bash_complete", COMP_WORDS=" ".join(line), COMP_CWORD=str(len(words)))
    assert "" == ran.stderr
    return [offer.partition(",")[2] for offer in ran.stdout.split()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(offline: Run, shell: str) -> None:
    """Each shell has a script, which calls tablectl."""
    ran = offline("completion", shell)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert f"_TABLECTL_COMPLETE={shell}_complete" in ran.stdout.replace("env ", "")


def test_bash_takes_the_script(offline: Run) -> None:
    """Its script is bash: no syntax error."""
    script = offline("completion", "bash").stdout
    assert 0 == subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode


def test_commands(offline: Run) -> None:
    """Commands of every level are offered."""
    assert ["table", "ttl", "tag"] == _complete(offline, "t")
    assert ["create", "describe", "list", "update", "delete"] == _complete(offline, "table", "")
    assert ["--on-demand"] == _complete(offline, "table", "create", "--on")


def test_names_of_tables_and_indexes(tablectl: Run, table: str) -> None:
    """Tables and indexes are offered by asking the service."""
    tablectl(
        "index", "create", table, "GenreIdx", "--hash-key", "G:S", "--read", "1", "--write", "1", "--wait"
    )
    assert [table] == _complete(tablectl, "table", "describe", table[:8])
    assert [table] == _complete(tablectl, "tag", "list", table[:8])
    assert ["GenreIdx"] == _complete(tablectl, "index", "delete", table, "G")


def test_rpcs_and_choices(offline: Run) -> None:
    """RPCs, the forms of output and stream views are offered."""
    assert ["DescribeTable", "DescribeTableReplicaAutoScaling"] == _complete(offline, "call", "DescribeTab")
    assert ["json", "jsonl"] == _complete(offline, "limits", "-o", "j")
    assert ["OLD_IMAGE"] == _complete(offline, "table", "create", "--stream", "O")


def test_contexts(offline: Run) -> None:
    """Contexts are offered, and the servers and endpoints that they name."""
    offline("context", "set", "local", "--server", "one:1", "--endpoint", "eu")
    assert ["local"] == _complete(offline, "table", "list", "--context", "l")
    assert ["local"] == _complete(offline, "context", "use", "")
    assert ["eu"] == _complete(offline, "table", "list", "--endpoint", "")
    assert ["one:1"] == _complete(offline, "--server", "")


def test_nothing_where_the_server_is_down(offline: Run) -> None:
    """Without a server nothing is offered and nothing said, soon."""

    def seconds() -> float:
        began = time.monotonic()
        assert [] == _complete(offline, "table", "describe", "")
        assert [] == _complete(offline, "index", "delete", "Music", "")
        return time.monotonic() - began

    assert least(seconds, 10) < 10
