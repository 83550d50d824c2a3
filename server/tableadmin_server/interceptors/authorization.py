"""Authorizes every RPC: denied calls are not handled, and answers show only what the caller may see."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, cast
from weakref import WeakValueDictionary

import grpc
from google.protobuf.descriptor_pool import Default
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.v1 import (
    ApplyPlanRequest,
    ExportTablesRequest,
    ListEndpointsResponse,
    PlanTablesRequest,
    WatchRequest,
    WatchResponse,
)
from tableadmin_server.bounds import parse_bounded
from tableadmin_server.concurrency import batched
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors import authorized_streams
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.visible_entries import Entry, visible_page
from tableadmin_server.interceptors.wrapping import Context, Filter, Handler, Received, wrap_handler
from tableadmin_server.operations.by_endpoint import OperationsByEndpoint
from tableadmin_server.operations.operation_polls import not_found
from tableadmin_server.security.audit.requests import add_found_table
from tableadmin_server.security.authorization.authorizer import Authorizer, denial_failure
from tableadmin_server.security.authorization.classification import (
    RPCS,
    Classification,
    ResourceType,
    action_of,
)
from tableadmin_server.security.authorization.decisions import DENIED, Resource
from tableadmin_server.security.authorization.required_permissions import (
    RequiredPermission,
    required_permissions,
)
from tableadmin_server.security.authorization.resources import EndpointAccount, with_account
from tableadmin_server.security.identity import Principal, caller, set_permitting_policies
from tableadmin_server.tables.reading import background_reader

# Returns the endpoint of a call. Raises Failure.
EndpointOf: TypeAlias = Callable[[Context], Endpoint]
_Behavior: TypeAlias = Callable[[Received, Context], Awaitable[Any]]
_Streaming: TypeAlias = Callable[[Received, Context], AsyncGenerator[Any]]

# The number of listing entries authorized in one turn of the event loop.
_BATCH = 16
_NOTHING = Empty()
# The action that permits to see an operation.
_SEE = "GetOperation"


@dataclass(frozen=True)
class Admitted:
    """A call that may be handled. SELECTS says that its answers must be filtered by table."""

    principal: Principal
    endpoint: Endpoint
    permissions: Sequence[RequiredPermission]
    selects: bool = False


class AuthorizationInterceptor(Interceptor):
    """Lets AUTHORIZER decide about every call. It must be inside of the parsing and identity interceptors.

    An RPC that is not classified is denied.
    """

    def __init__(
        self,
        authorizer: Authorizer,
        endpoints: Endpoints,
        operations: OperationsByEndpoint,
        endpoint_of: EndpointOf,
    ) -> None:
        self.authorizer = authorizer
        self._endpoints = endpoints
        self._operations = operations
        # The calls of the open streams, which many streams have in common.
        self._calls: WeakValueDictionary[object, Admitted] = WeakValueDictionary()
        self._endpoint_of = endpoint_of

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: each call is authorized first."""
        name = method.removeprefix("/")
        row = RPCS.get(name)
        if row is not None and row.resource_type is ResourceType.NONE and row.group is None:
            return handler
        return self._guarded(handler, name, row)

    def _guarded(self, handler: Handler, method: str, row: Classification | None) -> Handler:
        parse = handler.request_deserializer
        if row is not None and inspect.isasyncgenfunction(handler.unary_stream):
            if row.resource_type is not ResourceType.SERVER:
                if _messages(method)[0] is ExportTablesRequest:
                    handler = _or_nothing(handler)
                return wrap_handler(handler, partial(_AuthorizedStream, self, method), parse)
            stream = self._server_stream(cast("_Streaming", handler.unary_stream), action_of(method))
            return grpc.unary_stream_rpc_method_handler(stream, parse, handler.response_serializer)
        if row is not None and row.resource_type is ResourceType.SERVER:
            return wrap_handler(handler, self._checking_server(action_of(method)), parse)
        if row is None or handler.unary_unary is None:
            return wrap_handler(handler, _refusing(method), parse)
        behavior = self._unary(handler.unary_unary, method, row, parsed=parse is not None)
        return grpc.unary_unary_rpc_method_handler(behavior, parse, handler.response_serializer)

    def _checking_server(self, action: str) -> Callable[..., Any]:
        @asynccontextmanager
        async def checking(request: Received, _context: Context) -> AsyncIterator[Received]:
            await self.authorizer.check(caller().principal, [RequiredPermission(action, None, _NOTHING)], "")
            yield request

        return checking

    def _server_stream(self, handle: _Streaming, action: str) -> _Streaming:
        permission = RequiredPermission(action, None, _NOTHING)

        async def stream(request: Received, context: Context) -> AsyncGenerator[Any]:
            principal, policies = caller().principal, self.authorizer.sha256
            await self.authorizer.check(principal, [permission], "")
            async with aclosing(handle(request, context)) as answers:
                async for answer in answers:
                    if self.authorizer.sha256 != policies:
                        policies = self.authorizer.sha256
                        await self.authorizer.check(principal, [permission], "")
                    yield answer

        return stream

    def _unary(self, handle: _Behavior, method: str, row: Classification, *, parsed: bool) -> _Behavior:
        request_type, response_type = _messages(method)

        async def behave(given: Received, context: Context) -> Any:  # noqa: ANN401  # of whichever RPC
            request = given if parsed else await parse_bounded(request_type.FromString, given)
            if row.resource_type is ResourceType.NONE:
                return await self._visible_endpoints(await handle(given, context), action_of(method))
            call = await self.admit(method, row, request, context)
            if not call.selects or row.listing is None:
                return await handle(given, context)

            async def page(asked: Message) -> Message:
                answer = await handle(asked if parsed else asked.SerializeToString(), context)
                return answer if parsed else response_type.FromString(answer)

            visible = partial(self._visible, call, row.entry_action)
            shown = await visible_page(request, row.listing, page, visible)
            return shown if parsed else shown.SerializeToString()

        return behave

    async def admit(self, method: str, row: Classification, request: Message, context: Context) -> Admitted:
        """Authorize the call; raises Failure if it may not be handled."""
        principal = caller().principal
        endpoint = await self._endpoint(method, request, context, principal)
        if row.resource_type is ResourceType.OPERATIONS:
            permissions = [
                await self._operation_permission(principal, method, each, endpoint, request)
                for each in _operation_ids(request)
            ]
            return Admitted(principal, endpoint, permissions)
        needed = await self._required_permissions(method, request, endpoint)
        if needed[0].table is not None:
            if isinstance(
                request, ApplyPlanRequest
            ):  # each step of the operation says what is to be approved
                await self.authorizer.required_approvals(principal, needed, endpoint.name)
            else:
                await self.authorizer.check(principal, needed, endpoint.name)
            return Admitted(principal, endpoint, needed)
        return await self._admit_selection(row, needed, principal, endpoint)

    def shared(self, call: Admitted) -> Admitted:
        """Return CALL, a watch, without its request. Watches that need the same permissions share the object.

        Decisions about watches do not depend on the rest of their requests.
        """
        permissions = [RequiredPermission(each.action, each.table, _NOTHING) for each in call.permissions]
        key = (
            call.principal,
            call.endpoint.name,
            call.selects,
            *((each.action, each.table) for each in permissions),
        )
        return self._calls.setdefault(key, replace(call, permissions=permissions))

    async def _required_permissions(
        self, method: str, request: Message, endpoint: Endpoint
    ) -> Sequence[RequiredPermission]:
        """The permissions that the call needs; raises Failure, also for an ARN of an unknown account."""
        return await with_account(
            endpoint.account.learned, lambda: required_permissions(method, request, account_of(endpoint))
        )

    async def _admit_selection(
        self,
        row: Classification,
        needed: Sequence[RequiredPermission],
        principal: Principal,
        endpoint: Endpoint,
    ) -> Admitted:
        """Authorize a call that names no table: for the whole endpoint, or for the visible tables."""
        action = row.entry_action or needed[0].action
        decision = DENIED
        if row.resource_type is ResourceType.ENDPOINT:
            decision = await self.authorizer.decide(principal, needed[0], endpoint.name)
            if decision.allowed:
                set_permitting_policies(decision.policies)
                return Admitted(principal, endpoint, needed)
        filters = row.listing is not None or row.resource_type is ResourceType.TABLES
        if not filters or not self.authorizer.may_permit(principal, [action], endpoint.name):
            raise denial_failure(principal, needed[0].action, Resource(endpoint.name), decision)
        return Admitted(principal, endpoint, needed, selects=True)

    async def _endpoint(
        self, method: str, request: Message, context: Context, principal: Principal
    ) -> Endpoint:
        """The endpoint of the call; unknown and forbidden endpoints give the same error."""
        try:
            return self._endpoint_of(context)
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            permission = RequiredPermission("ListEndpoints", None, request)
            for endpoint in self._endpoints:
                if not (await self.authorizer.decide(principal, permission, endpoint.name)).allowed:
                    name = failure.metadata["endpoint"]
                    table = _first_table(method, request, name)
                    raise denial_failure(
                        principal, action_of(method), Resource(name, table), DENIED
                    ) from None
            raise

    async def _operation_permission(
        self, principal: Principal, method: str, operation_id: str, endpoint: Endpoint, request: Message
    ) -> RequiredPermission:
        """The permission for a call about an operation; raises NOT_FOUND if the caller may not see it."""
        action = action_of(method)
        # The cause is for the audit record only. The caller gets NOT_FOUND.
        if not operation_id or not self.authorizer.may_permit(principal, {action, _SEE}, endpoint.name):
            raise not_found(operation_id) from denial_failure(
                principal, action, Resource(endpoint.name), DENIED
            )
        try:
            found = await self._operations.of(endpoint).get(operation_id)
        except Failure as failure:
            if failure.code not in {Code.DATA_LOSS, Code.FAILED_PRECONDITION}:
                raise
            table, is_requester = "", False  # the record can't be read, so its table is unknown
        else:
            if found is None:
                raise not_found(operation_id)
            table, is_requester = found.spec.table_name, found.spec.principal == principal
            add_found_table(table)
        permission = RequiredPermission(action, table, request, is_requester)
        decision = await self.authorizer.decide(principal, permission, endpoint.name)
        if decision.allowed:
            set_permitting_policies(decision.policies)
            return permission
        denial = denial_failure(principal, action, Resource(endpoint.name, table), decision)
        seen = await self.authorizer.decide(principal, replace(permission, action=_SEE), endpoint.name)
        if seen.allowed:
            raise denial
        raise not_found(operation_id) from denial

    async def _visible(self, call: Admitted, action: str, entries: Sequence[Entry]) -> Sequence[bool]:
        """For each of ENTRIES, whether ACTION is permitted for its table or the operation is the caller's."""
        tables = list(dict.fromkeys(each.table for each in entries))
        visible: dict[str, bool] = {}
        for batch in batched(tables, _BATCH):
            seen = await asyncio.gather(*(self.sees(call, action, table) for table in batch))
            visible.update(zip(batch, seen, strict=True))
            await asyncio.sleep(0)
        own = str(call.principal)
        return [visible[each.table] or each.requested_by == own for each in entries]

    async def sees(self, call: Admitted, action: str, table: str) -> bool:
        """Whether the principal of CALL may do ACTION to TABLE."""
        decision = await self.authorizer.decide(
            call.principal, RequiredPermission(action, table, _NOTHING), call.endpoint.name
        )
        return decision.allowed

    async def selected(self, call: Admitted, request: ExportTablesRequest) -> Sequence[str]:
        """Return the tables that REQUEST selects and the principal of CALL may see."""
        names = await background_reader(call.endpoint).table_names()
        entries = [Entry(name) for name in names if name.startswith(request.prefix)]
        shown = await self._visible(call, call.permissions[0].action, entries)
        return [each.table for each, is_shown in zip(entries, shown, strict=True) if is_shown]

    async def _visible_endpoints(self, response: ListEndpointsResponse, action: str) -> ListEndpointsResponse:
        principal = caller().principal
        permission = RequiredPermission(action, None, _NOTHING)
        shown = [
            each
            for each in response.endpoints
            if (await self.authorizer.decide(principal, permission, each.name)).allowed
        ]
        if not shown:
            raise denial_failure(principal, action, Resource(response.endpoints[0].name), DENIED)
        return ListEndpointsResponse(endpoints=shown)


