"""The services on a real port that answer what a test has written down."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, NoReturn, TypeAlias, cast

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

# gRPC's way to say that there is no deadline is one some centuries away.
_FOR_EVER = 1e9

Step: TypeAlias = Callable[[grpc.ServicerContext], Message]
StreamStep: TypeAlias = Callable[[grpc.ServicerContext], Iterator[Message]]


def answer(message: Message, trailers: tuple[tuple[str, str | bytes], ...] = ()) -> Step:
    """Answer with MESSAGE and TRAILERS."""

    def step(context: grpc.ServicerContext) -> Message:
        context.set_trailing_metadata(trailers)
        return message

    return step


def stream(*messages: Message, then: Step | None = None) -> StreamStep:
    """Stream MESSAGES, then fail or fall silent as THEN does, or end."""

    def step(context: grpc.ServicerContext) -> Iterator[Message]:
        yield from messages
        if then:
            then(context)

    return step


def failure(status: Status) -> Step:
    """Fail as the service does, with details in the trailers."""

    def step(context: grpc.ServicerContext) -> NoReturn:
        context.abort_with_status(rpc_status.to_status(status))

    return step


def bare_failure(
    code: grpc.StatusCode, text: str, trailers: tuple[tuple[str, str | bytes], ...] = ()
) -> Step:
    """Fail as a proxy does, without details."""

    def step(context: grpc.ServicerContext) -> NoReturn:
        context.set_trailing_metadata(trailers)
        context.abort(code, text)

    return step


def silence(context: grpc.ServicerContext) -> Message:
    """Give no answer for as long as the caller waits."""
    gone = Event()
    if context.add_callback(gone.set):
        gone.wait(timeout=60)
    context.abort(grpc.StatusCode.CANCELLED, "the caller has gone")


@dataclass(frozen=True)
class Seen:
    """A call that came in: `remaining` is the time to its deadline in seconds, None without one."""

    rpc: str
    request: Message
    metadata: Mapping[str, str | bytes]
    remaining: float | None


if TYPE_CHECKING:
    _Handler = grpc.GenericRpcHandler[Message, Message]
else:  # generic in its type stub only
    _Handler = grpc.GenericRpcHandler


@dataclass
class ScriptedService(_Handler):
    """Takes one step of `script` for each call; the last one serves all further calls."""

    script: list[Step | StreamStep]
    target: str = ""
    seen: list[Seen] = field(default_factory=list)

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Message, Message]":
        """The handler of any RPC of the contract."""
        method = _method(details.method)
        metadata = dict(details.invocation_metadata)

        def handle(request: Message, context: grpc.ServicerContext) -> Message | Iterator[Message]:
            self.seen.append(Seen(method.name, request, metadata, _remaining(context)))
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            return step(context)

        handler = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return cast(
            "grpc.RpcMethodHandler[Message, Message]",
            cast("Callable[..., object]", handler)(
                handle,
                request_deserializer=GetMessageClass(method.input_type).FromString,
                response_serializer=GetMessageClass(method.output_type).SerializeToString,
            ),
        )


def _method(path: str) -> MethodDescriptor:
    """The RPC of PATH, which is `/SERVICE/METHOD`."""
    service, _, method = path.strip("/").partition("/")
    return Default().FindServiceByName(service).methods_by_name[method]


def _remaining(context: grpc.ServicerContext) -> float | None:
    remaining = context.time_remaining()
    return None if remaining > _FOR_EVER else remaining


@contextmanager
def serving(
    *script: Step | StreamStep, credentials: grpc.ServerCredentials | None = None
) -> Iterator[ScriptedService]:
    """A service that takes the steps of SCRIPT, listening at its `target`, with TLS if it has CREDENTIALS."""
    service = ScriptedService(list(script))
    server = grpc.server(ThreadPoolExecutor(max_workers=4), handlers=[service])
    address = "127.0.0.1:0"
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    service.target = f"127.0.0.1:{port}"
    server.start()
    try:
        yield service
    finally:
        server.stop(grace=None).wait()
