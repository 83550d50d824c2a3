"""The asyncio client: `tableadmin.aio.Client`.

`client.py` is generated from this file: run `make sync-client` after each change.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import update_wrapper
from os import PathLike
from types import TracebackType
from typing import Generic, Self, TypeVar, Unpack, cast, overload
from uuid import uuid4

import grpc

from tableadmin import v1
from tableadmin.awsshape.times import duration, timestamp
from tableadmin.calls import AsyncCalls
from tableadmin.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, CallOptions, Metadata, OptionChanges
from tableadmin.drift import (
    CONSUMPTION_TABLES,
    TableDrift,
    batches,
    table_drifts,
    unmanaged_names,
    with_bills,
)
from tableadmin.methods import Method, P, Request, Response, warn_of_unknown
from tableadmin.pagination import next_request, page_items
from tableadmin.streams.auditing import ResumableAuditRead
from tableadmin.streams.copying import ResumableCopy
from tableadmin.streams.operations import KnownOperations, ResumableOperationWatch, State, next_page
from tableadmin.streams.plans import Exports, Plans, ResumableExports, ResumablePlans, exports_of, plans_of
from tableadmin.streams.resumable import Received, ResumableStream
from tableadmin.streams.stream import AsyncStream
from tableadmin.streams.watching import ResumableWait, ResumableWatch
from tableadmin.transport.tls import Credentials
from tableadmin.transport.tokens import Command, token_source
from tableadmin.v1.access_service_pb2_grpc import AccessServiceStub
from tableadmin.v1.audit_service_pb2_grpc import AuditServiceStub
from tableadmin.v1.endpoint_service_pb2_grpc import EndpointServiceStub
from tableadmin.v1.item_service_pb2_grpc import ItemServiceStub
from tableadmin.v1.operation_service_pb2_grpc import OperationServiceStub
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub

Item = TypeVar("Item")


class Call(Generic[P, Request, Response]):
    """An RPC of one client, ready to be called."""

    def __init__(self, method: Method[P, Request, Response], client: "Client") -> None:
        self._method = method
        self._client = client
        self.__doc__ = method.__doc__

    @overload
    async def __call__(self, request: Request, /, *, timeout: float | None = ...) -> Response: ...  # noqa: ASYNC109 - it travels to the service
    @overload
    async def __call__(self, *args: P.args, **fields: P.kwargs) -> Response: ...
    @overload
    async def __call__(self, *, timeout: float | None, **fields: object) -> Response: ...  # noqa: ASYNC109 - it travels to the service
    async def __call__(self, *args: object, **fields: object) -> Response:
        """Send a request message, or the request with these fields, and return the response.

        `timeout` is the deadline of this call in seconds, None for no deadline. Raises TableAdminError, and
        TypeError or ValueError for invalid arguments.
        """
        request, options = self._method.arguments(args, fields, self._client.options)
        return await self._client.invoke(self._method, request, options)


class PagedCall(Call[P, Request, Response], Generic[P, Request, Response, Item]):
    """A paged RPC: a call returns one page, `pages` and `items` continue to the last page."""

    @overload
    def pages(self, request: Request, /, *, timeout: float | None = ...) -> AsyncIterator[Response]: ...
    @overload
    def pages(self, *args: P.args, **fields: P.kwargs) -> AsyncIterator[Response]: ...
    @overload
    def pages(self, *, timeout: float | None, **fields: object) -> AsyncIterator[Response]: ...
    def pages(self, *args: object, **fields: object) -> AsyncIterator[Response]:
        """Return an iterator over the responses of all pages. A page is requested when the caller needs it.

        Takes the arguments and raises the errors of a call. `timeout` is the deadline of each page in
        seconds.
        """
        return self._pages(*self._method.arguments(args, fields, self._client.options))

    async def _pages(self, request: Request, options: CallOptions) -> AsyncIterator[Response]:
        following: Request | None = request
        while following is not None:
            response = await self._client.invoke(self._method, following, options)
            yield response
            following = next_request(self._method.rpc, following, response)

    @overload
    def items(self, request: Request, /, *, timeout: float | None = ...) -> AsyncIterator[Item]: ...
    @overload
    def items(self, *args: P.args, **fields: P.kwargs) -> AsyncIterator[Item]: ...
    @overload
    def items(self, *, timeout: float | None, **fields: object) -> AsyncIterator[Item]: ...
    def items(self, *args: object, **fields: object) -> AsyncIterator[Item]:
        """Return an iterator over the items of all pages, with the arguments and the errors of `pages`."""
        return self._items(*self._method.arguments(args, fields, self._client.options))

    async def _items(self, request: Request, options: CallOptions) -> AsyncIterator[Item]:
        async for page in self._pages(request, options):
            for item in cast("Sequence[Item]", page_items(self._method.rpc, page)):
                yield item


class Rpc(Method[P, Request, Response]):
    """Declares a method of Client: one RPC."""

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Call[P, Request, Response]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | Call[P, Request, Response]:
        return self if client is None else Call(self, client)


class PagedRpc(Rpc[P, Request, Response], Generic[P, Request, Response, Item]):
    """Declares a method of Client: one paged RPC whose pages have items of type ITEM."""

    def __init__(self, request: Callable[P, Request], response: type[Response], item: type[Item]) -> None:
        super().__init__(request, response)
        self.item_type = item

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> PagedCall[P, Request, Response, Item]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | PagedCall[P, Request, Response, Item]:
        return self if client is None else PagedCall(self, client)


class StreamRpc(Generic[P, Request, Received, Response]):
    """Declares a method of Client: a stream that resumes after a lost connection."""

    def __init__(self, new_stream: Callable[P, ResumableStream[Request, Received, Response]]) -> None:
        self._new_stream = new_stream

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, AsyncStream[Response]]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | Callable[P, AsyncStream[Response]]:
        if client is None:
            return self

        def call(*args: P.args, **fields: P.kwargs) -> AsyncStream[Response]:
            return client.stream(self._new_stream(*args, **fields))

        return update_wrapper(call, self._new_stream, updated=())


class WaitRpc(Generic[P, Request, Received, Response]):
    """Declares a method of Client: a stream whose last response is returned."""

    def __init__(self, new_stream: Callable[P, ResumableStream[Request, Received, Response]]) -> None:
        self._new_stream = new_stream

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, Coroutine[None, None, Response]]: ...
    def __get__(
        self, client: "Client | None", owner: type
    ) -> Self | Callable[P, Coroutine[None, None, Response]]:
        if client is None:
            return self

        async def call(*args: P.args, **fields: P.kwargs) -> Response:
            async with aclosing(client.stream(self._new_stream(*args, **fields))) as responses:
                async for response in responses:
                    last = response
            return last

        return update_wrapper(call, self._new_stream, updated=())


class Operations:
    """Operations of the service: iterate over them to follow them, or await their `result`.

    `async for` yields each operation as it is now, then after each change, until all have ended. After a lost
    connection, the iteration resumes, with pauses of 0.1 to 5 seconds. Leaving the iteration cancels no
    operation, and a new iteration can start at any time. Raises NotFound if an operation does not exist or is
    no longer stored, Unavailable after four attempts if the service has never returned one of the operations,
    and other TableAdminErrors.
    """

    def __init__(self, client: "Client", known: KnownOperations) -> None:
        self._client = client
        self._known = known

    @property
    def ids(self) -> list[str]:
        """The ids of the operations, in the order of the request."""
        return self._known.ids

    @property
    def latest(self) -> list[v1.Operation]:
        """The last known states of the operations, in the order of the request. The service is not called.

        An operation without a response yet has only its id.
        """
        return self._known.latest

    def __aiter__(self) -> AsyncGenerator[v1.Operation]:
        return self._follow(ResumableOperationWatch(self._known, self.latest))

    async def _follow(self, following: ResumableOperationWatch) -> AsyncGenerator[v1.Operation]:
        async with aclosing(self._client.stream(following)) as responses:
            async for response in responses:
                yield response.operation

    async def result(self, timeout: float | None = None) -> list[v1.Operation]:  # noqa: ASYNC109 - it travels to the service
        """Wait until all operations have succeeded, and return them in the order of the request.

        `timeout` is in seconds, None for no limit. Raises OperationFailed if all have ended and not all have
        succeeded, DeadlineExceeded after `timeout`, while the operations continue, and the errors of
        iterating.
        """
        async with aclosing(
            self._follow(ResumableOperationWatch(self._known, self._known.under_way, timeout))
        ) as states:
            async for _ in states:
                pass
        return self._known.outcome()

    async def cancel(self) -> None:
        """Request each operation that has not ended to stop before its next AWS call.

        Completed calls are not undone. The method does not wait for the operations to end: `result` does.
        Raises TableAdminError at the first request that fails.
        """
        for operation in self._known.under_way:
            self._known.note(await self._client.cancel_operation(operation.operation_id))


class Client:
    """Calls the Table Admin service at TARGET, which is HOST:PORT or another gRPC target.

    With `dns:///HOST:PORT` or a list, `ipv4:ADDRESS:PORT,ADDRESS:PORT`, the servers get calls in turn. A
    server that reports in its health check that it stops gets no calls.

    Each RPC is a method to await. A method takes the request message, or the fields of the request as keyword
    arguments. It returns the response message and raises the errors of `tableadmin.errors`. RPCs without side
    effects are retried while no server answers: until their deadline if a server has answered this client
    before, four times otherwise. An error of the endpoint is raised at once: the server has already called
    the endpoint `max_attempts` times. RPCs that list also have `.pages(...)` and `.items(...)`.

    `watch` and `wait` are iterators that resume after a lost connection. `wait_for` returns the last response
    of `wait`. `plan` returns the changes that bring tables to their specs, `validate` returns the errors in
    specs, and `apply` makes the changes. `export` returns tables as specs. `plan_tables` and `export_tables`
    are iterators that return each result as soon as it is ready. `get_consumed_capacity` returns how many
    request units tables consume. `copy_items` copies the items of a small table to a table with other keys.
    `read_audit_records` returns the records of changes through the service.

    `token` authenticates the caller. A `token_file` is read again when it changes. A `token_command` runs
    when a token is needed, and again before the token expires. Without `credentials` for TLS, a token is sent
    only to this machine: to 127.0.0.1 or a Unix socket. ValueError is raised for other targets.

    Traffic is encrypted only with `credentials`: a `Tls` with the files of the trusted authorities and of a
    client certificate, or gRPC's ChannelCredentials. ValueError is raised for an unusable file. A given
    `channel` is used instead of a new one and is never closed; TARGET then only names the channel in
    messages. `timeout` is the deadline of each call in seconds, None for no deadline. `endpoint` is the name
    of an endpoint in the service's configuration, None for the default endpoint. `metadata` is sent with each
    call.

    With `tracing`, each call has an OpenTelemetry span, and the server continues its trace. Tracing needs the
    extra `otel`; ModuleNotFoundError is raised without it.

    Several tasks of one running event loop can use a client. Other event loops raise WrongEventLoop.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments, each of which can be left out
        self,
        target: str = DEFAULT_TARGET,
        *,
        channel: grpc.aio.Channel | None = None,
        credentials: Credentials | None = None,
        token: str | None = None,
        token_file: str | PathLike[str] | None = None,
        token_command: Command | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        endpoint: str | None = None,
        metadata: Metadata = (),
        tracing: bool = False,
    ) -> None:
        self.options = CallOptions(timeout, endpoint, metadata)
        tokens = token_source(token, token_file, token_command)
        self._calls = AsyncCalls(target, channel, credentials, tokens, tracing=tracing)
        self._stub = TableAdminStub(self._calls.channel)
        self._plan_stub = PlanServiceStub(self._calls.channel)
        self._operation_stub = OperationServiceStub(self._calls.channel)
        self._endpoint_stub = EndpointServiceStub(self._calls.channel)
        self._access_stub = AccessServiceStub(self._calls.channel)
        audit_stub, watch_stub = AuditServiceStub(self._calls.channel), WatchServiceStub(self._calls.channel)
        item_stub = ItemServiceStub(self._calls.channel)
        streaming = (audit_stub, item_stub, watch_stub, self._operation_stub, self._plan_stub)
        self._streams = {name: rpc for stub in streaming for name, rpc in vars(stub).items()}

    def with_options(self, **changes: Unpack[OptionChanges]) -> Self:
        """Return a client with another `timeout`, `endpoint` or `metadata` on the same channel.

        Closing the returned client does not close the channel.
        """
        view = copy(self)
        view.options = replace(self.options, **changes)
        view._calls = self._calls.shared()  # noqa: SLF001 - of another object of this class
        return view

    async def close(self) -> None:
        """Close the channel, unless it was given. Calls in progress and later calls raise ClientClosed."""
        await self._calls.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def invoke(
        self, method: Method[P, Request, Response], request: Request, options: CallOptions
    ) -> Response:
        """Return the response of METHOD to REQUEST. Raises TableAdminError."""
        response, trailers = await self.invoke_with_trailers(method, request, options)
        warn_of_unknown(method.rpc, trailers)
        return response

    async def invoke_with_trailers(
        self, method: Method[P, Request, Response], request: Request, options: CallOptions
    ) -> tuple[Response, Metadata]:
        """Return the response and the trailing metadata: the request id and unknown members."""
        rpc = cast("grpc.aio.UnaryUnaryMultiCallable[Request, Response]", getattr(self._stub, method.rpc))
        return await self._calls.unary(rpc, request, options)

    async def _response(
        self, rpc: "grpc.aio.UnaryUnaryMultiCallable[Request, Response]", request: Request
    ) -> Response:
        response, _ = await self._calls.unary(rpc, request, self.options)
        return response

    def stream(self, stream: ResumableStream[Request, Received, Response]) -> AsyncStream[Response]:
        """Return the responses of a stream. The stream starts when the first response is requested."""
        return self._calls.stream(self._streams[stream.rpc], stream, self.options)

    async def list_endpoints(self) -> Sequence[v1.ConfiguredEndpoint]:
        """Return the endpoints of the service's configuration, sorted by name. Raises TableAdminError.

        The service calls no endpoint.
        """
        response = await self._response(self._endpoint_stub.ListEndpoints, v1.ListEndpointsRequest())
        return response.endpoints

    async def who_am_i(self) -> v1.WhoAmIResponse:
        """Return the caller's identity and the actions that policies may permit. Raises TableAdminError."""
        return await self._response(self._access_stub.WhoAmI, v1.WhoAmIRequest())

    async def check_access(self, action: str, table_name: str | None = None) -> v1.CheckAccessResponse:
        """Return whether policies permit ACTION, such as `CreateTable`, on the table or on the endpoint.

        Raises TableAdminError: InvalidArgument for an unknown action.
        """
        request = v1.CheckAccessRequest(action=action, table_name=table_name)
        return await self._response(self._access_stub.CheckAccess, request)

    async def plan(
        self,
        specs: Iterable[v1.TableSpec],
        *,
        not_before: datetime | None = None,
        include_billing: bool = False,
    ) -> Plans:
        """Return a plan for each spec, in the order of SPECS: the changes and AWS calls that apply the spec.

        Changes nothing. `plan_tables` returns the plans one by one, and the error of each table that can't
        be read. `not_before` is the time at which the plans are to be applied, which policies may depend on.
        With `include_billing`, the plans contain the billing facts for `tableadmin.cost.plan_cost`. Raises
        TableAdminError: InvalidArgument with `field_violations` for invalid specs, and the error of the
        first table that can't be read.
        """
        request = list(specs)
        stream = self.plan_tables(request, not_before, include_billing=include_billing)
        results = [each async for each in stream]
        return plans_of((each.table_name for each in request), results)

    async def drift(
        self, specs: Iterable[v1.TableSpec], *, prefix: str = "", include_billing: bool = False
    ) -> list[TableDrift]:
        """Compare tables with SPECS. Return the drift in the order of SPECS, then tables without a spec.

        Changes nothing. Tables without a spec are UNMANAGED and sorted by name; `prefix` selects those whose
        names begin with `prefix`. A table that can't be read is UNKNOWN and has an `error`. With
        `include_billing`, the plans, and `billed_table` of UNMANAGED tables, contain the billing facts; the
        service then also reads the UNMANAGED tables.

        Raises TableAdminError: InvalidArgument with `field_violations` for invalid specs.
        """
        ordered = list(specs)
        results = [
            each
            for batch in batches(ordered)
            async for each in self.plan_tables(batch, include_billing=include_billing)
        ]
        live = [name async for name in self.list_tables.items() if name.startswith(prefix)]
        by_name = {each.table_name: each for each in results}
        found = table_drifts([by_name[spec.table_name] for spec in ordered], live)
        if not include_billing:
            return found
        bills = [
            each
            for batch in batches(unmanaged_names(found))
            async for each in self.export_tables(table_names=batch, include_billing=True)
        ]
        return with_bills(found, bills)

    async def export(
        self, *, table_names: Iterable[str] = (), prefix: str | None = None, all_tables: bool = False
    ) -> Exports:
        """Return tables as specs, in the order of `table_names` or by name, and notes of missing settings.

        Specify one of `table_names`, `prefix` and `all_tables`. `export_tables` returns the specs one by one,
        and the error of each table that can't be read. Raises TableAdminError: NotFound if a table does not
        exist, and the error of the first table that can't be read.
        """
        names = list(table_names)
        stream = self.export_tables(table_names=names, prefix=prefix, all_tables=all_tables)
        return exports_of(names, [each async for each in stream])

    async def get_consumed_capacity(
        self, table_names: Iterable[str], *, window: timedelta | None = None
    ) -> v1.GetConsumedCapacityResponse:
        """Return the request units a second that tables and their indexes consumed, as CloudWatch counted.

        `window` is the time before now that is read, from 1 hour to 90 days; None is 7 days. The tables of
        the response are in the order of `table_names`; one that can't be read has an `error`. Units that are
        not set are not known. `tableadmin.cost.Consumed.of` takes the response.

        Raises TableAdminError: Unimplemented with the reason NO_CLOUDWATCH if the endpoint has no CloudWatch,
        and PermissionDenied if the server may not read metrics.
        """
        names = list(dict.fromkeys(table_names))
        response = v1.GetConsumedCapacityResponse()
        for batch in batches(names, CONSUMPTION_TABLES) if names else [names]:
            request = v1.GetConsumedCapacityRequest(table_names=batch, window=duration(window))
            response.MergeFrom(await self._response(self._plan_stub.GetConsumedCapacity, request))
        return response

    async def validate(self, specs: Iterable[v1.TableSpec]) -> v1.ValidateTablesResponse:
        """Return all errors in SPECS, without calling AWS. Raises TableAdminError."""
        request = v1.ValidateTablesRequest(specs=specs)
        return await self._response(self._plan_stub.ValidateTables, request)

    async def apply(
        self,
        specs: Iterable[v1.TableSpec],
        *,
        fingerprints: Mapping[str, str] | None = None,
        allow_destructive: bool = False,
        allow_replacement: bool = False,
        request_id: str | None = None,
        requested_by: str | None = None,
        not_before: datetime | None = None,
    ) -> Operations:
        """Start an operation for each spec that changes the table to the spec, and return the operations.

        The operations continue without the caller. `fingerprints` maps table names to the fingerprints of
        their plans: if a table has changed since its plan, no operation starts. `allow_destructive` permits
        changes of class DESTRUCTIVE. `allow_replacement` permits deleting tables with their items and
        creating them again. `requested_by` is stored with the operations.

        `request_id` is a unique string of 1 to 128 characters, a new UUID by default. All retries send the
        same id, so the operations start only once.

        `not_before` is the time at which the operations may start, with a time zone and within 30 days. If
        policies require approval, the operations wait for it: see `approve_operation`.

        No operation starts if one of these errors is raised. InvalidArgument: a spec is invalid (see
        `field_violations`), or another request used `request_id`. FailedPrecondition: a plan is refused or
        has changes that are not allowed, or another operation is changing a table. Aborted: a table has
        changed since its plan. After other TableAdminErrors, such as Unavailable and DeadlineExceeded, the
        operations may have started: call again with the same arguments and `request_id`.

        For more than 20 tables, the service checks the live tables after the response. If a check fails, no
        table is changed: all operations end ABORTED, and `Operations.result` raises OperationFailed with the
        reason of the check.
        """
        request = v1.ApplyPlanRequest(
            specs=specs,
            fingerprints=fingerprints,
            allow_destructive=allow_destructive,
            allow_replacement=allow_replacement,
            request_id=str(uuid4()) if request_id is None else request_id,
            requested_by=requested_by,
            not_before=timestamp(not_before),
        )
        response = await self._response(self._plan_stub.ApplyPlan, request)
        return Operations(self, KnownOperations(response.operations))

    def operations(self, operation_ids: Iterable[str]) -> Operations:
        """Return up to 5,000 operations by their ids. The service is not called until they are followed."""
        return Operations(self, KnownOperations.by_ids(operation_ids))

    async def get_operation(self, operation_id: str) -> v1.Operation:
        """Return the operation with its spec. Raises TableAdminError: NotFound if it is no longer stored."""
        request = v1.GetOperationRequest(operation_id=operation_id)
        response = await self._response(self._operation_stub.GetOperation, request)
        return response.operation

    def list_operations(
        self,
        *,
        table_name: str | None = None,
        states: Iterable[State] = (),
        request_id: str | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[v1.Operation]:
        """Return an iterator over operations, newest first, without their specs. Pages load as needed.

        The filters select operations of one table, in one of `states`, or of one request. Operations are
        stored for 30 days after their end. `page_size` is 1 to 500. Raises TableAdminError.
        """
        return self._listed(
            v1.ListOperationsRequest(
                table_name=table_name, states=states, request_id=request_id, page_size=page_size
            )
        )

    async def _listed(self, request: v1.ListOperationsRequest) -> AsyncIterator[v1.Operation]:
        following: v1.ListOperationsRequest | None = request
        while following is not None:
            page = await self._response(self._operation_stub.ListOperations, following)
            for operation in page.operations:
                yield operation
            following = next_page(following, page)

    async def cancel_operation(self, operation_id: str) -> v1.Operation:
        """Request the operation to stop before its next AWS call, and return the operation.

        Completed calls are not undone. An ended operation does not change. Raises TableAdminError: NotFound
        if the operation is no longer stored.
        """
        request = v1.CancelOperationRequest(operation_id=operation_id)
        response = await self._response(self._operation_stub.CancelOperation, request)
        return response.operation

    async def approve_operation(self, operation_id: str, comment: str | None = None) -> v1.Operation:
        """Approve the `approval_request` of the operation, and return the operation.

        The operation continues when it has all required approvals. Raises TableAdminError: NotFound if the
        operation is no longer stored, PermissionDenied if the caller is not an approver or requested the
        operation, FailedPrecondition if the operation does not wait for approval, or if its table has
        changed, which ends the operation.
        """
        request = v1.ApproveOperationRequest(operation_id=operation_id, comment=comment)
        response = await self._response(self._operation_stub.ApproveOperation, request)
        return response.operation

    async def reject_operation(self, operation_id: str, comment: str | None = None) -> v1.Operation:
        """End an operation that waits for approval, and return it. Raises as `approve_operation` does."""
        request = v1.RejectOperationRequest(operation_id=operation_id, comment=comment)
        response = await self._response(self._operation_stub.RejectOperation, request)
        return response.operation

    async def forget_operation(self, operation_id: str) -> None:
        """Delete the record of an operation that has ended, or whose record can't be read.

        Raises TableAdminError: NotFound if there is no record, FailedPrecondition if the operation has not
        ended.
        """
        request = v1.ForgetOperationRequest(operation_id=operation_id)
        await self._response(self._operation_stub.ForgetOperation, request)

    # Watching and waiting: `wait` yields each response, `wait_for` returns the last response
    watch = StreamRpc(ResumableWatch)
    wait = StreamRpc(ResumableWait)
    wait_for = WaitRpc(ResumableWait)

    # Plans and specs of many tables, one by one
    plan_tables = StreamRpc(ResumablePlans)
    export_tables = StreamRpc(ResumableExports)

    # The items of small tables
    copy_items = StreamRpc(ResumableCopy)

    # The audit records of the service
    read_audit_records = StreamRpc(ResumableAuditRead)

    # The RPCs of AWS, from here to the end, are written by `make proto`: do not edit.

    # From auto_scaling.proto
    describe_table_replica_auto_scaling = Rpc(
        v1.DescribeTableReplicaAutoScalingRequest, v1.DescribeTableReplicaAutoScalingResponse
    )
    update_table_replica_auto_scaling = Rpc(
        v1.UpdateTableReplicaAutoScalingRequest, v1.UpdateTableReplicaAutoScalingResponse
    )

    # From backup.proto
    create_backup = Rpc(v1.CreateBackupRequest, v1.CreateBackupResponse)
    delete_backup = Rpc(v1.DeleteBackupRequest, v1.DeleteBackupResponse)
    describe_backup = Rpc(v1.DescribeBackupRequest, v1.DescribeBackupResponse)
    describe_continuous_backups = Rpc(
        v1.DescribeContinuousBackupsRequest, v1.DescribeContinuousBackupsResponse
    )
    list_backups = PagedRpc(v1.ListBackupsRequest, v1.ListBackupsResponse, v1.BackupSummary)
    restore_table_from_backup = Rpc(v1.RestoreTableFromBackupRequest, v1.RestoreTableFromBackupResponse)
    restore_table_to_point_in_time = Rpc(
        v1.RestoreTableToPointInTimeRequest, v1.RestoreTableToPointInTimeResponse
    )
    update_continuous_backups = Rpc(v1.UpdateContinuousBackupsRequest, v1.UpdateContinuousBackupsResponse)

    # From bulk_operation.proto
    cancel_bulk_operation = Rpc(v1.CancelBulkOperationRequest, v1.CancelBulkOperationResponse)
    describe_bulk_operation = Rpc(v1.DescribeBulkOperationRequest, v1.DescribeBulkOperationResponse)
    list_bulk_operations = PagedRpc(
        v1.ListBulkOperationsRequest, v1.ListBulkOperationsResponse, v1.BulkOperationSummary
    )
    start_bulk_put_items = Rpc(v1.StartBulkPutItemsRequest, v1.StartBulkPutItemsResponse)

    # From contributor_insights.proto
    describe_contributor_insights = Rpc(
        v1.DescribeContributorInsightsRequest, v1.DescribeContributorInsightsResponse
    )
    list_contributor_insights = PagedRpc(
        v1.ListContributorInsightsRequest, v1.ListContributorInsightsResponse, v1.ContributorInsightsSummary
    )
    update_contributor_insights = Rpc(
        v1.UpdateContributorInsightsRequest, v1.UpdateContributorInsightsResponse
    )

    # From endpoint.proto
    describe_endpoints = Rpc(v1.DescribeEndpointsRequest, v1.DescribeEndpointsResponse)

    # From global_table.proto
    create_global_table = Rpc(v1.CreateGlobalTableRequest, v1.CreateGlobalTableResponse)
    describe_global_table = Rpc(v1.DescribeGlobalTableRequest, v1.DescribeGlobalTableResponse)
    describe_global_table_settings = Rpc(
        v1.DescribeGlobalTableSettingsRequest, v1.DescribeGlobalTableSettingsResponse
    )
    list_global_tables = PagedRpc(v1.ListGlobalTablesRequest, v1.ListGlobalTablesResponse, v1.GlobalTable)
    update_global_table = Rpc(v1.UpdateGlobalTableRequest, v1.UpdateGlobalTableResponse)
    update_global_table_settings = Rpc(
        v1.UpdateGlobalTableSettingsRequest, v1.UpdateGlobalTableSettingsResponse
    )

    # From import_export.proto
    describe_export = Rpc(v1.DescribeExportRequest, v1.DescribeExportResponse)
    describe_import = Rpc(v1.DescribeImportRequest, v1.DescribeImportResponse)
    export_table_to_point_in_time = Rpc(
        v1.ExportTableToPointInTimeRequest, v1.ExportTableToPointInTimeResponse
    )
    import_table = Rpc(v1.ImportTableRequest, v1.ImportTableResponse)
    list_exports = PagedRpc(v1.ListExportsRequest, v1.ListExportsResponse, v1.ExportSummary)
    list_imports = PagedRpc(v1.ListImportsRequest, v1.ListImportsResponse, v1.ImportSummary)

    # From kinesis.proto
    describe_kinesis_streaming_destination = Rpc(
        v1.DescribeKinesisStreamingDestinationRequest, v1.DescribeKinesisStreamingDestinationResponse
    )
    disable_kinesis_streaming_destination = Rpc(
        v1.DisableKinesisStreamingDestinationRequest, v1.DisableKinesisStreamingDestinationResponse
    )
    enable_kinesis_streaming_destination = Rpc(
        v1.EnableKinesisStreamingDestinationRequest, v1.EnableKinesisStreamingDestinationResponse
    )
    update_kinesis_streaming_destination = Rpc(
        v1.UpdateKinesisStreamingDestinationRequest, v1.UpdateKinesisStreamingDestinationResponse
    )

    # From limits.proto
    describe_limits = Rpc(v1.DescribeLimitsRequest, v1.DescribeLimitsResponse)

    # From resource_policy.proto
    delete_resource_policy = Rpc(v1.DeleteResourcePolicyRequest, v1.DeleteResourcePolicyResponse)
    get_resource_policy = Rpc(v1.GetResourcePolicyRequest, v1.GetResourcePolicyResponse)
    put_resource_policy = Rpc(v1.PutResourcePolicyRequest, v1.PutResourcePolicyResponse)

    # From table.proto
    create_table = Rpc(v1.CreateTableRequest, v1.CreateTableResponse)
    delete_table = Rpc(v1.DeleteTableRequest, v1.DeleteTableResponse)
    describe_table = Rpc(v1.DescribeTableRequest, v1.DescribeTableResponse)
    list_tables = PagedRpc(v1.ListTablesRequest, v1.ListTablesResponse, str)
    update_table = Rpc(v1.UpdateTableRequest, v1.UpdateTableResponse)

    # From tag.proto
    list_tags_of_resource = PagedRpc(v1.ListTagsOfResourceRequest, v1.ListTagsOfResourceResponse, v1.Tag)
    tag_resource = Rpc(v1.TagResourceRequest, v1.TagResourceResponse)
    untag_resource = Rpc(v1.UntagResourceRequest, v1.UntagResourceResponse)

    # From time_to_live.proto
    describe_time_to_live = Rpc(v1.DescribeTimeToLiveRequest, v1.DescribeTimeToLiveResponse)
    update_time_to_live = Rpc(v1.UpdateTimeToLiveRequest, v1.UpdateTimeToLiveResponse)
