"""AWS's side of HTTP: an endpoint that keeps each request and gives the answers it is told to, in turn.

It runs in the loop of the test and does nothing twice: thousands of calls a test go through it.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tableadmin.awsshape import AwsDict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """A request that came in."""

    operation: str
    body: str


@dataclass
class HttpLayer:
    """What has come in, and the answers that are still to be given."""

    url: str = ""
    seen: list[Sent] = field(default_factory=list)
    _answers: list[bytes] = field(default_factory=list)
    _connections: list[asyncio.StreamWriter] = field(default_factory=list)

    def will_answer(self, data: AwsDict, status: str = "200 OK") -> None:
        """Answer the next request that has no answer yet with DATA."""
        body = as_json(data).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}"
        self._answers.append(f"{head}\r\n\r\n".encode() + body)

    def forget(self) -> None:
        """Forget requests and answers that are left: those of a call that failed."""
        self.seen.clear()
        self._answers.clear()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until its end."""
        self._connections.append(writer)
        try:
            while True:
                headers = _headers(await reader.readuntil(b"\r\n\r\n"))
                body = await reader.readexactly(int(headers["content-length"]))
                self.seen.append(Sent(headers["x-amz-target"].rpartition(".")[2], body.decode()))
                writer.write(self._answers.pop(0))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):  # whoever asked has gone
            writer.close()

    async def hang_up(self) -> None:
        """End the connections that clients keep open."""
        for connection in self._connections:
            connection.close()
        await asyncio.gather(*(each.wait_closed() for each in self._connections), return_exceptions=True)


@asynccontextmanager
async def http_layer() -> AsyncIterator[HttpLayer]:
    """An endpoint on a free port for the length of the block."""
    layer = HttpLayer()
    async with await asyncio.start_server(layer.converse, "127.0.0.1", 0) as server:
        layer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield layer
        finally:
            await layer.hang_up()


def as_json(data: object) -> str:
    """DATA as AWS's JSON protocol has it, members sorted: times are epoch seconds, bytes are base64."""
    return json.dumps(data, default=_plain, sort_keys=True)


def _headers(head: bytes) -> dict[str, str]:
    fields = (line.partition(":") for line in head.decode("latin-1").splitlines()[1:] if line)
    return {name.lower(): value.strip() for name, _, value in fields}


def _plain(value: Any) -> object:  # noqa: ANN401  # whatever json does not know
    if isinstance(value, datetime):
        micros = (value - _EPOCH) // timedelta(microseconds=1)
        return micros / 10**6 if micros % 10**6 else micros // 10**6
    return base64.b64encode(value).decode()
