"""Shares calls among identical reads. An answer is never older than its read."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
# A call. Its argument is the latest deadline of the callers that share it.
Call: TypeAlias = Callable[[float], Awaitable[T]]

# If at least so many callers share a call, more callers are likely to come. The next call then waits for them
# for _BATCH_DELAY seconds, which costs them less time than the calls that it saves.
_BATCH_THRESHOLD = 8
_BATCH_DELAY = 0.01


class Singleflight(Generic[T]):
    """Lets identical reads share calls: any number of concurrent callers cost two calls.

    A read starts a call if none is under way. Reads that arrive during that call share the *next* call, which
    starts when the first one ends: a call that began before the read may return the state before a write that
    the reader knows of. Errors are shared like answers. A cancelled caller does not affect the others. If all
    callers of a call are cancelled, the call is not made or its answer is dropped.
    """

    def __init__(self, make: "Callable[[Call[T]], SharedCall[T]] | None" = None) -> None:
        """MAKE creates the shared calls. The default is SharedCall."""
        self._make: Callable[[Call[T]], SharedCall[T]] = make or SharedCall
        self._queues: dict[Hashable, _Queue[T]] = {}
        # The number of reads requested, and of calls made for them.
        self.asked = self.called = 0

    async def share(self, key: Hashable, call: Call[T], deadline: float = float("inf")) -> T:
        """Return the answer of a call that starts now or later. Calls with the same KEY are identical.

        CALL gets the latest DEADLINE of the callers that share it.
        """
        self.asked += 1
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(partial(self._forget, key), self._make)
        return await queue.join(partial(self._count_call, call), deadline).answer()

    async def _count_call(self, call: Call[T], deadline: float) -> T:
        self.called += 1
        return await call(deadline)

    def _forget(self, key: Hashable) -> None:
        del self._queues[key]


class SharedCall(Generic[T]):
    """One call, and the callers that wait for its answer."""

    def __init__(self, call: Call[T]) -> None:
        self._call = call
        self._deadline = float("-inf")
        # A future for each caller: a caller that is cancelled cancels its own future only.
        self._answers: list[asyncio.Future[T]] = []
        self._task: asyncio.Task[None] | None = None
        self.joined = 0
        self.waiting = 0

    def join(self, deadline: float) -> None:
        """Add a caller that waits until DEADLINE, before the call starts."""
        self._deadline = max(self._deadline, deadline)

    def start(self, ended: Callable[[], None]) -> None:
        """Start the call. ENDED is called at its end."""
        self._task = asyncio.create_task(self.run())
        self._task.add_done_callback(lambda _: ended())

    async def answer(self) -> T:
        """Return the answer of the call, or raise its exception."""
        self.joined += 1
        self.waiting += 1
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        try:
            return await answer
        finally:
            self.waiting -= 1
            if not self.waiting and self._task is not None:
                self._task.cancel()

    async def run(self) -> None:
        """Make the call for all waiting callers. Runs in its own task."""
        try:
            answer = await self._call(self._deadline)
        except Exception as error:  # noqa: BLE001  # every error is passed to the callers
            for each in self._open_answers():
                each.set_exception(error)
        else:
            for each in self._open_answers():
                each.set_result(answer)
        finally:
            for each in self._answers:
                each.cancel()  # has an effect only if the call was cancelled
            self._answers.clear()

    def _open_answers(self) -> list[asyncio.Future[T]]:
        """The futures of the callers that were not cancelled."""
        return [each for each in self._answers if not each.done()]


class _Queue(Generic[T]):
    """The calls of one key: the call under way, and the next call if it has callers."""

    def __init__(self, emptied: Callable[[], None], make: Callable[[Call[T]], SharedCall[T]]) -> None:
        self._emptied = emptied
        self._make = make
        self._under_way: SharedCall[T] | None = None
        self._next: SharedCall[T] | None = None

    def join(self, call: Call[T], deadline: float) -> SharedCall[T]:
        """Return the call that a caller with DEADLINE shares: a new one of CALL, or the next one."""
        if self._under_way is None:
            self._under_way = shared = self._make(call)
            shared.start(self._ended)
        elif self._next is None:
            self._next = shared = self._make(call)
        else:
            shared = self._next
        shared.join(deadline)
        return shared

    def _ended(self) -> None:
        if any(
            call is not None and call.joined >= _BATCH_THRESHOLD for call in (self._under_way, self._next)
        ):
            asyncio.get_running_loop().call_later(_BATCH_DELAY, self._start_next)
        else:
            self._start_next()

    def _start_next(self) -> None:
        self._under_way, self._next = self._next, None
        if self._under_way is not None and self._under_way.waiting:
            self._under_way.start(self._ended)
        else:
            self._emptied()
