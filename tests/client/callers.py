"""Many callers of a server, synchronous and asynchronous, that go on while the server is restarted."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeAlias

import pytest

from tableadmin import Client, aio

# Half of them are synchronous; of each half every other one writes.
CALLERS = 64
# Seconds a caller gives a call: more than all restarts take, however busy the machine is. A server is stopped
# as soon as some callers are answered, so the same caller may come too late for several servers in a row.
TIMEOUT = 600.0

# The method of the client, and its fields.
Call: TypeAlias = tuple[str, Mapping[str, Any]]
READ: Call = ("describe_table", {"table_name": "Music"})
# What a test does with the asynchronous client beside the callers.
Beside: TypeAlias = Callable[[aio.Client], Awaitable[None]]
WRITE: Call = ("delete_table", {"table_name": "Music"})


class Callers:
    """Callers of READ and WRITE that go on until they are stopped; `ends` counts how their calls ended.

    Each waits for PAUSE seconds between its calls. BESIDE runs with the asynchronous client, which needs one
    event loop in the process, and ends by itself.
    """

    def __init__(
        self,
        address: str,
        read: Call = READ,
        write: Call = WRITE,
        pause: float = 0.02,
        beside: Sequence[Beside] = (),
    ) -> None:
        self.ends: Counter[tuple[str, str]] = Counter()
        self.stopping = threading.Event()
        self._address = address
        self._calls = {"read": read, "write": write}
        self._pause = pause
        self._beside = beside
        self._lock = threading.Lock()

    def note(self, kind: str, error: Exception | None) -> None:
        """A call of KIND has ended."""
        end = "OK" if error is None else type(error).__name__
        with self._lock:
            self.ends[kind, end] += 1

    def call(self, client: Client, number: int) -> None:
        """Call until all are stopped; pause after a failure, as callers do."""
        kind, method, fields = self._call_of(number)
        while not self.stopping.wait(self._pause):
            try:
                getattr(client, method)(**fields)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                self.note(kind, error)
                self.stopping.wait(0.5)
            else:
                self.note(kind, None)

    async def call_asynchronously(self, client: aio.Client, number: int) -> None:
        """The same with the asynchronous client."""
        kind, method, fields = self._call_of(number)
        while not self.stopping.is_set():
            await asyncio.sleep(self._pause)
            try:
                await getattr(client, method)(**fields)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                self.note(kind, error)
                await asyncio.sleep(0.5)
            else:
                self.note(kind, None)

    def _call_of(self, number: int) -> tuple[str, str, Mapping[str, Any]]:
        """What the caller NUMBER calls: every other one writes."""
        kind = "write" if number % 2 else "read"
        return kind, *self._calls[kind]

    async def all_asynchronous(self) -> None:
        """As many tasks as there are threads, and BESIDE."""
        async with aio.Client(self._address, timeout=TIMEOUT) as client:
            calls = (self.call_asynchronously(client, number) for number in range(CALLERS // 2))
            await asyncio.gather(*calls, *(begin(client) for begin in self._beside))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """All of them call until the end of the block; raises what they raise."""
        with Client(self._address, timeout=TIMEOUT) as client, ThreadPoolExecutor(CALLERS) as threads:
            running = [threads.submit(self.call, client, number) for number in range(CALLERS // 2)]
            running.append(threads.submit(asyncio.run, self.all_asynchronous()))
            try:
                yield
            finally:
                self.stopping.set()
            for each in running:
                each.result(2 * TIMEOUT)

    def wait_for_answers(self, count: int) -> None:
        """Return when so many more calls of each kind have ended OK."""
        wanted = {kind: self.ends[kind, "OK"] + count for kind in ("read", "write")}
        pause = threading.Event()
        for _ in range(12_000):
            if all(self.ends[kind, "OK"] >= least for kind, least in wanted.items()):
                return
            pause.wait(0.01)
        pytest.fail(f"nobody is answered any more: {self.ends}")
