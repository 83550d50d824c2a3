# The types of the stand-in; `__init__.py` has its documentation.
#
# A client is a `DynamoDBClient` of mypy-boto3-dynamodb or types-boto3-dynamodb where one of them is
# installed, and has their types. Where none is, it has those of `typed`.

from os import PathLike
from types import TracebackType
from typing import Literal, Self, TypeAlias, overload

import grpc
import mypy_boto3_dynamodb
import mypy_boto3_dynamodb.waiter as waiters
import types_boto3_dynamodb

from tableadmin.boto3.typed import Operations, Paginators
from tableadmin.boto3.waiters import Waiter
from tableadmin.channel import Metadata
from tableadmin.transport.tls import Credentials
from tableadmin.transport.tokens import Command

__all__ = ["Client", "client"]

_OwnWaiter: TypeAlias = Literal["index_active", "index_not_exists", "pitr_enabled", "time_to_live_settled"]

class Client(Paginators, mypy_boto3_dynamodb.DynamoDBClient, types_boto3_dynamodb.DynamoDBClient, Operations):  # type: ignore[misc] # the same methods, typed three times
    def __init__(
        self,
        target: str = ...,
        *,
        channel: grpc.Channel | None = None,
        credentials: Credentials | None = None,
        token: str | None = None,
        token_file: str | PathLike[str] | None = None,
        token_command: Command | None = None,
        timeout: float | None = ...,
        endpoint: str | None = None,
        metadata: Metadata = (),
    ) -> None: ...
    @property
    def waiter_names(self) -> list[str]: ...
    @overload  # type: ignore[override] # as in the stubs of boto3, other names are refused
    def get_waiter(
        self, waiter_name: Literal["bulk_operation_completed"]
    ) -> waiters.BulkOperationCompletedWaiter: ...
    @overload
    def get_waiter(
        self, waiter_name: Literal["contributor_insights_enabled"]
    ) -> waiters.ContributorInsightsEnabledWaiter: ...
    @overload
    def get_waiter(self, waiter_name: Literal["export_completed"]) -> waiters.ExportCompletedWaiter: ...
    @overload
    def get_waiter(self, waiter_name: Literal["import_completed"]) -> waiters.ImportCompletedWaiter: ...
    @overload
    def get_waiter(
        self, waiter_name: Literal["kinesis_streaming_destination_active"]
    ) -> waiters.KinesisStreamingDestinationActiveWaiter: ...
    @overload
    def get_waiter(self, waiter_name: Literal["table_exists"]) -> waiters.TableExistsWaiter: ...
    @overload
    def get_waiter(self, waiter_name: Literal["table_not_exists"]) -> waiters.TableNotExistsWaiter: ...
    @overload
    def get_waiter(self, waiter_name: _OwnWaiter) -> Waiter: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

client = Client
