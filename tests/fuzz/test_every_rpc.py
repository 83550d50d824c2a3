"""Whatever a caller sends to whichever RPC, the caller gets an answer or a status that says what is wrong."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from grpc_channelz.v1 import channelz_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from tableadmin.v1 import operation_service_pb2, plan_service_pb2, table_admin_pb2, watch_service_pb2
from tests.engines import ministack
from tests.fuzz.generated import payloads
from tests.fuzz.measured import Measured, measured_server

_FILES = (
    table_admin_pb2,
    watch_service_pb2,
    plan_service_pb2,
    operation_service_pb2,
    health_pb2,
    reflection_pb2,
    channelz_pb2,
)
METHODS: tuple[MethodDescriptor, ...] = tuple(
    method
    for file in _FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)
# Requests for each RPC, and seconds for which a stream is listened to.
_REQUESTS = 25
_LISTENING = 0.3
_CALLERS = 4
_SEED = 1

# What only Python says.
_PYTHON = re.compile(r"Traceback|Error\b|Exception|<class|object at 0x|NoneType|\.py\b|'[a-z]+' object")


@pytest.fixture(scope="module")
def served() -> Iterator[Measured]:
    """A server in front of the embedded engine."""
    with ministack() as engine, measured_server(engine.url) as server:
        yield server


@pytest.fixture(scope="module")
def channel(served: Measured) -> Iterator[grpc.Channel]:
    """A channel to the server."""
    with grpc.insecure_channel(served.address) as channel:
        yield channel


def call(channel: grpc.Channel, method: MethodDescriptor, payload: bytes) -> tuple[grpc.StatusCode, str]:
    """The status that METHOD ends with, and its text."""
    assert method.containing_service is not None
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.client_streaming:
            for _ in channel.stream_stream(path, bytes, bytes)(iter([payload]), timeout=_LISTENING):
                pass
        elif method.server_streaming:
            for _ in channel.unary_stream(path, bytes, bytes)(payload, timeout=_LISTENING):
                pass
        else:
            channel.unary_unary(path, bytes, bytes)(payload, timeout=60)
    except grpc.RpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_any_request(served: Measured, channel: grpc.Channel, method: MethodDescriptor) -> None:
    """No request ends in UNKNOWN or INTERNAL, shows Python's texts, or holds the event loop for 200 ms."""
    requests = islice(payloads(method.input_type, _SEED), _REQUESTS)
    # Who listens to a stream waits.
    at_once = _REQUESTS if method.server_streaming else _CALLERS
    with served.held_less_than(0.2), ThreadPoolExecutor(at_once) as callers:
        ends = list(callers.map(lambda payload: call(channel, method, payload), requests))
    codes = Counter(code for code, _ in ends)
    wrong = [end for end in ends if end[0] in {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}]
    assert not wrong, codes
    assert not [text for _, text in ends if _PYTHON.search(text)]


@pytest.mark.parametrize("names", [("",), ("%00 ~",), ("a" * 4_000,), ("nowhere", "only")])
def test_any_endpoint(channel: grpc.Channel, names: tuple[str, ...]) -> None:
    """An endpoint that there is not is the caller's mistake, however it is written; the first name counts."""
    method = channel.unary_unary("/tableadmin.v1.TableAdmin/ListTables", bytes, bytes)
    with pytest.raises(grpc.RpcError) as raised:
        method(b"", timeout=60, metadata=tuple(("tableadmin-endpoint", name) for name in names))
    assert raised.value.code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
    assert not _PYTHON.search(raised.value.details() or "")
