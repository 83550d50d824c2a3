"""What tablectl says of itself, and what it loads to say it."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import click
import pytest
from click.testing import CliRunner

from tableadmin import __version__
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.program import tablectl as root
from tests.cli.running import Run
from tests.cli.terminal import Terminal
from tests.server_process import ServerProcess

_HEAVY = ("grpc", "google.protobuf", "rich", "yaml", "tableadmin.v1", "importlib.metadata")


def _commands(group: Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        yield (*path, name)
        if isinstance(command, Group):
            yield from _commands(command, (*path, name))


COMMANDS = list(_commands(root))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    """Every command has a line that says what it does, and an example of one line that parses."""
    result = CliRunner().invoke(root, [*path, "--help"])
    assert 0 == result.exit_code
    assert re.search(r"^  [A-Z].*[.a-z]$", result.output, re.MULTILINE)
    if isinstance(_find(path), Group):
        return
    example = re.search(r"^Example: (?:source <\()?tablectl (.*?)\)?$", result.output, re.MULTILINE)
    assert example is not None
    assert " ".join(path) == " ".join(example[1].split()[: len(path)])


def _find(path: tuple[str, ...]) -> click.Command | None:
    command: click.Command | None = root
    for name in path:
        assert isinstance(command, Group)
        command = command.get_command(click.Context(command), name)
    return command


def test_help_loads_click_alone() -> None:
    """The help of every command loads neither grpc nor protobuf, rich or yaml; nor does --version."""
    lines = [["--help"], ["--version"], *([*path, "--help"] for path in COMMANDS)]
    script = (
        "import sys; from tableadmin.cli.app.program import run;"
        f"codes = [run(line) for line in {lines!r}];"
        f"print(codes, [name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    assert f"{[0] * len(lines)} []\n" == _python(script).stderr


# Modules that take long to load and that a list of names does not need.
_LARGE = (
    *("rich", "yaml", "ssl", "subprocess", "asyncio", "asyncio.events", "grpc.aio", "grpc.aio._channel"),
    *("google.protobuf.internal.python_message", "google.protobuf.text_format"),
    *("random", "shutil", "tempfile"),
)


def test_a_list_loads_no_large_modules(embedded_server: ServerProcess) -> None:
    """A command that lists names loads nothing to draw with, no TLS, and no asyncio."""
    script = (
        "import sys; from tableadmin.cli.app.program import run;"
        f"code = run(['table', 'list', '--server', {embedded_server.address!r}]);"
        "loaded = {name for name, module in sys.modules.items() if type(module) is type(sys)};"
        f"print(code, 'grpc' in loaded, loaded & {set(_LARGE)!r})"
    )
    assert "0 True set()" == _python(script).stdout.splitlines()[-1]


def test_the_asyncio_client_after_a_list(embedded_server: ServerProcess) -> None:
    """A program that runs tablectl in-process can use the asyncio client and asyncio afterwards."""
    script = (
        "import sys; from tableadmin.cli.app.program import run;"
        f"run(['table', 'list', '--server', {embedded_server.address!r}]);"
        "import asyncio; from tableadmin.aio import Client\n"
        "async def endpoints():\n"
        f"    async with Client({embedded_server.address!r}) as client:\n"
        "        return len(await client.list_endpoints())\n"
        "print(asyncio.run(endpoints()))"
    )
    assert "1" == _python(script).stdout.splitlines()[-1]


def test_a_list_with_protobuf_in_python(embedded_server: ServerProcess) -> None:
    """A command works with protobuf in Python too, which machines without protobuf in C use."""
    script = (
        "import os, sys; os.environ['PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION'] = 'python';"
        "from tableadmin.cli.app.program import run;"
        f"print(run(['endpoints', '--server', {embedded_server.address!r}]));"
        "from google.protobuf.internal import api_implementation; print(api_implementation.Type())"
    )
    assert ["0", "python"] == _python(script).stdout.splitlines()[-2:]


def _python(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )


def test_version(offline: Run) -> None:
    """--version says the version."""
    assert f"tablectl {__version__}\n" == offline("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["tabel", "list"], "Did you mean 'table'?"),
        (["table", "creat"], "Did you mean 'create'?"),
        (["table", "list", "--max-item", "3"], "Did you mean '--max-items'?"),
        (["call", "DescribTable"], "did you mean DescribeTable?"),
    ],
)
def test_a_typo_suggests_the_nearest(offline: Run, arguments: list[str], near: str) -> None:
    """A typo in a command, an option or an RPC ends with the nearest one, and exit code 64."""
    ran = offline(*arguments)
    assert (64, "") == (ran.returncode, ran.stdout)
    assert near.lower() in ran.stderr.lower()
    assert 1 == len(ran.stderr.splitlines())


def test_no_arguments(offline: Run) -> None:
    """Without arguments the help goes to standard error, with exit code 64."""
    ran = offline()
    assert (64, "") == (ran.returncode, ran.stdout)
    assert ran.stderr.startswith("Usage: tablectl")


@pytest.mark.parametrize("path", [(), ("table", "create"), ("context", "set")], ids=" ".join)
def test_help_fits_40_columns(terminal: Callable[..., Terminal], path: tuple[str, ...]) -> None:
    """On 40 columns no line of help is wider, but for the example, which is there to be copied."""
    session = terminal(*path, "--help", columns=40)
    assert 0 == session.end()
    lines = [line for line in session.screen.splitlines() if not line.startswith("Example: ")]
    assert [] == [line for line in lines if len(line) > 40]
