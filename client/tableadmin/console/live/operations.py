"""The operations of an endpoint on the board.

The service has no stream of all operations. The newest are listed from time to time, and at once when a table
has changed; each operation that has not ended is followed by a stream.
"""

from __future__ import annotations

from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, cast

from tableadmin.cli.views.operations.operation_text import UNFINISHED_STATES, has_ended
from tableadmin.console.live import operation_rows, status
from tableadmin.console.live.feed import Feed
from tableadmin.errors import NotFound, TableAdminError
from tableadmin.streams.operations import KnownOperations, ResumableOperationWatch
from tableadmin.v1 import OperationState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tableadmin.client import Client
    from tableadmin.console.live.board import Board
    from tableadmin.streams.stream import Stream
    from tableadmin.v1 import Operation, WatchOperationResponse

OPERATIONS = "operations"

# Seconds between listings without a reason.
_INTERVAL = 5.0
# Seconds between listings at least: a table that changes has an event every 0.25 seconds.
_SHORTEST = 0.5
# How many operations are listed, and how many the board keeps.
_LISTED = 100
_KEPT = 500
_UNFINISHED = tuple(OperationState.Value(f"OPERATION_STATE_{each}") for each in UNFINISHED_STATES)


class Operations(Feed):
    """Lists the operations that CLIENT sees, and has FOLLOWER follow those that have not ended."""

    what = OPERATIONS

    def __init__(self, board: Board, client: Client) -> None:
        super().__init__(board)
        self._client = client
        self._wanted = Event()
        self._follower = _Follower(board, client)

    def start(self) -> None:
        """Begin."""
        super().start()
        self._follower.start()

    def stop(self) -> None:
        """End."""
        super().stop()
        self._follower.stop()

    def look(self) -> None:
        """List soon: something may have begun."""
        self._wanted.set()

    def _follow(self) -> None:
        # Operations can wait for weeks, behind any number of newer ones.
        self._put(islice(self._client.list_operations(states=_UNFINISHED), _KEPT))
        while not self.is_stopped:
            self._wanted.clear()
            self._put(islice(self._client.list_operations(page_size=_LISTED), _LISTED))
            status.reached(self.board, OPERATIONS)
            self.pause(_SHORTEST)
            self._wanted.wait(_INTERVAL)

    def _interrupt(self) -> None:
        self._wanted.set()

    def _put(self, operations: Iterable[Operation]) -> None:
        listed = list(operations)
        for each in listed:
            self.board.put(OPERATIONS, each.operation_id, operation_rows.row(each))
        self._follower.follow(each for each in listed if not has_ended(each))
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Take operations that have ended off the board, the oldest first, if there are too many."""
        shown = cast("dict[str, dict[str, object]]", self.board.of_kind(OPERATIONS))
        # IDs of newer operations sort after IDs of older operations.
        over = [name for name in sorted(shown) if shown[name]["ended"]]
        for name in over[: max(0, len(shown) - _KEPT)]:
            self.board.remove(OPERATIONS, name)


class _Follower(Feed):
    """Follows operations that have not ended, all in one stream."""

    what = OPERATIONS

    def __init__(self, board: Board, client: Client) -> None:
        super().__init__(board)
        self._client = client
        self._ids: set[str] = set()
        self._added = Event()
        self._stream: Stream[WatchOperationResponse] | None = None

    def follow(self, operations: Iterable[Operation]) -> None:
        """Follow OPERATIONS too."""
        new = {each.operation_id for each in operations} - self._ids
        if new:
            self._ids |= new
            self._interrupt()

    def _follow(self) -> None:
        self._added.wait()
        self._added.clear()
        known = KnownOperations.by_ids(sorted(self._ids))
        if not known.ids:
            return
        try:
            self._stream_of(known)
        except NotFound:
            # A record was deleted. The next listing has those that are left.
            self._ids.clear()
        except TableAdminError:
            self._added.set()
            raise

    def _stream_of(self, known: KnownOperations) -> None:
        with self._client.stream(ResumableOperationWatch(known, known.latest)) as stream:
            self._stream = stream
            if self.is_stopped:
                return
            for response in stream:
                self._received(response.operation)

    def _received(self, operation: Operation) -> None:
        self.board.put(OPERATIONS, operation.operation_id, operation_rows.row(operation))
        if has_ended(operation):
            self._ids.discard(operation.operation_id)

    def _interrupt(self) -> None:
        self._added.set()
        if self._stream is not None:
            self._stream.close()
