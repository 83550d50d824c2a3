"""The synchronous client: `tableadmin.Client`.

Generated from aio.py by `make sync-client`: do not edit.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import update_wrapper
from os import PathLike
from types import TracebackType
from typing import Generic, Self, TypeVar, Unpack, cast, overload
from uuid import uuid4

import grpc

from tableadmin import v1
from tableadmin.auditing import AuditReading
from tableadmin.calls import Calls
from tableadmin.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, CallOptions, Metadata, OptionChanges
from tableadmin.drift import TableDrift, batches, table_drifts, unmanaged_names, with_bills
from tableadmin.methods import Method, P, Request, Response, warn_of_unknown
from tableadmin.operations import Following, KnownOperations, State, next_page
from tableadmin.pagination import next_request, page_items
from tableadmin.plans import Exporting, Exports, Planning, Plans, exports_of, plans_of
from tableadmin.streams import Stream
from tableadmin.timestamps import timestamp
from tableadmin.transport.tls import Credentials
from tableadmin.transport.tokens import Command, token_source
from tableadmin.v1.access_service_pb2_grpc import AccessServiceStub
from tableadmin.v1.audit_service_pb2_grpc import AuditServiceStub
from tableadmin.v1.endpoint_service_pb2_grpc import EndpointServiceStub
from tableadmin.v1.operation_service_pb2_grpc import OperationServiceStub
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tableadmin.watching import Resumption, Waiting, Watching

Item = TypeVar("Item")


class Call(Generic[P, Request, Response]):
    """An RPC of one client, ready to be called."""

    def __init__(self, method: Method[P, Request, Response], client: "Client") -> None:
        self._method = method
        self._client = client
        self.__doc__ = method.__doc__

    @overload
    def __call__(self, request: Request, /, *, timeout: float | None = ...) -> Response: ...
    @overload
    def __call__(self, *args: P.args, **fields: P.kwargs) -> Response: ...
    @overload
    def __call__(self, *, timeout: float | None, **fields: object) -> Response: ...
    def __call__(self, *args: object, **fields: object) -> Response:
        """The answer to the request, or to the request with these fields.

        `timeout`, beside either, is the deadline of this call in seconds, None for no deadline.
        Raises TableAdminError; TypeError and ValueError for arguments that do not make a request.
        """
        request, options = self._method.arguments(args, fields, self._client.options)
        return self._client.invoke(self._method, request, options)


class PagedCall(Call[P, Request, Response], Generic[P, Request, Response, Item]):
    """An RPC that answers in pages: a call gives one page, `pages` and `items` go on to the last."""

    @overload
    def pages(self, request: Request, /, *, timeout: float | None = ...) -> Iterator[Response]: ...
    @overload
    def pages(self, *args: P.args, **fields: P.kwargs) -> Iterator[Response]: ...
    @overload
    def pages(self, *, timeout: float | None, **fields: object) -> Iterator[Response]: ...
    def pages(self, *args: object, **fields: object) -> Iterator[Response]:
        """The answers to the request and to those for the pages after it, each asked for when it is needed.

        Takes and raises what a call does; `timeout` is the deadline of each page.
        """
        return self._pages(*self._method.arguments(args, fields, self._client.options))

    def _pages(self, request: Request, options: CallOptions) -> Iterator[Response]:
        following: Request | None = request
        while following is not None:
            response = self._client.invoke(self._method, following, options)
            yield response
            following = next_request(self._method.rpc, following, response)

    @overload
    def items(self, request: Request, /, *, timeout: float | None = ...) -> Iterator[Item]: ...
    @overload
    def items(self, *args: P.args, **fields: P.kwargs) -> Iterator[Item]: ...
    @overload
    def items(self, *, timeout: float | None, **fields: object) -> Iterator[Item]: ...
    def items(self, *args: object, **fields: object) -> Iterator[Item]:
        """What is listed, across all pages; takes and raises what `pages` does."""
        return self._items(*self._method.arguments(args, fields, self._client.options))

    def _items(self, request: Request, options: CallOptions) -> Iterator[Item]:
        for page in self._pages(request, options):
            yield from cast("Sequence[Item]", page_items(self._method.rpc, page))


class Rpc(Method[P, Request, Response]):
    """Declares a method of Client: one RPC."""

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Call[P, Request, Response]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | Call[P, Request, Response]:
        return self if client is None else Call(self, client)


class PagedRpc(Rpc[P, Request, Response], Generic[P, Request, Response, Item]):
    """Declares a method of Client: one RPC that answers in pages of ITEM."""

    def __init__(self, request: Callable[P, Request], response: type[Response], item: type[Item]) -> None:
        super().__init__(request, response)
        self.item_type = item

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> PagedCall[P, Request, Response, Item]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | PagedCall[P, Request, Response, Item]:
        return self if client is None else PagedCall(self, client)


class StreamRpc(Generic[P, Request, Response]):
    """Declares a method of Client: a stream that survives the connection."""

    def __init__(self, resumption: Callable[P, Resumption[Request, Response]]) -> None:
        self._resumption = resumption

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, Stream[Response]]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | Callable[P, Stream[Response]]:
        if client is None:
            return self

        def call(*args: P.args, **fields: P.kwargs) -> Stream[Response]:
            return client.stream(self._resumption(*args, **fields))

        return update_wrapper(call, self._resumption, updated=())


class WaitRpc(Generic[P, Request, Response]):
    """Declares a method of Client: such a stream, of which the last response counts."""

    def __init__(self, resumption: Callable[P, Resumption[Request, Response]]) -> None:
        self._resumption = resumption

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, Response]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | Callable[P, Response]:
        if client is None:
            return self

        def call(*args: P.args, **fields: P.kwargs) -> Response:
            with closing(client.stream(self._resumption(*args, **fields))) as responses:
                for response in responses:
                    last = response
            return last

        return update_wrapper(call, self._resumption, updated=())


class Operations:
    """Operations on their way: iterate over them to follow them, or wait for their `result`.

    Iterating gives each operation as it is now, then whenever it has changed, until all have ended. No lost
    connection ends it: it goes on when the service is there again, after 0.1 to 5 seconds a time. Leaving it
    cancels nothing, and it can be begun anew at any time. Raises NotFound where there is no such operation,
    or none any more, Unavailable where the service has never told of them and does not answer four times, and
    other TableAdminErrors.
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
        """The operations as last seen, in the order of the request; the service is not asked.

        One that has not been seen yet has nothing but its id.
        """
        return self._known.latest

    def __iter__(self) -> Generator[v1.Operation]:
        return self._follow(Following(self._known, self.latest))

    def _follow(self, following: Following) -> Generator[v1.Operation]:
        with closing(self._client.stream(following)) as responses:
            for response in responses:
                yield response.operation

    def result(self, timeout: float | None = None) -> list[v1.Operation]:
        """The operations when all have succeeded, in the order of the request.

        `timeout` is in seconds, None for no end. Raises OperationFailed when all have ended and not all have
        succeeded; DeadlineExceeded when that takes longer, and the operations go on; what iterating raises.
        """
        with closing(self._follow(Following(self._known, self._known.under_way, timeout))) as told:
            for _ in told:
                pass
        return self._known.outcome()

    def cancel(self) -> None:
        """Ask those that have not ended to stop before their next call, one after the other.

        What was done stays done. They have ended when `result` or an iteration says so. Raises
        TableAdminError at the first that can't be asked.
        """
        for operation in self._known.under_way:
            self._known.note(self._client.cancel_operation(operation.operation_id))