def _refusing(method: str) -> Callable[..., Any]:
    """Deny an RPC that has no row in the classification."""

    @asynccontextmanager
    async def refusing(request: Received, _context: Context) -> AsyncIterator[Received]:
        if method:
            raise denial_failure(caller().principal, method.rpartition("/")[2], Resource(), DENIED)
        yield request

    return refusing


def _or_nothing(handler: Handler) -> Handler:
    """HANDLER, or an empty stream for the request None."""
    handle = cast("_Streaming", handler.unary_stream)

    async def stream(request: Received, context: Context) -> AsyncGenerator[Any]:
        if request is not None:
            async with aclosing(handle(request, context)) as answers:
                async for answer in answers:
                    yield answer

    return grpc.unary_stream_rpc_method_handler(
        stream, handler.request_deserializer, handler.response_serializer
    )


class _AuthorizedStream(Filter):
    """A stream of METHOD that AUTHORIZATION admits, and checks again when the policies have changed."""

    __slots__ = ("_authorization", "_call", "_context", "_key", "_method", "_policies", "_request")

    def __init__(
        self, authorization: AuthorizationInterceptor, method: str, received: Received, context: Context
    ) -> None:
        super().__init__(received)
        self._authorization = authorization
        self._method = method
        self._context = context
        # Seals the resume tokens of a watch.
        self._key: bytes | None = None
        # The request, None for a watch, because there are thousands of them.
        self._request: Message | None = None

    async def __aenter__(self) -> Received:
        request = self.hand_over()
        authorizer = self._authorization.authorizer
        if isinstance(request, WatchRequest):
            self._key = authorized_streams.key_of(caller().principal, authorizer.sha256)
            if request.resume_token:
                request.resume_token = authorized_streams.unseal(request.resume_token, self._key)
        self._policies = authorizer.sha256
        call = await self._authorization.admit(self._method, RPCS[self._method], request, self._context)
        if isinstance(request, WatchRequest):
            self._call = self._authorization.shared(call)
            return request
        self._call, self._request = call, request
        if call.selects and isinstance(request, ExportTablesRequest):
            names = await self._authorization.selected(call, request)
            return ExportTablesRequest(table_names=names) if names else None
        return request

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self._key is not None and isinstance(error, Failure):
            # Without tables that the caller may not see.
            raise await authorized_streams.nameless_failure(error, self._sees) from error.__cause__

    async def shown(self, answer: Any) -> Any:  # noqa: ANN401  # of whichever RPC
        """Return the part of ANSWER that the caller may see, None if nothing."""
        authorizer = self._authorization.authorizer
        if authorizer.sha256 != self._policies:
            self._policies = authorizer.sha256
            await self._check_again()
        if self._key is not None:
            return await self._shown_events(answer, self._key)
        if isinstance(self._request, PlanTablesRequest):
            await authorized_streams.note_decisions(
                answer,
                authorizer,
                self._call.principal,
                account_of(self._call.endpoint),
                _time_of(self._request),
            )
        return answer

    async def _shown_events(self, message: bytes, key: bytes) -> bytes | None:
        """MESSAGE, a serialized WatchResponse, with the events that the caller may see; None without any."""
        shown = WatchResponse.FromString(message)
        tables = [event.table.table_name if self._call.selects else "" for event in shown.events]
        hidden = [number for number, table in enumerate(tables) if table and not await self._sees(table)]
        for number in reversed(hidden):
            del shown.events[number]
        for event in shown.events:
            authorized_streams.remove_names(event)
            authorized_streams.seal(event, key)
        return shown.SerializeToString() if shown.events else None

    async def _sees(self, table: str) -> bool:
        return await self._authorization.sees(self._call, self._call.permissions[0].action, table)

    async def _check_again(self) -> None:
        """Authorize the stream again after a change of the policies; raises Failure if it must end."""
        call = self._call
        if self._key is not None and call.selects:
            raise authorized_streams.policies_changed()
        try:
            await self._authorization.authorizer.check(call.principal, call.permissions, call.endpoint.name)
        except Failure as failure:
            is_denial = failure.code == Code.PERMISSION_DENIED
            if RPCS[self._method].resource_type is ResourceType.OPERATIONS and is_denial:
                raise not_found(next(iter(_operation_ids(self._request)))) from None
            raise


