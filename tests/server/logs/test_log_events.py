"""docs/reference/logs.md and the events that the server logs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tableadmin_server.logs import logs
from tableadmin_server.operations.execution.reconcile import WaitsFor

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "critical"}
# Functions that log the event which is their first argument, at the level info.
FUNCTIONS = {"log_event", "_log_event", "_switch_on"}
# The outcome of a call decides on its level.
CALL_ENDED = "call ended"


def logged() -> Iterator[tuple[str, str, str]]:
    """The place of each line of the code that logs, the level, and an event."""
    for file in sorted((ROOT / "server" / "tableadmin_server").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and (level := level_of(node)):
                for event in texts(node.args[level == "log"], tree):
                    yield f"{file.name}:{node.lineno}", level, event


def level_of(call: ast.Call) -> str | None:
    """The level at which CALL logs; "log" where the call decides, None where it logs nothing."""
    name = ast.unparse(call.func).removeprefix("self.")
    if name in FUNCTIONS:
        return "info"
    logger, _, method = name.rpartition(".")
    return method if logger == "_log" and method in {*LEVELS, "log"} else None


def texts(event: ast.expr, tree: ast.Module) -> Iterator[str]:
    """What EVENT can be: a text, or what its variable is set to in the module; parameters are nothing."""
    if isinstance(event, ast.Constant):
        yield str(event.value)
    elif isinstance(event, ast.IfExp):
        yield from texts(event.body, tree)
        yield from texts(event.orelse, tree)
    elif isinstance(event, ast.Name):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == event.id:
                yield from texts(node.value, tree)
    else:
        raise TypeError(f"line {event.lineno}: the event must be a text")


def test_each_event_is_documented() -> None:
    """The tables of docs/reference/logs.md have each event of the server with its level, and no others."""
    rows = re.findall(r"^\| `([^`]+)` \| (DEBUG|INFO|WARNING|ERROR) \|", PAGE, re.MULTILINE)
    events = {(event, level.upper()) for _, level, event in logged() if event != CALL_ENDED}
    events.add((logs._LOST, "WARNING"))
    assert len(rows) == len(set(rows))
    assert events == set(rows)
    assert f"`{CALL_ENDED}`" in PAGE
    assert CALL_ENDED in {event for _, _, event in logged()}


def test_each_wait_is_documented() -> None:
    """docs/reference/logs.md has each kind of wait of an operation, and no others."""
    (table,) = re.findall(r"^\| `waits_for` .*\n\|---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert sorted(WaitsFor) == sorted(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))
