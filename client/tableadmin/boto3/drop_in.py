"""The client with boto3's methods: one RPC of Table Admin for each."""

from collections.abc import Callable, Mapping
from os import PathLike
from types import TracebackType
from typing import Any, Self, TypeAlias, overload

import grpc
from google.protobuf.message import Message

import tableadmin.client
from tableadmin.boto3.errors import Exceptions, boto3_error, exceptions
from tableadmin.boto3.exceptions import BotoCoreError, ClientError, OperationNotPageableError
from tableadmin.boto3.installed import service_model
from tableadmin.boto3.meta import ClientMeta
from tableadmin.boto3.paginators import Paginator
from tableadmin.boto3.parameters import request_of
from tableadmin.boto3.responses import answer_of
from tableadmin.boto3.waiters import WAITERS, Waiter
from tableadmin.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, Metadata
from tableadmin.errors import TableAdminError
from tableadmin.methods import Method
from tableadmin.pagination import PAGINATION
from tableadmin.transport.tls import Credentials
from tableadmin.transport.tokens import Command

# The methods of boto3's client for items, which Table Admin does not have.
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

# The item operations that boto3 has paginators for.
_PAGED_ITEMS = frozenset({"query", "scan"})

# Other methods of boto3's client, with the reason why this client does not have them.
_WITHOUT = {"generate_presigned_url": "only the service has credentials to sign a URL with; use boto3 for it"}

# The timeout of the request for the Region, in seconds.
_REGION_TIMEOUT = 5.0

_AnyMethod: TypeAlias = Method[..., Message, Message]


class Operation:
    """A method of Client: one AWS operation, with boto3's name."""

    def __init__(self, method: _AnyMethod) -> None:
        self.method = method
        self.name = method.name
        self.__doc__ = method.__doc__

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
            return client._make_api_call(self.method.rpc, params)  # noqa: SLF001 - named as in botocore

        call.__name__ = self.name
        call.__doc__ = self.__doc__
        return call


class Client:
    """Replaces `boto3.client("dynamodb")` for administering tables.

    Each method takes boto3's keyword arguments and returns boto3's dict. Methods raise botocore's errors, or
    those of `tableadmin.boto3.exceptions` if botocore is not installed. `__cause__` of an error is the error
    of `tableadmin.Client`, whose parameters this class takes. Several threads can use a client.
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
    ) -> None:
        self._client = tableadmin.client.Client(
            target,
            channel=channel,
            credentials=credentials,
            token=token,
            token_file=token_file,
            token_command=token_command,
            timeout=timeout,
            endpoint=endpoint,
            metadata=metadata,
        )
        self.meta = ClientMeta(target, _OPERATIONS, timeout, self._region)

    @property
    def exceptions(self) -> Exceptions:
        """The error classes of DynamoDB, such as `client.exceptions.ResourceNotFoundException`."""
        return exceptions()

    @property
    def waiter_names(self) -> list[str]:
        """The names of waiters for `get_waiter`: boto3's and additional ones."""
        return sorted(WAITERS)

    def get_waiter(self, waiter_name: str) -> Waiter:
        """Return the waiter WAITER_NAME. Raises ValueError for an unknown name."""
        if waiter_name not in WAITERS:
            raise ValueError(f"Waiter does not exist: {waiter_name}")
        method = WAITERS[waiter_name].operation
        return Waiter(waiter_name, _OPERATIONS[method], getattr(self, method))

    def can_paginate(self, operation_name: str) -> bool:
        """Whether OPERATION_NAME has a paginator. Raises KeyError for an unknown operation.

        Returns True for `query` and `scan`, as boto3's client does: use boto3 for items.
        """
        if operation_name in DATA_PLANE:
            return operation_name in _PAGED_ITEMS
        return _OPERATIONS[operation_name] in PAGINATION

    def get_paginator(self, operation_name: str) -> Paginator:
        """Return the paginator of an operation. Raises OperationNotPageableError."""
        if operation_name in DATA_PLANE:
            raise _of_items(operation_name)
        if not self.can_paginate(operation_name):
            raise OperationNotPageableError(operation_name=operation_name)
        return Paginator(_OPERATIONS[operation_name], getattr(self, operation_name))

    def _make_api_call(self, operation_name: str, api_params: Mapping[str, object]) -> dict[str, Any]:
        """Call an operation by its AWS name, and return the response. Raises boto3's errors."""
        events, context = self.meta.events, dict[str, object]()
        event_fields = {"model": _model(operation_name), "context": context}
        event = f"dynamodb.{operation_name}"
        params = dict(api_params)
        for _, given in events.emit(f"provide-client-params.{event}", params=params, **event_fields):
            params = params if given is None else dict(given)
        events.emit(f"before-parameter-build.{event}", params=params, **event_fields)
        try:
            parsed = self._answer(_METHODS[operation_name], params)
        except ClientError as error:
            events.emit(f"after-call.{event}", http_response=None, parsed=error.response, **event_fields)
            raise
        except BotoCoreError as error:
            events.emit(f"after-call-error.{event}", exception=error, context=context)
            raise
        events.emit(f"after-call.{event}", http_response=None, parsed=parsed, **event_fields)
        return parsed

    def _answer(self, method: _AnyMethod, params: dict[str, object]) -> dict[str, Any]:
        request = request_of(method, params)
        try:
            response, trailers = self._client.invoke_with_trailers(method, request, self._client.options)
        except TableAdminError as error:
            raise boto3_error(error, method.rpc, self.meta.endpoint_url) from error
        return answer_of(method.rpc, response, trailers)

    def _region(self) -> str | None:
        """Return the Region of the endpoint, None if the service does not return a Region."""
        options = self._client.options
        timeout = _REGION_TIMEOUT if options.timeout is None else min(options.timeout, _REGION_TIMEOUT)
        try:
            listed = self._client.with_options(timeout=timeout).list_endpoints()
        except TableAdminError:
            return None
        chosen = (
            each.region
            for each in listed
            if (each.is_default if options.endpoint is None else each.name == options.endpoint)
        )
        return next(chosen, None)

    def close(self) -> None:
        """Close the channel, unless the caller gave it."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The methods of the operations are added below; `typed.pyi` has their types.
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        # Called for a missing attribute. For a method of boto3's client, the error says what to use instead.
        if name in DATA_PLANE:
            raise _of_items(name)
        why = f": {_WITHOUT[name]}" if name in _WITHOUT else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{why}")


# The RPCs by the AWS names of their operations.
_METHODS: Mapping[str, _AnyMethod] = {
    each.rpc: each for each in vars(tableadmin.client.Client).values() if isinstance(each, Method)
}
# The AWS names of operations, by method name.
_OPERATIONS = {each.name: each.rpc for each in _METHODS.values()}

for _each in _METHODS.values():
    setattr(Client, _each.name, Operation(_each))


def _model(operation_name: str) -> Any:  # noqa: ANN401 - botocore's, None if botocore is not installed
    model = service_model()
    return (
        model.operation_model(operation_name) if model and operation_name in model.operation_names else None
    )


def _of_items(name: str) -> AttributeError:
    return AttributeError(f"{name} works on items, and Table Admin administers tables only: use boto3 for it")


# As in boto3, clients are made with client(...).
client = Client