def _messages(method: str) -> tuple[type[Message], type[Message]]:
    service, _, rpc = method.partition("/")
    found = Default().FindServiceByName(service).methods_by_name[rpc]
    return GetMessageClass(found.input_type), GetMessageClass(found.output_type)


def _time_of(request: PlanTablesRequest) -> datetime | None:
    """The time at which the plans are to be applied, None for now."""
    return request.not_before.ToDatetime(UTC) if request.HasField("not_before") else None


def account_of(endpoint: Endpoint) -> EndpointAccount:
    """Return the account and region of ENDPOINT."""
    return EndpointAccount(endpoint.name, endpoint.region, endpoint.account.id, endpoint.account.advice)


def _operation_ids(request: Any) -> Iterable[str]:  # noqa: ANN401  # a request about operations
    if "operation_ids" in request.DESCRIPTOR.fields_by_name:
        return request.operation_ids or [""]
    return [request.operation_id]


def _first_table(method: str, request: Message, endpoint: str) -> str | None:
    """The table in the denial of a call to an unknown endpoint, as for a known one; raises Failure."""
    if RPCS[method].resource_type not in {ResourceType.TABLES, ResourceType.ENDPOINT}:
        raise not_found(next(iter(_operation_ids(request))))
    return required_permissions(method, request, EndpointAccount(endpoint, "", None))[0].table
