"""A TCP relay in front of an engine, behind which the engine may die and another take its place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.engines import Engine

_CHUNK = 65536


class Relay:
    """Listens at `url` and passes everything on to whatever it is connected to, if to anything."""

    def __init__(self) -> None:
        self.url = ""
        self._target: tuple[str, int] | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def connect(self, engine: Engine) -> None:
        """Pass on to ENGINE."""
        where = urlsplit(engine.url)
        assert where.hostname
        assert where.port
        self._target = where.hostname, where.port

    def cut(self) -> None:
        """Break all connections, and refuse new ones."""
        self._target = None
        for writer in self._writers:
            writer.close()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes from a client, and what is answered."""
        if self._target is None:
            writer.close()
            return
        try:
            from_engine, to_engine = await asyncio.open_connection(*self._target)
        except ConnectionError:
            writer.close()
            return
        self._writers |= {writer, to_engine}
        await asyncio.gather(_copy(reader, to_engine), _copy(from_engine, writer))
        self._writers -= {writer, to_engine}


@asynccontextmanager
async def relaying() -> AsyncIterator[Relay]:
    """A relay on a free port of 127.0.0.1, connected to nothing yet."""
    relay = Relay()
    server = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        server.close()
        relay.cut()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
