"""Each kind of RPC has a caller, or ends before its handler is called."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from tableadmin_server.config.authenticator import StaticToken, TokenConfig
from tableadmin_server.interceptors.chain import Chain
from tableadmin_server.interceptors.errors import ErrorsInterceptor
from tableadmin_server.interceptors.identity import (
    Identify,
    IdentityInterceptor,
    identify_as,
    identify_by_credentials,
    readable_peer,
)
from tableadmin_server.interceptors.parsing import ParsingInterceptor
from tableadmin_server.security.authentication import refusals
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tableadmin_server.security.identity import Caller, Principal, caller

TOKEN = "a-token-of-the-robot"
HEADERS = (("authorization", f"Bearer {TOKEN}"),)
SECONDS = 60.0
# Of grpc.aio, whose stubs require what is optional.
Channel: TypeAlias = Any
Call: TypeAlias = Callable[[Channel, object], Awaitable[bytes]]


async def whoami(_: bytes, __: object) -> bytes:
    """Answer who calls."""
    return f"{caller().principal} {caller().proof}".encode()


async def generated(request: bytes, context: object) -> AsyncIterator[bytes]:
    """Answer who calls, then nothing for as long as the caller stays."""
    yield await whoami(request, context)
    await asyncio.Event().wait()


async def written(request: bytes, context: Any) -> None:  # noqa: ANN401  # as in the interceptors
    """The same, by a coroutine."""
    await context.write(await whoami(request, context))
    await asyncio.Event().wait()


async def bidirectional(requests: AsyncIterator[bytes], context: object) -> AsyncIterator[bytes]:
    """Answer each request with who calls."""
    async for request in requests:
        yield await whoami(request, context)


async def collecting(requests: AsyncIterator[bytes], context: object) -> bytes:
    """Answer who calls once all requests have come."""
    return [await whoami(each, context) async for each in requests][-1]


class Handlers(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """One method of each kind, and one as health has it."""

    methods = {  # noqa: RUF012  # nobody changes it
        "/test/UnaryUnary": grpc.unary_unary_rpc_method_handler(whoami),
        "/test/Generated": grpc.unary_stream_rpc_method_handler(generated),
        "/test/Written": grpc.unary_stream_rpc_method_handler(written),
        "/test/StreamUnary": grpc.stream_unary_rpc_method_handler(collecting),
        "/test/StreamStream": grpc.stream_stream_rpc_method_handler(bidirectional),
        "/grpc.health.v1.Health/Check": grpc.unary_unary_rpc_method_handler(whoami),
    }

    def service(self, details: grpc.HandlerCallDetails) -> Any:  # noqa: ANN401  # generic in the stubs only
        """The handler of the method that is called."""
        return self.methods.get(details.method)


@asynccontextmanager
async def serving(identify: Identify) -> AsyncIterator[Channel]:
    """A channel to a server whose callers IDENTIFY finds."""
    chain = Chain([ErrorsInterceptor(), IdentityInterceptor(identify), ParsingInterceptor()])
    server = grpc.aio.server(interceptors=[chain])
    server.add_generic_rpc_handlers((Handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(0)


def robot() -> Identify:
    """Callers with TOKEN are Service::ci/robot."""
    config = TokenConfig(principals="Service", tokens=(StaticToken(name="robot", sha256=digest_of(TOKEN)),))
    return identify_by_credentials(Authentication([StaticTokens("ci", config)], FailedLogins(1000)))


async def first(call: Any) -> bytes:  # noqa: ANN401  # a call that streams, of one kind or another
    """The first answer."""
    async for answer in call:
        return bytes(answer)
    raise AssertionError("no answer")


def requests(headers: object) -> Iterator[bytes]:
    """Two requests; none where the server ends the call first, and grpc.aio fails to send."""
    return iter([b"1", b"2"] if headers else [])


CALLS: dict[str, Call] = {
    "UnaryUnary": lambda channel, headers: channel.unary_unary("/test/UnaryUnary")(b"", metadata=headers),
    "Generated": lambda channel, headers: first(
        channel.unary_stream("/test/Generated")(b"", metadata=headers)
    ),
    "Written": lambda channel, headers: first(channel.unary_stream("/test/Written")(b"", metadata=headers)),
    "StreamUnary": lambda channel, headers: channel.stream_unary("/test/StreamUnary")(
        requests(headers), metadata=headers
    ),
    "StreamStream": lambda channel, headers: first(
        channel.stream_stream("/test/StreamStream")(requests(headers), metadata=headers)
    ),
}


@pytest.mark.parametrize("kind", CALLS)
async def test_each_kind_of_rpc(kind: str) -> None:
    """A call with credentials has its caller, and a call without is UNAUTHENTICATED with a reason."""
    async with serving(robot()) as channel:
        assert b"Service::ci/robot token" == await CALLS[kind](channel, HEADERS)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await CALLS[kind](channel, ())
    assert ("CREDENTIALS_MISSING", grpc.StatusCode.UNAUTHENTICATED) == (
        reason(raised.value),
        raised.value.code(),
    )


def reason(error: grpc.aio.AioRpcError) -> str:
    """The reason in the ErrorInfo of a status."""
    status = rpc_status.from_call(cast("grpc.Call", error))
    info = ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    assert info.metadata["request_id"]
    return str(info.reason)


async def test_health_needs_no_credentials() -> None:
    """A probe has none."""
    async with serving(robot()) as channel:
        assert await channel.unary_unary("/grpc.health.v1.Health/Check")(b"")


async def test_calls_side_by_side_have_their_own_callers() -> None:
    """A call never has the caller of another one on the same connection."""

    async def identify(context: Any) -> Caller:  # noqa: ANN401  # as in the interceptors
        await asyncio.sleep(0)
        return Caller(Principal("User", f"test/{dict(context.invocation_metadata())['who']}"), "token")

    async def asked(channel: Channel, who: str) -> bytes:
        answer: bytes = await channel.unary_unary("/test/UnaryUnary")(b"", metadata=(("who", who),))
        return answer

    async with serving(identify) as channel:
        names = [str(number) for number in range(50)]
        assert [f"User::test/{name} token".encode() for name in names] == await asyncio.gather(
            *(asked(channel, name) for name in names)
        )


STREAMS = pytest.mark.parametrize("method", ["/test/Generated", "/test/Written"])


async def ended(channel: Channel, method: str) -> grpc.aio.AioRpcError:
    """How a stream ends that has a caller at first, within a minute."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        async for _ in channel.unary_stream(method)(b"", metadata=HEADERS, timeout=60):
            pass
    return raised.value


