"""A proxy in front of the engine that notes every request it passes on, and so what the engine was asked.

It notes what arrives, whoever sends it and however often it is tried.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.engines.engine import Engine

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *DynamoDB_\d+\.(\w+)", re.IGNORECASE)
_CHUNK = 65536


@dataclass(frozen=True)
class Asked:
    """A request: the operation, and when it was passed on, on the clock of `time.perf_counter`."""

    operation: str
    at: float


@dataclass(frozen=True)
class Counter:
    """The engine behind the proxy, and what it was asked so far, oldest first."""

    engine: Engine
    asked: list[Asked] = field(default_factory=list)

    def between(self, begin: float, end: float) -> list[Asked]:
        """What was asked from BEGIN to END."""
        return [each for each in self.asked if begin <= each.at < end]


@contextmanager
def counting(engine: Engine) -> Iterator[Counter]:
    """ENGINE behind a proxy, on a free port; the proxy is a thread of this process."""
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(loop.run_forever)
        try:
            yield asyncio.run_coroutine_threadsafe(_listen(engine, []), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
    loop.close()


async def _listen(engine: Engine, asked: list[Asked]) -> Counter:
    where = urlsplit(engine.url)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_engine = await asyncio.open_connection(where.hostname, where.port)
        answers = asyncio.create_task(_copy(upstream, writer))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                to_engine.write(await _request(reader, asked))
        to_engine.close()
        await answers

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    return Counter(Engine(engine.name, f"http://127.0.0.1:{port}"), asked)


async def _request(reader: asyncio.StreamReader, asked: list[Asked]) -> bytes:
    """The next request, noted."""
    head = await reader.readuntil(b"\r\n\r\n")
    length, target = _LENGTH.search(head), _TARGET.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    asked.append(Asked(target[1].decode() if target else "", time.perf_counter()))
    return head + body


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
    writer.close()