class Client:
    """Calls the Table Admin service at TARGET, which is HOST:PORT or another gRPC target.

    With `dns:///HOST:PORT` each server that HOST has an address of gets calls in turn, as with a list,
    `ipv4:ADDRESS:PORT,ADDRESS:PORT`. A server that stops gets none: its health check says so.

    Each RPC is a method. A method takes the request message, or the fields of the request as keyword
    arguments. It returns the response message and raises what `tableadmin.errors` lists. RPCs without side
    effects are tried again while no server answers: until their deadline if a server has answered this client
    before, four times otherwise. An error of the endpoint is raised at once: the server has called the
    endpoint `max_attempts` times. RPCs that list also have `.pages(...)` and `.items(...)`.

    `watch` and `wait` are iterators that go on after a lost connection; `wait_for` returns the last
    response of `wait`. `plan` returns what would change to bring tables to their specs, `validate` returns
    what is wrong with specs, and `apply` makes the changes. `export` returns tables as specs. `plan_tables`
    and `export_tables` are iterators over the same results, each as soon as it is ready.
    `read_audit_records` returns who changed what through the service.

    `token` proves who calls. A `token_file` is read again when it has changed. A `token_command` is run when
    a token is needed, and again before the token expires. Without `credentials` for TLS, a token goes to this
    machine alone: to 127.0.0.1 or a Unix socket; ValueError is raised for other targets.

    Traffic is not encrypted unless there are `credentials`: a `Tls` with the files of the authorities to
    trust and of a client certificate, or gRPC's own. ValueError is raised for a file that can't be used. A
    `channel` is used instead of opening one, and is left open at the end; TARGET then only names the channel
    in messages. `timeout` is the deadline of each call in seconds, None for no deadline. `endpoint` is one of
    those the service is configured with, None for its default. `metadata` goes with each call.

    With `tracing` each call has a span of OpenTelemetry, whose trace the server continues. This needs the
    extra `otel`; ModuleNotFoundError is raised without it.

    One client serves any number of threads.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments, each of which can be left out
        self,
        target: str = DEFAULT_TARGET,
        *,
        channel: grpc.Channel | None = None,
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
        self._calls = Calls(target, channel, credentials, tokens, tracing=tracing)
        self._stub = TableAdminStub(self._calls.channel)
        self._plan_stub = PlanServiceStub(self._calls.channel)
        self._operation_stub = OperationServiceStub(self._calls.channel)
        self._endpoint_stub = EndpointServiceStub(self._calls.channel)
        self._access_stub = AccessServiceStub(self._calls.channel)
        audit_stub, watch_stub = AuditServiceStub(self._calls.channel), WatchServiceStub(self._calls.channel)
        streaming = (audit_stub, watch_stub, self._operation_stub, self._plan_stub)
        self._streams = {name: rpc for stub in streaming for name, rpc in vars(stub).items()}

    def with_options(self, **changes: Unpack[OptionChanges]) -> Self:
        """This client with another `timeout`, `endpoint` or `metadata`, on the same channel.

        The channel stays this client's: closing what is returned does not close it.
        """
        view = copy(self)
        view.options = replace(self.options, **changes)
        view._calls = self._calls.shared()  # noqa: SLF001 - of another object of this class
        return view

    def close(self) -> None:
        """Close the channel, unless it was given; calls under way, and later ones, raise ClientClosed."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def invoke(
        self, method: Method[P, Request, Response], request: Request, options: CallOptions
    ) -> Response:
        """The response of METHOD to REQUEST; raises TableAdminError."""
        response, trailers = self.invoke_with_trailers(method, request, options)
        warn_of_unknown(method.rpc, trailers)
        return response

    def invoke_with_trailers(
        self, method: Method[P, Request, Response], request: Request, options: CallOptions
    ) -> tuple[Response, Metadata]:
        """The response and the trailing metadata: the id of the request, what the contract does not know."""
        rpc = cast("grpc.UnaryUnaryMultiCallable[Request, Response]", getattr(self._stub, method.rpc))
        return self._calls.unary(rpc, request, options)

    def _response(self, rpc: "grpc.UnaryUnaryMultiCallable[Request, Response]", request: Request) -> Response:
        response, _ = self._calls.unary(rpc, request, self.options)
        return response

    def stream(self, resumption: Resumption[Request, Response]) -> Stream[Response]:
        """The responses of a stream, which starts when the first one is asked for."""
        return self._calls.stream(self._streams[resumption.rpc], resumption, self.options)

    def list_endpoints(self) -> Sequence[v1.ConfiguredEndpoint]:
        """The endpoints that the service is configured with, by name; raises TableAdminError.

        The service answers from its configuration and calls no endpoint.
        """
        response = self._response(self._endpoint_stub.ListEndpoints, v1.ListEndpointsRequest())
        return response.endpoints

    def who_am_i(self) -> v1.WhoAmIResponse:
        """Who the service takes the caller for, and what policies may permit; raises TableAdminError."""
        return self._response(self._access_stub.WhoAmI, v1.WhoAmIRequest())

    def check_access(self, action: str, table_name: str | None = None) -> v1.CheckAccessResponse:
        """Whether policies permit ACTION, such as `CreateTable`, for the table or for the endpoint.

        Raises TableAdminError: InvalidArgument where there is no such action.
        """
        request = v1.CheckAccessRequest(action=action, table_name=table_name)
        return self._response(self._access_stub.CheckAccess, request)

    def plan(
        self,
        specs: Iterable[v1.TableSpec],
        *,
        not_before: datetime | None = None,
        include_billing: bool = False,
    ) -> Plans:
        """The changes and AWS calls that bring tables to SPECS: a plan for each spec, in the order of SPECS.

        Changes nothing. `plan_tables` returns the plans one by one, and the error of each table that can't
        be read. `not_before` is the time at which the plans are to be applied, if policies depend on that.
        `include_billing` has plans say what the cost depends on, for `tableadmin.cost.plan_cost`. Raises
        TableAdminError: InvalidArgument, whose `field_violations` say what is wrong, for invalid specs, and
        the error of the first table that can't be read.
        """
        request = list(specs)
        stream = self.plan_tables(request, not_before, include_billing=include_billing)
        results = list(stream)
        return plans_of((each.table_name for each in request), results)

    def drift(
        self, specs: Iterable[v1.TableSpec], *, prefix: str = "", include_billing: bool = False
    ) -> list[TableDrift]:
        """How the tables of the endpoint stand to SPECS: in the order of SPECS, then tables without a spec.

        Changes nothing. Tables without a spec are UNMANAGED and come by name; `prefix` limits them to those
        whose names begin with it. A table that can't be read is UNKNOWN and has the `error`.
        `include_billing` has the plans, and `billed_table` of UNMANAGED tables, say what the cost depends on;
        UNMANAGED tables are read for that.

        Raises TableAdminError: InvalidArgument, whose `field_violations` say what is wrong, for invalid
        specs.
        """
        ordered = list(specs)
        results = [
            each
            for batch in batches(ordered)
            for each in self.plan_tables(batch, include_billing=include_billing)
        ]
        live = [name for name in self.list_tables.items() if name.startswith(prefix)]
        by_name = {each.table_name: each for each in results}
        found = table_drifts([by_name[spec.table_name] for spec in ordered], live)
        if not include_billing:
            return found
        bills = [
            each
            for batch in batches(unmanaged_names(found))
            for each in self.export_tables(table_names=batch, include_billing=True)
        ]
        return with_bills(found, bills)

    def export(
        self, *, table_names: Iterable[str] = (), prefix: str | None = None, all_tables: bool = False
    ) -> Exports:
        """Tables as specs, in the order of `table_names` or by name, and notes of what the specs lack.

        Specify one of `table_names`, `prefix` and `all_tables`. `export_tables` returns the specs one by one,
        and the error of each table that can't be read. Raises TableAdminError: NotFound where a table does
        not exist, and the error of the first table that can't be read.
        """
        names = list(table_names)
        stream = self.export_tables(table_names=names, prefix=prefix, all_tables=all_tables)
        return exports_of(names, list(stream))

    def validate(self, specs: Iterable[v1.TableSpec]) -> v1.ValidateTablesResponse:
        """All that is wrong with SPECS, for which AWS is not asked; raises TableAdminError."""
        request = v1.ValidateTablesRequest(specs=specs)
        return self._response(self._plan_stub.ValidateTables, request)

    def apply(
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
        """Bring tables to SPECS: an operation for each is begun, which goes on whoever leaves.

        `fingerprints` has for each table that was planned the fingerprint of its plan: where one has moved
        on since, nothing is done. `allow_destructive` lets changes of class DESTRUCTIVE happen,
        `allow_replacement` lets tables be deleted with their items and made anew. `requested_by` is written
        down with the operations.

        `request_id` is 1 to 128 characters that no other request has, a new UUID by default. It is sent with
        each try, however many it takes, which therefore begin the operations once.

        `not_before` is the time at which the operations may start, with a time zone and within 30 days. If
        policies require approval, the operations wait for it: see `approve_operation`.

        Raises, and then nothing is begun, InvalidArgument: specs can't be, `field_violations` say why, or the
        request id was another request's; FailedPrecondition: a plan is refused or holds changes that are not
        allowed, or another operation is changing a table; Aborted: a table has moved on since it was planned.
        After other TableAdminErrors, such as Unavailable and DeadlineExceeded, the operations may have begun
        or not: call again with the same arguments and `request_id`, and they are found or begun.

        For more than 20 tables, the service checks the live tables after the response. If a check fails,
        nothing is changed: all operations end ABORTED, and `Operations.result` raises OperationFailed with
        the reason of the check.
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
        response = self._response(self._plan_stub.ApplyPlan, request)
        return Operations(self, KnownOperations(response.operations))

    def operations(self, operation_ids: Iterable[str]) -> Operations:
        """The operations of these ids, to come back to; the service is not asked before they are followed.

        Up to 5,000 can be followed at once.
        """
        return Operations(self, KnownOperations.by_ids(operation_ids))

    def get_operation(self, operation_id: str) -> v1.Operation:
        """The operation, its spec included; raises TableAdminError: NotFound when there is none any more."""
        request = v1.GetOperationRequest(operation_id=operation_id)
        response = self._response(self._operation_stub.GetOperation, request)
        return response.operation

    def list_operations(
        self,
        *,
        table_name: str | None = None,
        states: Iterable[State] = (),
        request_id: str | None = None,
        page_size: int | None = None,
    ) -> Iterator[v1.Operation]:
        """The operations, newest first, without their specs; each page is asked for when it is needed.

        Those of one table, in one of `states`, of one request; without filters all that are remembered, which
        is for 30 days after they ended. `page_size` is 1 to 500. Raises TableAdminError.
        """
        return self._listed(
            v1.ListOperationsRequest(
                table_name=table_name, states=states, request_id=request_id, page_size=page_size
            )
        )

    def _listed(self, request: v1.ListOperationsRequest) -> Iterator[v1.Operation]:
        following: v1.ListOperationsRequest | None = request
        while following is not None:
            page = self._response(self._operation_stub.ListOperations, following)
            yield from page.operations
            following = next_page(following, page)

    def cancel_operation(self, operation_id: str) -> v1.Operation:
        """Ask the operation to stop before its next call; the operation as it is then.

        What was done stays done, and one that has ended stays as it is. Raises TableAdminError: NotFound when
        there is none any more.
        """
        request = v1.CancelOperationRequest(operation_id=operation_id)
        response = self._response(self._operation_stub.CancelOperation, request)
        return response.operation

    def approve_operation(self, operation_id: str, comment: str | None = None) -> v1.Operation:
        """Approve what the operation waits for, `approval_request` of the operation; the operation then.

        It goes on when all approvals are there that policies require. Raises TableAdminError: NotFound when
        there is none any more; PermissionDenied for whoever is no approver, or asked for it;
        FailedPrecondition when it does not wait for approval, or the table has changed, which ends it.
        """
        request = v1.ApproveOperationRequest(operation_id=operation_id, comment=comment)
        response = self._response(self._operation_stub.ApproveOperation, request)
        return response.operation

    def reject_operation(self, operation_id: str, comment: str | None = None) -> v1.Operation:
        """End the operation, which waits for approval; the operation then. Raises as `approve_operation`."""
        request = v1.RejectOperationRequest(operation_id=operation_id, comment=comment)
        response = self._response(self._operation_stub.RejectOperation, request)
        return response.operation

    def forget_operation(self, operation_id: str) -> None:
        """Remove the record of an operation that has ended, or whose record can't be read.

        Raises TableAdminError: NotFound when there is none, FailedPrecondition while the operation has not
        ended.
        """
        request = v1.ForgetOperationRequest(operation_id=operation_id)
        self._response(self._operation_stub.ForgetOperation, request)

    # Watching and waiting: `wait` gives the progress, `wait_for` the end of it
    watch = StreamRpc(Watching)
    wait = StreamRpc(Waiting)
    wait_for = WaitRpc(Waiting)

    # Plans and specs of many tables, one by one
    plan_tables = StreamRpc(Planning)
    export_tables = StreamRpc(Exporting)

    # The audit of the service
    read_audit_records = StreamRpc(AuditReading)

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
