"""Reads files again while the server runs."""

import asyncio
from collections.abc import Callable

from tableadmin_server.supervision import Supervisor

# Seconds between reads.
_INTERVAL = 1.0


class Reloading:
    """Calls functions that read files, each second and on request.

    Functions are called in a thread, one at a time. Each function finds out itself whether its files have
    changed.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._functions: list[Callable[[], None]] = []
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, function: Callable[[], None]) -> None:
        """Add FUNCTION. Must be called before `start`."""
        self._functions.append(function)

    def __bool__(self) -> bool:
        return bool(self._functions)

    def start(self) -> None:
        """Start to call the functions, if there are any."""
        if self._functions:
            self._task = asyncio.create_task(self._supervisor.repeat("reloading of files", self._round))

    def stop(self) -> None:
        """Stop to call the functions."""
        if self._task is not None:
            self._task.cancel()

    def ask(self) -> None:
        """Call the functions now."""
        self._asked.set()

    async def _round(self) -> None:
        try:
            async with asyncio.timeout(_INTERVAL):
                await self._asked.wait()
        except TimeoutError:
            pass
        self._asked.clear()
        for function in self._functions:
            await asyncio.to_thread(function)
