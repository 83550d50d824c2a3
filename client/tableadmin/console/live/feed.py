"""A thread that follows something at the service until it is stopped, through all outages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Event, Thread

from tableadmin.console.live import status
from tableadmin.console.live.board import Board
from tableadmin.errors import ClientClosed, PermissionDenied, TableAdminError, Unimplemented

# Seconds before the service is asked again after an error, and after an answer that will not change soon.
_AGAIN = 1.0
_AGAIN_REFUSED = 20.0


class Feed(ABC):
    """Follows WHAT, tables or operations, and puts it on BOARD."""

    what: str

    def __init__(self, board: Board) -> None:
        self.board = board
        self._stopped = Event()
        self._thread = Thread(target=self._run, daemon=True, name=f"console-{self.what}")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns before the thread has ended."""
        self._stopped.set()
        self._interrupt()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def pause(self, seconds: float) -> None:
        """Wait for SECONDS, or until `stop`."""
        self._stopped.wait(seconds)

    @abstractmethod
    def _follow(self) -> None:
        """Put what is there on the board until the stream ends; raises TableAdminError."""

    @abstractmethod
    def _interrupt(self) -> None:
        """Make `_follow` return."""

    def _run(self) -> None:
        while not self.is_stopped:
            try:
                self._follow()
            except ClientClosed:
                return
            except (PermissionDenied, Unimplemented) as error:
                status.refused(self.board, self.what, str(error))
                self.pause(_AGAIN_REFUSED)
            except TableAdminError as error:
                status.lost(self.board, self.what, str(error))
                self.pause(_AGAIN)
