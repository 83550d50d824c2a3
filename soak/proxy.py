"""A TCP proxy between a server and the engine, which breaks what passes, and notes the changes that pass."""

import asyncio
import json
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from http import HTTPStatus
from typing import NamedTuple

from soak.ledger import CHANGES, Ledger, Received


class Fault(Enum):
    """What the proxy does to what passes."""

    NONE = auto()
    # Connections are reset, before a request is passed on or in place of its answer.
    RESET = auto()
    # New connections are refused, and old ones reset.
    REFUSE = auto()
    # Requests wait until the fault is over.
    STALL = auto()
    # Requests are never passed on, and never answered.
    BLACKHOLE = auto()
    # Requests take 0.2 to 1 s more.
    SLOW = auto()
    # Requests are carried out; their answers are lost.
    LOSE_ANSWERS = auto()
    # Half of an answer arrives.
    CUT = auto()
    # A page of a proxy comes in place of an answer.
    PAGE = auto()


class Message(NamedTuple):
    """An HTTP request or response: the head with its empty line, and the body."""

    head: bytes
    body: bytes

    @property
    def bytes(self) -> bytes:
        """All of it."""
        return self.head + self.body


_PAGE = b"<html><body>Bad Gateway</body></html>"
_BAD_GATEWAY = Message(
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(_PAGE), _PAGE
)


class Proxy:
    """Passes what the server NAME sends to `port` on to the port ENGINE, and notes changes in LEDGER.

    Changes of the table OWN are not noted: it belongs to the service.
    """

    def __init__(self, name: str, engine: int, ledger: Ledger, own: str, rng: random.Random) -> None:
        self._name = name
        self._engine = engine
        self._ledger = ledger
        self._own = own
        self._rng = rng
        self._fault = Fault.NONE
        self._healed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self) -> None:
        """Accept connections."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Reset all connections, and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for each in list(self._connections):
            _reset(each)

    async def breaks(self, fault: Fault, seconds: float) -> None:
        """Do FAULT for so many SECONDS."""
        self._fault = fault
        self._healed.clear()
        if fault is Fault.REFUSE:
            await self.close()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._fault = Fault.NONE
            self._healed.set()
            if self._server is None:
                await self.open()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            # Cancelled at the end: asyncio's streams would log that.
            with suppress(OSError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._connections.discard(writer)
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await _message(reader)
            if not await self._lets_pass(reader):
                return
            answer = _BAD_GATEWAY if self._fault is Fault.PAGE else await self._passed_on(request)
            if not await self._answers(answer, writer):
                return

    async def _lets_pass(self, reader: asyncio.StreamReader) -> bool:
        """Whether a request that has come in by READER is passed on, perhaps later."""
        match self._fault:
            case Fault.RESET:
                return self._rng.random() < 0.5  # noqa: PLR2004 - a coin
            case Fault.STALL:
                await self._healed.wait()
                # Nobody waits for the answer any more: the request is not made late.
                return not reader.at_eof()
            case Fault.BLACKHOLE:
                await self._healed.wait()
                return False
            case Fault.SLOW:
                await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        return not reader.at_eof()

    async def _passed_on(self, request: Message) -> Message:
        """What the engine answers to REQUEST, also when nobody waits for the answer any more.

        Each request has a connection of its own: the engine closes connections that are idle.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self._engine)
        try:
            with self._noted(request) as noted:
                writer.write(request.bytes)
                answer = await _message(reader)
                if noted is not None:
                    noted.accepted = _accepted(answer)
        finally:
            writer.close()
        return answer

    @contextmanager
    def _noted(self, request: Message) -> Iterator[Received | None]:
        """The note of REQUEST, if it is one of interest; its `accepted` is set within the context."""
        operation = _header(request.head, b"x-amz-target").rpartition(b".")[2].decode()
        params = json.loads(request.body) if operation in CHANGES else {}
        if not params or params["TableName"] == self._own:
            yield None
            return
        noted = self._ledger.came(operation, params, self._name)
        try:
            yield noted
        finally:
            self._ledger.ended(noted, noted.accepted)

    async def _answers(self, answer: Message, writer: asyncio.StreamWriter) -> bool:
        """Pass ANSWER on; whether the connection goes on."""
        match self._fault:
            case Fault.RESET | Fault.LOSE_ANSWERS:
                return False
            case Fault.CUT:
                writer.write(answer.head + answer.body[: len(answer.body) // 2])
                await writer.drain()
                return False
        writer.write(answer.bytes)
        await writer.drain()
        return True


def _accepted(answer: Message) -> bool | None:
    """Whether the engine has made a change by its ANSWER; None for an internal error: it may have."""
    status = int(answer.head.split(b" ", 2)[1])
    return None if status >= HTTPStatus.INTERNAL_SERVER_ERROR else status == HTTPStatus.OK


async def _message(reader: asyncio.StreamReader) -> Message:
    head = await reader.readuntil(b"\r\n\r\n")
    if _header(head, b"transfer-encoding").lower() == b"chunked":
        return Message(head, await _chunks(reader))
    length = int(_header(head, b"content-length") or 0)
    return Message(head, await reader.readexactly(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body in chunks, as it is."""
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        body += line + await reader.readexactly(size + 2)
        if size == 0:
            return body


def _header(head: bytes, name: bytes) -> bytes:
    """The value of the header NAME, empty if there is none."""
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return b""


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset."""
    own: socket.socket | None = writer.get_extra_info("socket")
    if own is not None and own.fileno() != -1:
        with suppress(OSError):
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
