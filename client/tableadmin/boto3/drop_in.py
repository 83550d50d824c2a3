"""The client itself: boto3's methods, each one RPC of Table Admin."""

from collections.abc import Callable, Mapping
from os import PathLike
from types import TracebackType
from typing import Any, Self, TypeAlias, overload

import grpc
from google.protobuf.message import Message

import tableadmin.client
from tableadmin.boto3.errors import Exceptions, exceptions, translated
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

# Of these boto3 has paginators.
_PAGED_ITEMS = frozenset({"query", "scan"})

# What else boto3's client has, and why this one has it not.
_WITHOUT = {"generate_presigned_url": "only the service has credentials to sign a URL with; use boto3 for it"}

# Seconds to wait for the service to say which Region it is.
_REGION_TIMEOUT = 5.0

_AnyMethod: TypeAlias = Method[..., Message, Message]


class Operation:
    """A method of Client: one operation of AWS, named as boto3 names it."""

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
    """Takes the place of `boto3.client("dynamodb")` where tables are administered.

    Each method takes boto3's keyword arguments and returns its dict. Errors are those of botocore, or of
    `tableadmin.boto3.exceptions` where it is not installed; their `__cause__` is what Table Admin said.
    The parameters are those of `tableadmin.Client`. One client serves any number of threads.
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
        method = WAITERS[waiter_name].operation
        return Waiter(waiter_name, _OPERATIONS[method], getattr(self, method))

    def can_paginate(self, operation_name: str) -> bool:
        """Whether `get_paginator` takes that name; raises KeyError for what is not an operation.

        For `query` and `scan` the answer is that of boto3's client, which has to be used for items.
        """
        if operation_name in DATA_PLANE:
            return operation_name in _PAGED_ITEMS
        return _OPERATIONS[operation_name] in PAGINATION

    def get_paginator(self, operation_name: str) -> Paginator:
        """What goes through the pages of an operation that lists; raises OperationNotPageableError."""
        if operation_name in DATA_PLANE:
            raise _of_items(operation_name)
        if not self.can_paginate(operation_name):
            raise OperationNotPageableError(operation_name=operation_name)
        return Paginator(_OPERATIONS[operation_name], getattr(self, operation_name))

    def _make_api_call(self, operation_name: str, api_params: Mapping[str, object]) -> dict[str, Any]:
        """The answer of an operation, by AWS's name; raises what boto3 does."""
        events, context = self.meta.events, dict[str, object]()
        told = {"model": _model(operation_name), "context": context}
        event = f"dynamodb.{operation_name}"
        params = dict(api_params)
        for _, given in events.emit(f"provide-client-params.{event}", params=params, **told):
            params = params if given is None else dict(given)
        events.emit(f"before-parameter-build.{event}", params=params, **told)
        try:
            parsed = self._answer(_METHODS[operation_name], params)
        except ClientError as error:
            events.emit(f"after-call.{event}", http_response=None, parsed=error.response, **told)
            raise
        except BotoCoreError as error:
            events.emit(f"after-call-error.{event}", exception=error, context=context)
            raise
        events.emit(f"after-call.{event}", http_response=None, parsed=parsed, **told)
        return parsed

    def _answer(self, method: _AnyMethod, params: dict[str, object]) -> dict[str, Any]:
        request = request_of(method, params)
        try:
            response, trailers = self._client.invoke_with_trailers(method, request, self._client.options)
        except TableAdminError as error:
            raise translated(error, method.rpc, self.meta.endpoint_url) from error
        return answer_of(method.rpc, response, trailers)

    def _region(self) -> str | None:
        """The Region of the endpoint; None where the service does not say it."""
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
        """Close the channel, unless it was given."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The methods of the operations are added below; `typed.pyi` has their types.
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        # For what is no attribute: who has taken boto3's client for granted is told what this one is for.
        if name in DATA_PLANE:
            raise _of_items(name)
        why = f": {_WITHOUT[name]}" if name in _WITHOUT else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{why}")


# Each RPC of AWS, by AWS's name.
_METHODS: Mapping[str, _AnyMethod] = {
    each.rpc: each for each in vars(tableadmin.client.Client).values() if isinstance(each, Method)
}
# AWS's names of the operations, by those of the methods.
_OPERATIONS = {each.name: each.rpc for each in _METHODS.values()}

for _each in _METHODS.values():
    setattr(Client, _each.name, Operation(_each))


def _model(operation_name: str) -> Any:  # noqa: ANN401 - botocore's, None where it is not installed
    model = service_model()
    return (
        model.operation_model(operation_name) if model and operation_name in model.operation_names else None
    )


def _of_items(name: str) -> AttributeError:
    return AttributeError(f"{name} works on items, and Table Admin administers tables only: use boto3 for it")


# As in boto3, clients are made with client(...).
client = Client
