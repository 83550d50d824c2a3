"""Certificates, authorities, policies, keys and tokens are replaced while calls go on."""

import asyncio
import itertools
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import grpc

from tableadmin.v1 import ListEndpointsRequest
from tableadmin.v1.endpoint_service_pb2_grpc import EndpointServiceStub
from tests.authority import Authority, replace
from tests.server.listening.test_listeners import listening
from tests.server.listening.test_tls import OWN_CONNECTION, gets_in, serial_in, until_shown
from tests.server.security.attacks.target import Metadata, bearer
from tests.server.security.authentication.issuer import AUDIENCE, ISSUER, jwks, public_jwk, token
from tests.server.security.authentication.test_replacing import tokens_file

CALLERS, REPLACEMENTS = 64, 200
# Seconds after which a change of a file of keys or tokens counts.
BOUND = 1.0
POLICY = """
@id("guest-{number}") {effect} (principal == User::"corp/guest", action, resource);
@id("all-{number}") permit (principal, action == Action::"ListEndpoints", resource);
"""


class Files:
    """The files of keys, tokens and policies in FOLDER, each generation of which has a key and a token."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.tokens = folder / "jwks.json", folder / "tokens.toml"
        self.policies = folder / "policies" / "main.cedar"
        self.policies.parent.mkdir()
        self._written: dict[int, float] = {}
        # The generations that calls under way have shown.
        self._shown: list[int] = []
        self.write(0)

    def write(self, number: int, effect: str = "permit") -> None:
        """Add the generation NUMBER, and remove those that nobody shows any more."""
        newest = self._newest() if self._written else number
        in_use = min([newest, *self._shown])
        self._written = {each: at for each, at in self._written.items() if each >= in_use}
        self._write([*self._written, number], number, effect)
        self._written[number] = time.monotonic()

    def write_only(self, number: int) -> None:
        """Have one generation alone, and permit a guest nothing."""
        self._write([number], number, "forbid")

    def _write(self, generations: Sequence[int], number: int, effect: str) -> None:
        replace(self.keys, jwks(*(public_jwk(f"key-{each}") for each in generations)))
        replace(self.tokens, tokens_file(*(f"token-{each}" for each in generations)))
        replace(self.policies, POLICY.format(number=number, effect=effect).encode())

    def _newest(self) -> int:
        """The newest generation that has been there for so long that the server knows it."""
        known = time.monotonic() - BOUND
        return max((each for each, at in self._written.items() if at < known), default=0)

    async def call(self, channel: grpc.aio.Channel, kind: int) -> None:
        """A call with the newest credentials of KIND: a certificate alone, a JWT or a static token."""
        number = self._newest()
        self._shown.append(number)
        try:
            await listed(channel, shown(kind, number))
        finally:
            self._shown.remove(number)


def shown(kind: int, number: int) -> Metadata:
    """The metadata of calls of KIND with the credentials of the generation NUMBER."""
    return ((), bearer(token(f"key-{number}")), bearer(f"token-{number}"))[kind]


async def listed(channel: grpc.aio.Channel, metadata: Metadata) -> None:
    """List the endpoints; raises the error with which that ends."""
    stub = EndpointServiceStub(channel)
    await stub.ListEndpoints(ListEndpointsRequest(), timeout=60, metadata=metadata)


async def calls_until(stop: asyncio.Event, files: Files, channel: grpc.aio.Channel, kind: int) -> int:
    """Make one call after the other until STOP; how many. An error of one is raised."""
    count = 0
    while not stop.is_set():
        await files.call(channel, kind)
        count += 1
        await asyncio.sleep(0.02)
    return count


async def test_replacements(tmp_path: Path) -> None:
    """All is replaced 200 times under 64 callers, and no call that is made meanwhile fails.

    Each replacement of certificates counts from the next connection on: the new certificate is shown, a
    client of the new authority gets in, and one of the authority that it replaces does not. A key, a token
    and a permission that were removed are out within their bounds.
    """
    ours, files = Authority(), Files(tmp_path)
    tls = ours.write_server(tmp_path, ours)
    authorities = [Authority() for _ in range(4)]
    clients = [each.client() for each in authorities]
    credentials = ours.credentials(ours.client())
    listener = {"address": "127.0.0.1:0", "tls": tls, "authenticators": ["mesh", "corp", "ci"]}
    authenticators = {
        "mesh": {"kind": "certificate", "principals": "Service", "common_name": "client"},
        "corp": {
            "kind": "jwt",
            "principals": "User",
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "jwks_file": str(files.keys),
        },
        "ci": {"kind": "token", "principals": "Service", "tokens_file": str(files.tokens)},
    }
    with listening(
        tmp_path,
        [listener],
        connections={"max_age": 2, "max_age_grace": 60},
        authenticators=authenticators,
        policies={"folder": str(files.policies.parent)},
        limits={"calls_per_second": 100_000.0, "burst": 100_000, "concurrent_calls": 1_000},
    ) as server:
        async with AsyncExitStack() as stack:
            channels = [
                await stack.enter_async_context(
                    grpc.aio.secure_channel(server.address, credentials, OWN_CONNECTION)
                )
                for _ in range(8)
            ]
            stop = asyncio.Event()
            callers = [
                asyncio.create_task(calls_until(stop, files, channel, number % 3))
                for channel, number in zip(itertools.cycle(channels), range(CALLERS), strict=False)
            ]
            for number in range(REPLACEMENTS):
                chosen, before = number % 4, (number - 1) % 4
                ours.write_server(tmp_path, ours, authorities[chosen])
                files.write(number + 1)
                server.process.send_signal(signal.SIGHUP)
                await asyncio.to_thread(until_shown, server, serial_in(tls["cert"]), clients[chosen])
                if number % 20 == 0:
                    assert not await asyncio.to_thread(gets_in, server, clients[before])
            stop.set()
            counts = await asyncio.gather(*callers)
            assert min(counts) > 0
            await assert_out(files, channels[0])
        assert REPLACEMENTS <= server.log.count('"certificates were replaced"')


async def assert_out(files: Files, channel: grpc.aio.Channel) -> None:
    """What is removed in the end is out: keys and tokens within a second, permissions soon."""
    last = REPLACEMENTS + 1
    await listed(channel, bearer(token(f"key-{REPLACEMENTS}", sub="guest")))
    files.write_only(last)
    await asyncio.sleep(BOUND + 0.01)
    for kind in (1, 2):
        await listed(channel, shown(kind, last))
        assert grpc.StatusCode.UNAUTHENTICATED == await code_of(channel, shown(kind, REPLACEMENTS))
    guest = bearer(token(f"key-{last}", sub="guest"))
    deadline = time.monotonic() + 60
    while grpc.StatusCode.PERMISSION_DENIED != await code_of(channel, guest):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def code_of(channel: grpc.aio.Channel, metadata: Metadata) -> grpc.StatusCode:
    """The code in which a call ends."""
    try:
        await listed(channel, metadata)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK
