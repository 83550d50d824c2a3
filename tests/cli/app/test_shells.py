"""Completion in real shells, without any configuration of their own."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, Run
from tests.cli.terminal import Terminal

_SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(tablectl completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "source <(tablectl completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "tablectl completion fish | source"),
}
# What is typed before the Tab key, and what the line becomes. T is the table.
_LINES = {
    "a command": ("tablectl tab", "tablectl table "),
    "an option": ("tablectl table list --max", "tablectl table list --max-items "),
    "the value of an option": ("tablectl table list -o markd", "tablectl table list -o markdown "),
    "a value after =": ("tablectl table list --output=markd", "tablectl table list --output=markdown"),
    "an endpoint": ("tablectl table list --endpoint emb", "tablectl table list --endpoint embedded "),
    "a context": ("tablectl context use stag", "tablectl context use staging "),
    "a table": ("tablectl table describe {half}", "tablectl table describe {table} "),
    "an index": ("tablectl index delete {table} Gen", "tablectl index delete {table} GenreIdx "),
    "a tag": ("tablectl tag remove {table} te", "tablectl tag remove {table} team "),
    "a tag with a colon": ("tablectl tag remove {table} cost:ce", "tablectl tag remove {table} cost:center "),
    "a file": ("tablectl plan -f spe", "tablectl plan -f specs.yaml "),
}


@pytest.fixture(params=list(_SHELLS))
def shell(
    request: pytest.FixtureRequest, served: dict[str, str], tmp_path: Path
) -> Iterator[Callable[[str, str], None]]:
    """What types a line into a shell that completes tablectl, presses Tab and expects another line."""
    command, setup = _SHELLS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: apt-get install {command[0]}")
    path = f"{PROGRAM.parent}:{served['PATH']}"
    environment = {**served, "PATH": path, "ZDOTDIR": str(tmp_path)}
    in_folder = ["sh", "-c", 'cd "$0" && exec "$@"', str(tmp_path), *command]
    terminal = Terminal(in_folder, environment, 200)
    terminal.type(f"{setup}; echo rea''dy\n")
    terminal.read_until("ready")

    def complete(typed: str, expected: str) -> None:
        terminal.raw = ""
        terminal.type(f"{typed}\t")
        terminal.read_until(expected)
        terminal.type("\x15")  # delete the line

    yield complete
    terminal.process.kill()
    with suppress(OSError):
        terminal.end()


def test_lines(shell: Callable[[str, str], None], tablectl: Run, table: str, tmp_path: Path) -> None:
    """Tab completes commands, options, values, and names of the service, the contexts and files."""
    (tmp_path / "specs.yaml").touch()
    tablectl("context", "set", "staging", "--server", "127.0.0.1:1")
    tablectl("tag", "set", table, "team=films", "cost:center=1")
    gsi = ("GenreIdx", "--hash-key", "G:S", "--read", "1", "--write", "1", "--wait")
    assert 0 == tablectl("index", "create", table, *gsi).returncode
    for typed, expected in _LINES.values():
        names = {"table": table, "half": table[:-4]}
        shell(typed.format(**names), expected.format(**names))
