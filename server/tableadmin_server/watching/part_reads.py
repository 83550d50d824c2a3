"""The parts of one table beside its description: what is known of each, and the reads under way."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from tableadmin.awsshape import AwsDict
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.reading import PartAnswer, with_answers
from tableadmin_server.tables.snapshot import Snapshot

# Seconds that a poll waits for parts: AWS takes few reads of some, and their turn may be minutes away.
_POLL_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class TimedAnswer:
    """An answer, and when its read began and ended, on the event loop's clock."""

    answer: PartAnswer
    began: float
    ended: float


class PartReads:
    """The parts of one table, each read by itself: one that waits for its turn holds up nothing else.

    READ reads one of the table with a description. ARRIVED is called when one has come, or failed, for which
    no poll has waited.
    """

    def __init__(
        self, read: Callable[[Part, AwsDict], Awaitable[PartAnswer]], arrived: Callable[[], None]
    ) -> None:
        self._read = read
        self._arrived = arrived
        self._known: dict[Part, TimedAnswer] = {}
        self._under_way: dict[Part, asyncio.Task[None]] = {}
        self._overdue: set[Part] = set()
        self._error: BaseException | None = None

    @property
    def failed(self) -> bool:
        """Whether a read has failed for which no poll has waited: the next `refresh` raises why."""
        return self._error is not None

    @property
    def overdue(self) -> frozenset[Part]:
        """Parts whose reads have taken longer than a poll waits, until they have come."""
        return frozenset(self._overdue)

    def known(self, part: Part) -> TimedAnswer | None:
        """What is known of PART."""
        return self._known.get(part)

    def snapshot(self, name: str, description: AwsDict, parts: Iterable[Part]) -> Snapshot:
        """The table NAME with its DESCRIPTION and what is known of PARTS."""
        answers = {part: self._known[part].answer for part in parts if part in self._known}
        return with_answers(Snapshot(name, description), answers)

    async def refresh(self, description: AwsDict, due: Collection[Part]) -> None:
        """Read those that are DUE and not under way already; what takes long comes later.

        Raises what a read has raised, be it one for which no poll has waited.
        """
        error, self._error = self._error, None
        if error is not None:
            raise error
        begun = [self._begin(part, description) for part in due if part not in self._under_way]
        if not begun:
            return
        done, late = await asyncio.wait(begun, timeout=_POLL_WAIT_SECONDS)
        # Not before the poll has waited: whoever looks meanwhile has the answers of the poll before, and is
        # not woken for these.
        self._overdue.update(part for part, task in self._under_way.items() if task in late)
        for task in late:
            task.add_done_callback(self._arrive)
        errors = [task.exception() for task in done]
        for error in filter(None, errors):
            raise error

    def stop(self) -> None:
        """Read no further."""
        for task in self._under_way.values():
            task.cancel()
        self._under_way.clear()
        self._overdue.clear()
        self._error = None

    def forget(self) -> None:
        """Read no further, and know nothing any more: the table is gone, or another one."""
        self.stop()
        self._known.clear()

    def _begin(self, part: Part, description: AwsDict) -> "asyncio.Task[None]":
        task = self._under_way[part] = asyncio.create_task(self._learn(part, description))
        return task

    async def _learn(self, part: Part, description: AwsDict) -> None:
        now = asyncio.get_running_loop().time
        began = now()
        try:
            answer = await self._read(part, description)
        except Exception:
            del self._under_way[part]
            raise
        del self._under_way[part]
        self._known[part] = TimedAnswer(answer, began, now())
        self._overdue.discard(part)

    def _arrive(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            return
        self._error = task.exception()
        self._arrived()
