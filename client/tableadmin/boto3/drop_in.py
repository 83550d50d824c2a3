"""The client itself: boto3's methods, each one RPC of Table Admin."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias, cast, overload

import grpc
from google.protobuf.message import Message

import tableadmin.client
from tableadmin.boto3.errors import Exceptions, exceptions, translated
from tableadmin.boto3.exceptions import OperationNotPageableError
from tableadmin.boto3.paginators import Paginator
from tableadmin.boto3.parameters import request_of
from tableadmin.boto3.responses import answer_of
from tableadmin.boto3.waiters import WAITERS, Waiter
from tableadmin.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, Metadata
from tableadmin.errors import TableAdminError
from tableadmin.methods import Method
from tableadmin.pagination import PAGINATION

# What boto3's client has too, and Table Admin has not: it administers tables, items are none of its business.
DATA_PLANE = frozenset(
    {
        "batch_execute_statement",
        "batch_get_item",
        "batch_write_item",
        "delete_item",
        "execute_statement",
        "execute_transaction",
        "get_item",
        "put_item",
        "query",
        "scan",
        "search_vectors",
        "transact_get_items",
        "transact_write_items",
        "update_item",
    }
)

_AnyMethod: TypeAlias = Method[..., Message, Message]


class Operation:
    """Declares a method of Client: one operation of AWS, named as boto3 names it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.method = cast("_AnyMethod", getattr(tableadmin.client.Client, name))
        self.__doc__ = self.method.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[..., dict[str, Any]]: ...
    def __get__(self, client: "Client | None", owner: type) -> Self | Callable[..., dict[str, Any]]:
        return self if client is None else self._bound(client)

    def _bound(self, client: "Client") -> Callable[..., dict[str, Any]]:
        def call(*args: object, **params: object) -> dict[str, Any]:
            if args:
                raise TypeError(f"{self.name}() only accepts keyword arguments.")
            return client.invoke(self.method, params)

        call.__name__ = self.name
        call.__doc__ = self.__doc__
        return call


@dataclass(frozen=True)
class ClientMeta:
    """What boto3 code asks of `client.meta`: the address of Table Admin, which alone knows the region."""

    endpoint_url: str
    region_name: str | None = None
    method_to_api_mapping: dict[str, str] = field(default_factory=dict)


class Client:
    """Takes the place of `boto3.client("dynamodb")` where tables are administered.

    Each method takes boto3's keyword arguments and returns its dict. Errors are those of botocore, or of
    `tableadmin.boto3.exceptions` where it is not installed; their `__cause__` is what Table Admin said.
    The parameters are those of `tableadmin.Client`. One client serves any number of threads.
    """

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        channel: grpc.Channel | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        endpoint: str | None = None,
        metadata: Metadata = (),
    ) -> None:
        self._client = tableadmin.client.Client(
            target,
            channel=channel,
            credentials=credentials,
            timeout=timeout,
            endpoint=endpoint,
            metadata=metadata,
        )
        self.meta = ClientMeta(target, method_to_api_mapping=dict(_OPERATIONS))

    @property
    def exceptions(self) -> Exceptions:
        """The errors of DynamoDB to catch, such as `client.exceptions.ResourceNotFoundException`."""
        return exceptions()

    @property
    def waiter_names(self) -> list[str]:
        """The names `get_waiter` takes: boto3's and some more."""
        return sorted(WAITERS)

    def get_waiter(self, waiter_name: str) -> Waiter:
        """The waiter of that name; raises ValueError for another."""
        if waiter_name not in WAITERS:
            raise ValueError(f"Waiter does not exist: {waiter_name}")
        return Waiter(waiter_name, getattr(self, WAITERS[waiter_name].operation))

    def can_paginate(self, operation_name: str) -> bool:
        """Whether `get_paginator` takes that name; raises KeyError for what is not an operation."""
        return _OPERATIONS[operation_name] in PAGINATION

    def get_paginator(self, operation_name: str) -> Paginator:
        """What goes through the pages of an operation that lists; raises OperationNotPageableError."""
        if not self.can_paginate(operation_name):
            raise OperationNotPageableError(operation_name=operation_name)
        return Paginator(_OPERATIONS[operation_name], getattr(self, operation_name))

    def invoke(self, method: _AnyMethod, params: dict[str, object]) -> dict[str, Any]:
        """The answer of METHOD to PARAMS; raises what boto3 does."""
        request = request_of(method, params)
        try:
            response, trailers = self._client.invoke_with_trailers(method, request, self._client.options)
        except TableAdminError as error:
            raise translated(error, method.rpc, self.meta.endpoint_url) from error
        return answer_of(method.rpc, response, trailers)

    def close(self) -> None:
        """Close the channel, unless it was given."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            # For what is no attribute: who has taken boto3's client for granted is told what this one is for.
            if name in DATA_PLANE:
                raise AttributeError(
                    f"{name} works on items, and Table Admin administers tables only: use boto3 for it"
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # Tables
    create_table = Operation()
    describe_table = Operation()
    list_tables = Operation()
    update_table = Operation()
    delete_table = Operation()

    # Time to live
    update_time_to_live = Operation()
    describe_time_to_live = Operation()

    # Tags
    tag_resource = Operation()
    untag_resource = Operation()
    list_tags_of_resource = Operation()

    # Account and endpoints
    describe_limits = Operation()
    describe_endpoints = Operation()

    # Backups and restores
    create_backup = Operation()
    describe_backup = Operation()
    list_backups = Operation()
    delete_backup = Operation()
    describe_continuous_backups = Operation()
    update_continuous_backups = Operation()
    restore_table_from_backup = Operation()
    restore_table_to_point_in_time = Operation()

    # Import and export
    import_table = Operation()
    describe_import = Operation()
    list_imports = Operation()
    export_table_to_point_in_time = Operation()
    describe_export = Operation()
    list_exports = Operation()

    # Bulk operations
    start_bulk_put_items = Operation()
    describe_bulk_operation = Operation()
    list_bulk_operations = Operation()
    cancel_bulk_operation = Operation()

    # Auto scaling of replicas
    describe_table_replica_auto_scaling = Operation()
    update_table_replica_auto_scaling = Operation()

    # Global tables of version 2017.11.29
    create_global_table = Operation()
    describe_global_table = Operation()
    list_global_tables = Operation()
    update_global_table = Operation()
    describe_global_table_settings = Operation()
    update_global_table_settings = Operation()

    # Kinesis data streams
    enable_kinesis_streaming_destination = Operation()
    describe_kinesis_streaming_destination = Operation()
    update_kinesis_streaming_destination = Operation()
    disable_kinesis_streaming_destination = Operation()

    # Contributor Insights
    describe_contributor_insights = Operation()
    list_contributor_insights = Operation()
    update_contributor_insights = Operation()

    # Resource policies
    put_resource_policy = Operation()
    get_resource_policy = Operation()
    delete_resource_policy = Operation()


# AWS's names of the operations, by those of the methods.
_OPERATIONS = {name: each.method.rpc for name, each in vars(Client).items() if isinstance(each, Operation)}

# As in boto3, clients are made with client(...).
client = Client