@STREAMS
async def test_streams_end_when_the_proof_expires(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream ends UNAUTHENTICATED at the moment at which the token of its caller expires."""
    # The look of each minute would end the stream too, but later.
    monkeypatch.setattr("tableadmin_server.interceptors.identity._AGAIN", 3600.0)
    expires = time.time() + 0.3

    async def identify(_: object) -> Caller:
        if time.time() >= expires:
            raise refusals.expired_credentials()
        return Caller(Principal("User", "test/ana"), "jwt", expires=expires)

    async with serving(identify) as channel:
        assert "CREDENTIALS_EXPIRED" == reason(await ended(channel, method))
    assert time.time() >= expires


@STREAMS
async def test_streams_end_when_the_token_is_removed(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream whose token was removed ends at the next look, and one whose token stays goes on."""
    monkeypatch.setattr("tableadmin_server.security.authentication.changing_file._INTERVAL", 0.0)
    monkeypatch.setattr("tableadmin_server.interceptors.identity._AGAIN", 0.05)
    file = tmp_path / "tokens.toml"
    file.write_text(f'[[tokens]]\nname = "robot"\nsha256 = "{digest_of(TOKEN)}"\n')
    config = TokenConfig(principals="Service", tokens_file=str(file))
    asked = identify_by_credentials(Authentication([StaticTokens("ci", config)], FailedLogins(1000)))
    times = 0

    async def identify(context: object) -> Caller:
        nonlocal times
        times += 1
        if times == 5:
            file.write_text("")
        return await asked(context)

    async with serving(identify) as channel:
        assert "CREDENTIALS_INVALID" == reason(await ended(channel, method))
    assert 5 == times


@STREAMS
async def test_streams_go_on_without_the_issuer(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream does not end because the keys that verify its token can't be read for a while."""
    monkeypatch.setattr("tableadmin_server.interceptors.identity._AGAIN", 0.02)
    answers = iter([None, *[refusals.keys_unavailable("down")] * 3, refusals.expired_credentials()])

    async def identify(_: object) -> Caller:
        failure = next(answers)
        if failure:
            raise failure
        return Caller(Principal("User", "test/ana"), "jwt")

    async with serving(identify) as channel:
        assert "CREDENTIALS_EXPIRED" == reason(await ended(channel, method))


async def test_nobody_is_asked() -> None:
    """Where a listener asks for no proof, the caller is who reaching the listener makes of it."""
    async with serving(identify_as()) as channel:
        assert b"User::none/anonymous none" == await CALLS["UnaryUnary"](channel, HEADERS)
    async with serving(identify_as(Principal("Service", "local/admin"), "socket")) as channel:
        assert b"Service::local/admin socket" == await CALLS["UnaryUnary"](channel, ())


@pytest.mark.parametrize(
    ("peer", "readable"),
    [
        ("ipv4:10.0.0.1:50051", "10.0.0.1:50051"),
        ("ipv6:%5B::1%5D:50051", "[::1]:50051"),
        ("ipv6:%5B::ffff:10.0.0.1%5D:50051", "10.0.0.1:50051"),
        ("ipv6:%5Bfe80::1%25eth0%5D:50051", "[fe80::1]:50051"),
        ("unix:", "unix:"),
        ("unix:/run/admin.sock", "unix:"),
    ],
)
def test_peers(peer: str, readable: str) -> None:
    """A peer is an address that policies can compare, with its port."""
    assert readable == readable_peer(peer)
