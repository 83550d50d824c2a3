"""What holds for every command of tablectl, whatever it does: help, escapes, closed pipes and exit codes."""

import io
import os
import re
import sys
from pathlib import Path
from typing import IO
from unittest.mock import patch

import click
import pytest

from tableadmin.cli.app import exit_codes
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.program import run
from tests.cli.app.test_help import COMMANDS, _find
from tests.cli.running import Run

PAGE = Path(__file__).parents[3] / "docs/guides/tablectl.md"
# Commands that ask a server, or that wait for input, get an answer or none within this time.
_SOON = "0.1s"
# A line to copy is not wrapped.
_EXAMPLE = "Example: "
LEAVES = [path for path in COMMANDS if not isinstance(_find(path), Group)]


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("path", [(), *COMMANDS], ids=lambda path: " ".join(path) or "tablectl")
def test_help_fits(offline: Run, path: tuple[str, ...], columns: int) -> None:
    """No line of help is wider than the terminal, and none holds an escape."""
    ran = offline(*path, "--help", COLUMNS=str(columns))
    assert (0, "") == (ran.returncode, ran.stderr)
    assert [] == [
        each for each in ran.stdout.splitlines() if len(each) > columns and not each.startswith(_EXAMPLE)
    ]
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_wrong_usage(offline: Run, path: tuple[str, ...]) -> None:
    """An option that is not there is one line on standard error and exit code 64, and nothing is asked."""
    ran = offline(*path, "--no-such-option")
    assert (exit_codes.USAGE_ERROR, "") == (ran.returncode, ran.stdout)
    assert re.fullmatch(
        rf"tablectl: No such option '?--no-such-option.* Try 'tablectl {' '.join(path)} --help'\.\n",
        ran.stderr,
    )


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_huge_numbers(offline: Run, path: tuple[str, ...]) -> None:
    """A number larger than a request can have is wrong usage of each option that takes numbers."""
    command = _find(path)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option) and isinstance(parameter.type, click.types.IntParamType):
            ran = offline(*path, parameter.opts[0], "9" * 20)
            assert (exit_codes.USAGE_ERROR, "") == (ran.returncode, ran.stdout)
            assert f"Invalid value for '{parameter.opts[0]}'" in ran.stderr


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_without_arguments_and_server(offline: Run, path: tuple[str, ...]) -> None:
    """Without arguments and server a command succeeds, or says in one line why it does not."""
    ran = offline(*path, "--timeout", _SOON)
    assert ran.returncode in {0, exit_codes.SERVICE_ERROR, exit_codes.USAGE_ERROR}, ran
    assert "\x1b" not in ran.stdout + ran.stderr
    if ran.returncode:
        assert ("", True) == (ran.stdout, ran.stderr.startswith("tablectl: "))
        assert 1 == ran.stderr.count("\n")
    assert "internal error" not in ran.stderr


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=lambda path: " ".join(path) or "tablectl")
def test_a_closed_pipe(
    path: tuple[str, ...], environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Where nobody reads standard output any more, a command ends without a word, as by SIGPIPE."""
    reading, writing = os.pipe()
    os.close(reading)
    with (
        patch.object(os, "environ", environment),
        patch.object(sys, "stdout", io.TextIOWrapper(io.FileIO(writing, "w"), write_through=True)),
    ):
        assert exit_codes.CLOSED_PIPE == run([*path, "--help"])
    assert ("", "") == capfd.readouterr()


@pytest.mark.parametrize("closed", ["stdin", "stdout", "stderr"])
@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_a_closed_stream(
    path: tuple[str, ...],
    closed: str,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A command without a standard stream ends as one whose stream is the null device."""
    arguments = [*path, "--timeout", _SOON]
    codes = []
    monkeypatch.setattr(os, "environ", environment)
    for stream in (None, _null(closed)):
        with patch.object(sys, closed, stream):
            codes.append(run(arguments))
            getattr(sys, closed).close()
    assert codes[0] == codes[1]
    assert "internal error" not in capfd.readouterr().err


def _null(name: str) -> IO[str]:
    return Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf-8")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=lambda path: " ".join(path) or "tablectl")
def test_no_colour(path: tuple[str, ...], environment: dict[str, str]) -> None:
    """With NO_COLOR no help and no error has a colour, on a terminal either."""
    for arguments in ("--help", "--no-such-option"):
        out, err = _Terminal(), _Terminal()
        with (
            patch.object(os, "environ", {**environment, "NO_COLOR": "1", "TERM": "xterm-256color"}),
            patch.multiple(sys, stdout=out, stderr=err),
        ):
            run([*path, arguments])
        assert "\x1b" not in out.getvalue() + err.getvalue()


def test_the_documented_exit_codes() -> None:
    """docs/guides/tablectl.md lists the exit codes that there are."""
    codes = {int(each) for each in re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)}
    named = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {0, *named} == codes


def test_every_option_is_spelled_alike() -> None:
    """Options are lower case words with hyphens, and no command has two of the same name."""
    for path in LEAVES:
        command = _find(path)
        assert command is not None
        options = [opt for each in command.params if isinstance(each, click.Option) for opt in each.opts]
        assert len(options) == len(set(options)), path
        assert [] == [
            each for each in options if not re.fullmatch(r"--[a-z0-9]+(-[a-z0-9]+)*|-[a-zA-Z]", each)
        ]
