"""tablectl on a terminal: questions, drawing, progress, Ctrl-C."""

import re
import time
from collections.abc import Callable

import pytest

from tests.cli.running import Run, runner
from tests.cli.terminal import Terminal

StartTerminal = Callable[..., Terminal]


def test_the_name_deletes(terminal: StartTerminal, tablectl: Run, table: str) -> None:
    """On a terminal a table is deleted once its name was typed."""
    session = terminal("table", "delete", table, "--wait")
    session.read_until("Type the name to confirm: ")
    session.type(f"{table}\n")
    assert 0 == session.end()
    assert f"table {table} is deleted" in session.screen
    assert table not in tablectl("table", "list").stdout.splitlines()


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("yes\n", 1, "nothing changed: 'yes' is not"),
        ("\n", 1, "nothing changed: '' is not"),
        ("\x04", 1, "nothing changed: '' is not"),
        ("\x03", 130, ""),
    ],
    ids=["another word", "nothing", "Ctrl-D", "Ctrl-C"],
)
def test_anything_else_does_not(
    terminal: StartTerminal, tablectl: Run, table: str, typed: str, code: int, said: str
) -> None:
    """Any other answer leaves the table alone."""
    session = terminal("table", "delete", table)
    session.read_until("Type the name to confirm: ")
    session.type(typed)
    assert code == session.end()
    assert said in session.screen
    assert "Traceback" not in session.screen
    assert table in tablectl("table", "list").stdout.splitlines()


def test_an_index_is_asked_for_too(terminal: StartTerminal, tablectl: Run, table: str) -> None:
    """An index is deleted once its own name was typed."""
    tablectl("index", "create", table, "Idx", "--hash-key", "G:S", "--read", "1", "--write", "1", "--wait")
    session = terminal("index", "delete", table, "Idx", "--wait")
    session.read_until("Type the name to confirm: ")
    session.type("Idx\n")
    assert 0 == session.end()
    assert "" == tablectl("index", "list", table).stdout


@pytest.mark.parametrize("columns", [40, 100])
def test_a_table_fits_its_terminal(terminal: StartTerminal, table: str, tablectl: Run, columns: int) -> None:
    """Nothing is wider than the terminal; what would not fit side by side stands one below the other."""
    tablectl("index", "create", table, "Idx", "--hash-key", "G:S", "--read", "1", "--write", "1", "--wait")
    session = terminal("table", "describe", table, columns=columns)
    assert 0 == session.end()
    lines = session.screen.splitlines()
    assert [] == [line for line in lines if len(line) > columns]
    assert (columns == 100) == any(line.startswith("INDEX") for line in lines)
    assert any(line.split()[:2] == ["Index", "Idx"] for line in lines) == (columns == 40)


def test_colours_are_optional(terminal: StartTerminal, table: str) -> None:
    """A terminal has colours, unless NO_COLOR asks for none."""
    coloured = terminal("table", "describe", table)
    coloured.end()
    assert "\x1b[32mACTIVE" in coloured.raw
    plain = terminal("table", "describe", table, NO_COLOR="1")
    plain.end()
    assert "\x1b[32m" not in plain.raw


def test_progress_lives_on_one_line(terminal: StartTerminal, slow: dict[str, str], table_name: str) -> None:
    """While it waits, a terminal shows what is pending and for how long; at the end that line is deleted."""
    create = ["--hash-key", "A:S", "--read", "1", "--write", "1", "--wait"]
    session = terminal("table", "create", table_name, *create, **slow)
    session.read_until(f"{table_name}: table: CREATING (")
    assert 0 == session.end()
    assert re.search(rf"{table_name}: table: CREATING \(\d s\)", session.raw)
    assert session.screen.splitlines()[-1].endswith(f"table {table_name} ACTIVE")


def test_ctrl_c_stops_the_waiting(terminal: StartTerminal, slow: dict[str, str], table_name: str) -> None:
    """Ctrl-C ends the waiting with 130 and says that what was begun goes on, and it does."""
    create = ["--hash-key", "A:S", "--read", "1", "--write", "1", "--wait"]
    session = terminal("table", "create", table_name, *create, **slow)
    session.read_until("CREATING")
    session.type("\x03")
    assert 130 == session.end()
    assert f"tablectl: stopped waiting for {table_name}; the change continues" in session.screen
    assert "Traceback" not in session.screen
    tablectl = runner(slow)
    deadline = time.monotonic() + 60
    while "ACTIVE" not in tablectl("table", "describe", table_name).stdout:
        assert time.monotonic() < deadline
