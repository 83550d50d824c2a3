"""Sharing calls among identical reads, without ever answering with what was true before the question."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")

# Where so many share a call, more are on their way, as often as not the same as before: the next call waits
# so many seconds for them, which is less than they would lose to the calls it saves.
_CROWD = 8
_GATHERING = 0.01


class Coalescing(Generic[T]):
    """Lets identical reads share calls: any number of callers at a time cost two.

    A read that finds no call under way starts one. Reads that arrive during it share the *next* call, which
    starts when it ends: a call that began before a read arrived may answer with the state before a write
    that the reader knows of. Errors are shared as answers are. A caller that is cancelled leaves the others
    undisturbed, and a call that all have left is not made or, if it is under way, its answer is dropped.
    """

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane[T]] = {}

    async def share(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """The answer of a call that starts no earlier than now; KEY says which calls are identical."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(partial(self._close, key))
        return await lane.board(call)

    def _close(self, key: Hashable) -> None:
        del self._lanes[key]


class _Flight(Generic[T]):
    """One call, and those who wait for its answer."""

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self.boarded = 0
        self.waiting = 0

    def start(self, landed: Callable[[], None]) -> None:
        self._task = asyncio.create_task(self._fly())
        self._task.add_done_callback(lambda _: landed())

    async def answer(self) -> T:
        self.boarded += 1
        self.waiting += 1
        try:
            return await asyncio.shield(self._answer)
        finally:
            self.waiting -= 1
            if not self.waiting and self._task is not None:
                self._task.cancel()

    async def _fly(self) -> None:
        try:
            answer = await self._call()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer of all who wait
            if self.waiting:
                self._answer.set_exception(error)
        else:
            self._answer.set_result(answer)
        finally:
            self._answer.cancel()  # of a call that was cancelled; any other has its answer


class _Lane(Generic[T]):
    """The flights of one key: one under way, and the next while somebody waits for it."""

    def __init__(self, closed: Callable[[], None]) -> None:
        self._closed = closed
        self._under_way: _Flight[T] | None = None
        self._next: _Flight[T] | None = None

    async def board(self, call: Callable[[], Awaitable[T]]) -> T:
        if self._under_way is None:
            self._under_way = flight = _Flight(call)
            flight.start(self._landed)
        elif self._next is None:
            self._next = flight = _Flight(call)
        else:
            flight = self._next
        return await flight.answer()

    def _landed(self) -> None:
        if any(flight is not None and flight.boarded >= _CROWD for flight in (self._under_way, self._next)):
            asyncio.get_running_loop().call_later(_GATHERING, self._depart)
        else:
            self._depart()

    def _depart(self) -> None:
        self._under_way, self._next = self._next, None
        if self._under_way is not None and self._under_way.waiting:
            self._under_way.start(self._landed)
        else:
            self._closed()
