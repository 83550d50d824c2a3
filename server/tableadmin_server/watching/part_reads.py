"""The parts of one table beside its description: their last answers, and the reads under way."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from tableadmin.awsshape import AwsDict
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.reading import PartAnswer, with_answers
from tableadmin_server.tables.snapshot import Snapshot

# Seconds that a poll waits for parts. AWS allows few reads of some parts, so a read may wait for minutes.
_POLL_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class TimedAnswer:
    """An answer, and when its read began and ended, by the event loop's clock."""

    answer: PartAnswer
    began: float
    ended: float


class PartReads:
    """The parts of one table. Each is read independently, so a slow read does not delay other parts.

    READ reads a part of the table with the given description. ARRIVED is called when a read has ended for
    which no poll waits any more.
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
        """Whether a read failed for which no poll waited. The next `refresh` raises its exception."""
        return self._error is not None

    @property
    def overdue(self) -> frozenset[Part]:
        """The parts whose reads take longer than a poll waits."""
        return frozenset(self._overdue)

    def known(self, part: Part) -> TimedAnswer | None:
        """Return the last answer for PART, None if there is none."""
        return self._known.get(part)

    def snapshot(self, name: str, description: AwsDict, parts: Iterable[Part]) -> Snapshot:
        """Return the table NAME with DESCRIPTION and the last answers for PARTS."""
        answers = {part: self._known[part].answer for part in parts if part in self._known}
        return with_answers(Snapshot(name, description), answers)

    async def refresh(self, description: AwsDict, due: Collection[Part]) -> None:
        """Read the parts DUE that are not being read, and wait for them for _POLL_WAIT_SECONDS at most.

        Raises the exception of a read, also of an earlier read for which no poll waited.
        """
        error, self._error = self._error, None
        if error is not None:
            raise error
        begun = [self._begin(part, description) for part in due if part not in self._under_way]
        if not begun:
            return
        done, late = await asyncio.wait(begun, timeout=_POLL_WAIT_SECONDS)
        # Only after the poll has waited. Until then watchers use the answers of the poll before.
        self._overdue.update(part for part, task in self._under_way.items() if task in late)
        for task in late:
            task.add_done_callback(self._arrive)
        errors = [task.exception() for task in done]
        for error in filter(None, errors):
            raise error

    def stop(self) -> None:
        """Cancel all reads."""
        for task in self._under_way.values():
            task.cancel()
        self._under_way.clear()
        self._overdue.clear()
        self._error = None

    def forget(self) -> None:
        """Cancel all reads and forget all answers, because the table was deleted or replaced."""
        self.stop()
        self._known.clear()

    def _begin(self, part: Part, description: AwsDict) -> "asyncio.Task[None]":
        task = self._under_way[part] = asyncio.create_task(self._read_part(part, description))
        return task

    async def _read_part(self, part: Part, description: AwsDict) -> None:
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
