"""What fails in the authorization itself: no call is permitted, and nothing of the inside is told."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from google.rpc.code_pb2 import Code

from tableadmin.v1 import DescribeTableRequest, GetOperationRequest, ReadAuditRecordsRequest, WatchRequest
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.authorization import Admitted, AuthorizationInterceptor
from tableadmin_server.interceptors.chain import Chain
from tableadmin_server.interceptors.errors import ErrorsInterceptor
from tableadmin_server.interceptors.parsing import ParsingInterceptor
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.classification import RPCS
from tableadmin_server.security.authorization.context import is_plain
from tableadmin_server.security.authorization.required_permissions import RequiredPermission
from tableadmin_server.security.identity import Caller, Principal, set_caller
from tests.server.interceptors.test_identity import reason
from tests.server.security.authorization.policy_sets import ANA, OPERATOR
from tests.server.security.authorization.test_reloading import authorizer

UNKNOWN_ACCOUNT = SimpleNamespace(id=None, advice="", learned=None)
SECRET = "what nobody may read"  # the text of an exception
HANDLED: list[str] = []


async def answered(_request: object, _context: object) -> bytes:
    """Answer, which no call may get to."""
    HANDLED.append("unary")
    return b""


async def streamed(_request: object, _context: object) -> AsyncIterator[bytes]:
    """Answer, which no call may get to."""
    HANDLED.append("stream")
    yield b""


async def echoed(_requests: object, _context: object) -> AsyncIterator[bytes]:
    """Answer, which no call may get to."""
    HANDLED.append("streams")
    yield b""


DESCRIBE, WATCH = "/tableadmin.v1.TableAdmin/DescribeTable", "/tableadmin.v1.WatchService/Watch"
AUDIT = "/tableadmin.v1.AuditService/ReadAuditRecords"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
# Of no service that is classified.
UNCLASSIFIED = ("/test.Service/Unary", "/test.Service/Stream", "/test.Service/Streams")
HANDLERS: dict[str, Any] = {
    DESCRIBE: grpc.unary_unary_rpc_method_handler(answered),
    WATCH: grpc.unary_stream_rpc_method_handler(streamed, WatchRequest.FromString),
    AUDIT: grpc.unary_stream_rpc_method_handler(streamed, ReadAuditRecordsRequest.FromString),
    REFLECTION: grpc.stream_stream_rpc_method_handler(echoed),
    UNCLASSIFIED[0]: grpc.unary_unary_rpc_method_handler(answered),
    UNCLASSIFIED[1]: grpc.unary_stream_rpc_method_handler(streamed),
    UNCLASSIFIED[2]: grpc.stream_stream_rpc_method_handler(echoed),
}


class Handlers(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """RPCs of each kind."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:  # noqa: ANN401  # generic in the stubs only
        """The handler of the method that is called."""
        return HANDLERS.get(details.method)


class Failing(Authorizer):
    """Fails at every question in a way that nobody has thought of, and counts the questions."""

    def __init__(self) -> None:
        """Load nothing."""
        self.asked = 0

    @property
    def sha256(self) -> str:
        """No policies."""
        return ""

    async def decide(self, *_: object) -> Any:  # noqa: ANN401  # fails
        """Fail."""
        self.asked += 1
        raise ZeroDivisionError(SECRET)

    async def check(self, *_: object) -> Any:  # noqa: ANN401  # fails
        """Fail."""
        self.asked += 1
        raise ZeroDivisionError(SECRET)


