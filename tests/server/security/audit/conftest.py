"""Audits in this process, and what their files hold."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tableadmin_server.security.identity import Caller, Principal

ANA = Caller(Principal("User", "corp/ana", frozenset({"corp/music"})), "jwt", "10.0.0.7:4711", "tablectl/1")


def records(path: Path) -> list[dict[str, Any]]:
    """The records in the audit file at PATH and in the older ones, oldest first."""
    older = sorted(path.parent.glob(f"{path.name}.[0-9]*"), key=lambda each: -int(each.suffix[1:]))
    return [each for file in (*older, path) for each in parsed(file.read_bytes().splitlines())]


def parsed(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The records that LINES are."""
    return [json.loads(line) for line in lines if line]


def whole_records(path: Path) -> list[dict[str, Any]]:
    """The records in the file at PATH but for lines that a kill has cut."""
    return parsed(
        line for line in path.read_bytes().splitlines() if line.endswith(b"}") and line.startswith(b"{")
    )
