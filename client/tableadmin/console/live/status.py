"""Whether the service answers, as the page shows it."""

from __future__ import annotations

from tableadmin.console.live.board import Board

# The kind of key under which the board has it.
STATUS = "status"
# The service itself; everything else that has a status is asked of the service.
SERVICE = "service"


def reached(board: Board, what: str) -> None:
    """The service answers when it is asked for WHAT: tables or operations."""
    board.put(STATUS, what, {"state": "live", "reason": ""})


def lost(board: Board, what: str, reason: str) -> None:
    """The service does not answer for REASON, and is asked again."""
    board.put(STATUS, what, {"state": "reconnecting", "reason": reason})


def refused(board: Board, what: str, reason: str) -> None:
    """The service answers that it does not give WHAT, for REASON."""
    board.put(STATUS, what, {"state": "refused", "reason": reason})


def forget(board: Board, what: str) -> None:
    """Nothing is known of WHAT."""
    board.remove(STATUS, what)


def is_lost(board: Board) -> bool:
    """Whether tables or operations are lost."""
    found = board.of_kind(STATUS)
    return any(
        isinstance(each, dict) and each["state"] == "reconnecting"
        for what, each in found.items()
        if what != SERVICE
    )
