"""A server in this process, on an event loop that measures how long it is held."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tableadmin_server.config import EndpointConfig, ServerConfig
from tableadmin_server.server import Server
from tests.measuring import is_cpu_time_less


class MeasuredLoop(asyncio.SelectorEventLoop):
    """Measures the CPU time of its thread in each turn: what the machine does beside does not count."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0

    def _run_once(self) -> None:
        begun = time.thread_time()
        super()._run_once()  # type: ignore[misc]  # not in the stubs
        self.longest = max(self.longest, time.thread_time() - begun)


@dataclass
class Measured:
    """A server that runs: where it listens, and its loop."""

    address: str
    loop: MeasuredLoop

    @contextmanager
    def held_less_than(self, seconds: float) -> Iterator[None]:
        """Assert that no turn of the loop takes SECONDS meanwhile, on the machine of the bounds."""
        gc.collect()
        self.loop.longest = 0.0
        yield
        assert is_cpu_time_less(self.loop.longest, seconds), self.loop.longest


@contextmanager
def measured_server(endpoint_url: str, **endpoint: object) -> Iterator[Measured]:
    """A server in front of ENDPOINT_URL, configured by ENDPOINT, in a thread of its own."""
    config = ServerConfig(
        listen="127.0.0.1:0",
        grace_period=0,
        endpoints={
            "only": EndpointConfig(endpoint_url=endpoint_url, region="us-west-2", max_attempts=1, **endpoint)  # type: ignore[arg-type]  # each has its type
        },
    )
    loop = MeasuredLoop()
    started, stop = threading.Event(), asyncio.Event()
    addresses: list[str] = []

    async def run() -> None:
        server = Server(config)
        await server.start()
        addresses.append(server.address)
        started.set()
        await stop.wait()
        await server.drain()

    # Objects of other tests are none of the server's: collecting them does not count.
    gc.collect()
    gc.freeze()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert started.wait(60)
    try:
        yield Measured(addresses[0], loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