async def ended(subject: Authorizer, method: str, payload: bytes) -> grpc.aio.AioRpcError:
    """How a call of METHOD ends that SUBJECT decides about."""
    place: Any = SimpleNamespace(name="staging", region="eu-central-1", account=UNKNOWN_ACCOUNT)
    guard = AuthorizationInterceptor(subject, cast("Any", ()), cast("Any", None), lambda _: place)
    server = grpc.aio.server(interceptors=[Chain([ErrorsInterceptor(), ParsingInterceptor(), guard])])
    server.add_generic_rpc_handlers((Handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            # The bytes of a call with one request are the same whatever the kind of the RPC.
            call: Any = cast("Any", channel).unary_stream(method)
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                async for _ in call(payload, timeout=60):
                    pass
            return raised.value
    finally:
        await server.stop(0)


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        (DESCRIBE, DescribeTableRequest(table_name="music-a")),
        (WATCH, WatchRequest(table_names=["music-a"])),
        (AUDIT, ReadAuditRecordsRequest()),
        (REFLECTION, WatchRequest()),
    ],
    ids=["unary", "stream", "stream of the server", "streams"],
)
async def test_an_exception_of_the_guard(method: str, request_: Any) -> None:  # noqa: ANN401  # any message
    """An exception in the authorization denies the call with INTERNAL, and its text stays inside."""
    HANDLED.clear()
    guard = Failing()
    error = await ended(guard, method, request_.SerializeToString())
    assert guard.asked
    assert (grpc.StatusCode.INTERNAL, "INTERNAL") == (error.code(), reason(error))
    assert SECRET not in f"{error.details()} {error.debug_error_string()}"
    assert [] == HANDLED


def test_decisions_about_watches_do_not_depend_on_the_rest_of_the_request() -> None:
    """So open watches share what they were admitted for, without their requests."""
    assert is_plain(WatchRequest.DESCRIPTOR)


async def test_open_watches_share_what_they_were_admitted_for(tmp_path: Path) -> None:
    """Two watches of a principal on a table need one object. A watch of another principal has its own."""
    (tmp_path / "main.cedar").write_text('@id("all") permit (principal, action, resource);')
    place: Any = SimpleNamespace(name="staging", region="eu-central-1", account=None)
    guard = AuthorizationInterceptor(
        authorizer(tmp_path), cast("Any", ()), cast("Any", None), lambda _: place
    )

    def admitted(principal: Principal, table: str) -> Admitted:
        request = WatchRequest(table_names=[table])
        return guard.shared(Admitted(principal, place, [RequiredPermission("Watch", table, request)]))

    first = admitted(ANA, "music-a")
    assert first is admitted(ANA, "music-a")
    assert first is not admitted(ANA, "music-b")
    assert first is not admitted(OPERATOR, "music-a")
    assert (ANA, "Watch", "music-a") == (
        first.principal,
        first.permissions[0].action,
        first.permissions[0].table,
    )


@pytest.mark.parametrize("method", UNCLASSIFIED)
async def test_an_rpc_that_is_not_classified(method: str, tmp_path: Path) -> None:
    """An RPC of any kind that nobody has classified is denied, whatever the policies permit."""
    (tmp_path / "main.cedar").write_text('@id("all") permit (principal, action, resource);')
    HANDLED.clear()
    error = await ended(authorizer(tmp_path), method, b"")
    assert (grpc.StatusCode.PERMISSION_DENIED, "POLICY_DENIED") == (error.code(), reason(error))
    assert [] == HANDLED


async def test_requesters_of_operations(tmp_path: Path) -> None:
    """A policy can permit calls about an operation to the principal alone that requested the operation."""
    (tmp_path / "main.cedar").write_text(
        '@id("own") permit (principal, action == Action::"GetOperation", resource)'
        " when { context.isRequester };"
    )
    operation = SimpleNamespace(spec=SimpleNamespace(table_name="music-a", principal=ANA))

    async def get(_operation_id: str) -> Any:  # noqa: ANN401  # in place of an operation
        return operation

    place: Any = SimpleNamespace(name="staging", region="eu-central-1", account=UNKNOWN_ACCOUNT)
    operations: Any = SimpleNamespace(of=lambda _endpoint: SimpleNamespace(get=get))
    guard = AuthorizationInterceptor(authorizer(tmp_path), cast("Any", ()), operations, lambda _: place)
    method = "tableadmin.v1.OperationService/GetOperation"

    async def admitted(principal: Principal) -> Admitted:
        set_caller(Caller(principal))
        return await guard.admit(method, RPCS[method], GetOperationRequest(operation_id="x"), None)

    assert ["music-a"] == [each.table for each in (await admitted(ANA)).permissions]
    with pytest.raises(Failure) as raised:
        await admitted(OPERATOR)
    assert Code.NOT_FOUND == raised.value.code
