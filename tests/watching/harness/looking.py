"""Who watches a hub: reads what a watch sends, as fast as a test lets it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from tableadmin.v1 import TableAspect, TableEvent, TableEventType, TableState, WatchEvent, WatchResponse
from tableadmin_server.failure import Failure
from tableadmin_server.services.watch import DEFAULT_PARTS
from tableadmin_server.tables.parts import Part
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Options, Scope, Watch

ALL_PARTS = DEFAULT_PARTS
DESCRIPTION: frozenset[Part] = frozenset({Part.DESCRIPTION})
EVERYTHING = Scope(prefix="")


class Reader:
    """A watch and what came of it; it reads as soon as it can, unless it is told not to."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.last = WatchEvent()
        # Of the newest event about a table.
        self.state = TableState()
        self.failure: Failure | None = None
        self.ended = False
        # The numbers of events of the messages that have come.
        self.messages: list[int] = []
        self._words: list[str] = []
        self._reads = asyncio.Event()
        self._reads.set()

    @property
    def token(self) -> bytes:
        """What resumes after the newest response."""
        return self.last.resume_token

    def pause(self) -> None:
        """Read no further."""
        self._reads.clear()

    def go_on(self) -> None:
        """Read again."""
        self._reads.set()

    def taken(self) -> list[str]:
        """What has come since this was asked last, in words."""
        words, self._words = self._words, []
        return words

    def _received(self, event: WatchEvent) -> None:
        self.last = event
        self._words.append(_words(event))
        if event.HasField("table"):
            self.state = event.table.state

    async def read(self, token: bytes) -> None:
        """Read until the watch ends."""
        try:
            async with aclosing(self.watch.messages(token)) as messages:
                async for message in messages:
                    events = WatchResponse.FromString(message).events
                    self.messages.append(len(events))
                    for event in events:
                        self._received(event)
                    await self._reads.wait()
        except Failure as failure:
            self.failure = failure
        self.ended = True


@asynccontextmanager
async def watching(
    hub: Hub,
    scope: Scope | Iterable[str] = EVERYTHING,
    token: bytes = b"",
    parts: frozenset[Part] = ALL_PARTS,
    **options: bool | float,
) -> AsyncIterator[Reader]:
    """A watch of SCOPE, or of tables by name, that is read for the length of the block."""
    if not isinstance(scope, Scope):
        scope = Scope(names=tuple(scope))
    reader = Reader(Watch(hub, scope, Options(parts, **options)))  # type: ignore[arg-type]  # by name
    task = asyncio.create_task(reader.read(token))
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def many_watching(count: int, hub: Hub, scope: Iterable[str]) -> AsyncIterator[list[Reader]]:
    """The same COUNT times."""
    names = tuple(scope)
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(watching(hub, names)) for _ in range(count)]


def _words(response: WatchEvent) -> str:
    kind = response.WhichOneof("event")
    if kind == "table":
        return _event_words(response.table)
    return kind or ""


def _event_words(event: TableEvent) -> str:
    kind = TableEventType.Name(event.type).removeprefix("TABLE_EVENT_TYPE_").lower()
    changes = [
        TableAspect.Name(change.aspect).removeprefix("TABLE_ASPECT_").lower()
        + (f" {change.subject}" if change.subject else "")
        for change in event.changes
    ]
    return " ".join([event.table_name, kind, *([", ".join(changes)] if changes else [])])
