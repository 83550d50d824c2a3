"""Callers of a server that is restarted again and again."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from tableadmin import Client, aio
from tests.server.scripted_endpoint import ScriptedEndpoint, answer, serving
from tests.server_process import ServerProcess, running_server

RESTARTS = 20
# Half of them are synchronous; of each half every other one writes.
CALLERS = 64
# Seconds a caller gives a call: more than all restarts take, however busy the machine is. A server is stopped
# as soon as some callers are answered, so the same caller may come too late for several servers in a row.
TIMEOUT = 600.0


@contextmanager
def _server(endpoint: ScriptedEndpoint, listen: str = "127.0.0.1:0") -> Iterator[ServerProcess]:
    flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
    with running_server(*flags, "--grace-period", "5", "--listen", listen) as server:
        yield server


class Callers:
    """Callers of reads and writes that go on until they are stopped; `ends` counts how their calls ended."""

    def __init__(self, address: str) -> None:
        self.ends: Counter[tuple[str, str]] = Counter()
        self.stopping = threading.Event()
        self._address = address
        self._lock = threading.Lock()

    def note(self, kind: str, error: Exception | None) -> None:
        """A call of KIND has ended."""
        end = "OK" if error is None else type(error).__name__
        with self._lock:
            self.ends[kind, end] += 1

    def call(self, client: Client, number: int) -> None:
        """Call until all are stopped; pause after a failure, as callers do."""
        while not self.stopping.wait(0.02):
            try:
                if number % 2:
                    client.delete_table(table_name="Music")
                else:
                    client.describe_table(table_name="Music")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                self.note("write" if number % 2 else "read", error)
                self.stopping.wait(0.5)
            else:
                self.note("write" if number % 2 else "read", None)

    async def call_asynchronously(self, client: aio.Client, number: int) -> None:
        """The same with the asynchronous client."""
        while not self.stopping.is_set():
            await asyncio.sleep(0.02)
            try:
                if number % 2:
                    await client.delete_table(table_name="Music")
                else:
                    await client.describe_table(table_name="Music")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                self.note("write" if number % 2 else "read", error)
                await asyncio.sleep(0.5)
            else:
                self.note("write" if number % 2 else "read", None)

    async def all_asynchronous(self) -> None:
        """As many tasks as there are threads."""
        async with aio.Client(self._address, timeout=TIMEOUT) as client:
            calls = (self.call_asynchronously(client, number) for number in range(CALLERS // 2))
            await asyncio.gather(*calls)

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
        for _ in range(3000):
            if all(self.ends[kind, "OK"] >= least for kind, least in wanted.items()):
                return
            pause.wait(0.01)
        pytest.fail(f"nobody is answered any more: {self.ends}")


def test_restarts_under_load() -> None:
    """In 20 restarts under 64 callers no read fails, and a write that does is Unavailable."""
    with serving(answer({})) as endpoint, _server(endpoint) as first, ExitStack() as last:
        callers = Callers(first.address)
        with callers.at_work():
            callers.wait_for_answers(8)
            assert 0 == first.terminate()
            for _ in range(RESTARTS - 1):
                with _server(endpoint, first.address) as server:
                    callers.wait_for_answers(8)
                    assert 0 == server.terminate()
            last.enter_context(_server(endpoint, first.address))
            callers.wait_for_answers(8)
    assert {("read", "OK"), ("write", "OK"), ("write", "Unavailable")} == set(callers.ends), callers.ends
