"""Whether the service answers while tables or operations do not come: if so, the endpoint is the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.console.live import status
from tableadmin.console.live.feed import Feed
from tableadmin.errors import DeadlineExceeded, TableAdminError, Unavailable

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.console.live.board import Board

# Seconds between two looks at the board, and for one answer of the service.
_INTERVAL = 0.5
_TIMEOUT = 3.0


class Service(Feed):
    """Calls the service of CLIENT while something is lost, and puts on the board whether it answers.

    The board has no status of the service while nothing is lost.
    """

    what = status.SERVICE

    def __init__(self, board: Board, client: Client) -> None:
        super().__init__(board)
        self._client = client.with_options(timeout=_TIMEOUT)

    def _follow(self) -> None:
        while not self.is_stopped:
            if status.is_lost(self.board):
                self._ask()
            else:
                status.forget(self.board, status.SERVICE)
            self.pause(_INTERVAL)

    def _interrupt(self) -> None:
        """Nothing: `stop` ends the pause, and a call ends soon."""

    def _ask(self) -> None:
        """Any answer shows that the service is there, also an error that is not about reaching it."""
        try:
            self._client.who_am_i()
        except (Unavailable, DeadlineExceeded):
            raise
        except TableAdminError:
            pass
        status.reached(self.board, status.SERVICE)
