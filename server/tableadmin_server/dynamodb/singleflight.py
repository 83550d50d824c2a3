"""Sharing calls among identical reads, without ever answering with what was true before the question."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
# Gets the latest deadline of those who share the call.
Call: TypeAlias = Callable[[float], Awaitable[T]]

# Where so many share a call, more are on their way, as often as not the same as before: the next call waits
# so many seconds for them, which is less than they would lose to the calls it saves.
_BATCH_THRESHOLD = 8
_BATCH_DELAY = 0.01


class Singleflight(Generic[T]):
    """Lets identical reads share calls: any number of callers at a time cost two calls.

    A read that finds no call under way starts one. Reads that arrive during that call share the *next* call,
    which starts when the first one ends: a call that began before a read arrived may answer with the state
    before a write that the reader knows of. Errors are shared as answers are. A caller that is cancelled
    leaves the others undisturbed. A call that all callers have left is not made or, if it is under way, its
    answer is dropped.
    """

    def __init__(self, make: "Callable[[Call[T]], SharedCall[T]] | None" = None) -> None:
        """MAKE makes the calls that are shared, if they are others than a SharedCall."""
        self._make: Callable[[Call[T]], SharedCall[T]] = make or SharedCall
        self._queues: dict[Hashable, _Queue[T]] = {}
        # Reads that were asked for, and calls that were made for them.
        self.asked = self.called = 0

    async def share(self, key: Hashable, call: Call[T], deadline: float = float("inf")) -> T:
        """The answer of a call that starts no earlier than now; KEY says which calls are identical.

        CALL gets the latest DEADLINE of those that share the call.
        """
        self.asked += 1
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(partial(self._forget, key), self._make)

        async def counted(deadline: float) -> T:
            self.called += 1
            return await call(deadline)

        return await queue.join(counted, deadline)

    def _forget(self, key: Hashable) -> None:
        del self._queues[key]


class SharedCall(Generic[T]):
    """One call, and the callers that wait for its answer."""

    def __init__(self, call: Call[T]) -> None:
        self._call = call
        self._deadline = float("-inf")
        self._answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self.joined = 0
        self.waiting = 0

    def join(self, deadline: float) -> None:
        """One more caller shares the call, before it starts; the caller waits until DEADLINE."""
        self._deadline = max(self._deadline, deadline)

    def start(self, ended: Callable[[], None]) -> None:
        """Make the call; ENDED is called at its end."""
        self._task = asyncio.create_task(self.run())
        self._task.add_done_callback(lambda _: ended())

    async def answer(self) -> T:
        """What the call answers; raises what it raises."""
        self.joined += 1
        self.waiting += 1
        try:
            return await asyncio.shield(self._answer)
        finally:
            self.waiting -= 1
            if not self.waiting and self._task is not None:
                self._task.cancel()

    async def run(self) -> None:
        """Make the call in a task of its own, for those who wait for the answer."""
        try:
            answer = await self._call(self._deadline)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer of all who wait
            if self.waiting:
                self._answer.set_exception(error)
        else:
            self._answer.set_result(answer)
        finally:
            self._answer.cancel()  # of a call that was cancelled; any other has its answer


class _Queue(Generic[T]):
    """The calls of one key: the one under way, and the next one while somebody waits for it."""

    def __init__(self, emptied: Callable[[], None], make: Callable[[Call[T]], SharedCall[T]]) -> None:
        self._emptied = emptied
        self._make = make
        self._under_way: SharedCall[T] | None = None
        self._next: SharedCall[T] | None = None

    async def join(self, call: Call[T], deadline: float) -> T:
        if self._under_way is None:
            self._under_way = shared = self._make(call)
            shared.start(self._ended)
        elif self._next is None:
            self._next = shared = self._make(call)
        else:
            shared = self._next
        shared.join(deadline)
        return await shared.answer()

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
