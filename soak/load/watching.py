"""Callers who watch: some from the beginning to the end, some who come and go."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress

from soak.ledger import Shape
from soak.load.callers import Callers, shape_of
from soak.load.reading import STATIC
from tableadmin import v1
from tableadmin.errors import TableAdminError

_DELETED = v1.TableEventType.TABLE_EVENT_TYPE_DELETED


class Watcher:
    """Watches the tables whose names begin with PREFIX; `last` is what it was told last of each."""

    def __init__(self, callers: Callers, prefix: str) -> None:
        self.prefix = prefix
        self.last: dict[str, Shape] = {}
        self._callers = callers

    async def watch(self) -> None:
        """Watch until cancelled, and begin again after an error: no watch may end by itself."""
        while True:
            answer = await self._callers.journal.ended("Watch", self._followed())
            self.last.clear()
            if not isinstance(answer, TableAdminError):
                self._callers.journal.problems.append(f"the watch of {self.prefix!r} ended by itself")
            await asyncio.sleep(1)

    async def _followed(self) -> None:
        client = self._callers.clients["olga"]
        async with aclosing(client.watch(prefix=self.prefix)) as responses:
            async for response in responses:
                if response.HasField("table"):
                    self._note(response.table)

    def _note(self, event: v1.TableEvent) -> None:
        shape = None if event.type == _DELETED else shape_of(event.state.table)
        if shape is None:
            self.last.pop(event.table_name, None)
        else:
            self.last[event.table_name] = shape

    def differences(self, tables: Mapping[str, Shape]) -> dict[str, tuple[Shape | None, Shape | None]]:
        """Where what was told last is not what TABLES are: (told, is) by name."""
        names = {name for name in {*tables, *self.last} if name.startswith(self.prefix)}
        return {
            name: (self.last.get(name), tables.get(name))
            for name in sorted(names)
            if self.last.get(name) != tables.get(name)
        }


async def come_and_go(callers: Callers) -> None:
    """Open a watch of a few tables, take some of its events, and leave."""
    while await callers.pause():
        names = callers.rng.sample(STATIC, 3)
        await callers.journal.ended("Watch, left soon", _glance(callers, names))


async def _glance(callers: Callers, names: list[str]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(callers.rng.uniform(0.5, 3)):
            async with aclosing(callers.clients["olga"].watch(table_names=names)) as responses:
                async for _ in responses:
                    pass
