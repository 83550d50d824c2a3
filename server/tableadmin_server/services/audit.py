"""`AuditService`: reads the audit records of this server."""

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import Any, TypeAlias

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.code_pb2 import Code

from tableadmin.v1 import ReadAuditRecordsRequest, ReadAuditRecordsResponse, audit_service_pb2
from tableadmin_server.failure import Failure, invalid_request, server_stopping
from tableadmin_server.security.audit.reading import Query, Reader
from tableadmin_server.security.identity import caller

SERVICE = audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"]

_MAX_LAST = 10_000
# The number of records in a response. A response must not exceed the message size of clients.
_PAGE = 50
# Seconds between reads of new records.
_LOOK_SECONDS = 0.25

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class AuditServicer:
    """Reads the records in the file at PATH, None if the server writes no file.

    Without policies (HAS_POLICIES) only callers on this machine are permitted.
    """

    def __init__(self, path: Path | None, *, has_policies: bool) -> None:
        self._path = path
        self._has_policies = has_policies
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End the streams that follow the records."""
        self._stopping.set()

    def handlers(self) -> "grpc.GenericRpcHandler[Any, Any]":
        """Return the handlers of `AuditService`."""

        async def read_audit_records(
            request: ReadAuditRecordsRequest, _context: Context
        ) -> AsyncIterator[ReadAuditRecordsResponse]:
            path = self.permitted()
            last = _last(request)
            with closing(await asyncio.to_thread(Reader, path, _query(request))) as reader:
                newest = [] if last is None else await asyncio.to_thread(reader.last, last)
                following = self._following(reader, newest, follow=request.follow)
                async with aclosing(following):
                    async for records in following:
                        for response in _pages(records):
                            yield response

        return grpc.method_handlers_generic_handler(
            SERVICE.full_name,
            {
                "ReadAuditRecords": grpc.unary_stream_rpc_method_handler(
                    read_audit_records,
                    ReadAuditRecordsRequest.FromString,
                    ReadAuditRecordsResponse.SerializeToString,
                )
            },
        )

    def permitted(self) -> Path:
        """Return the path of the file. Raises Failure if the caller may not read the records."""
        if not self._has_policies and not _is_local(caller().peer):
            raise Failure(
                Code.PERMISSION_DENIED,
                "without policies, audit records can be read only on the machine of the server",
                reason="AUDIT_NOT_PERMITTED",
            )
        if self._path is None:
            raise Failure(
                Code.FAILED_PRECONDITION,
                "this server writes no audit file; audit.file in its configuration sets one",
                reason="AUDIT_NOT_READABLE",
            )
        return self._path

    async def _following(
        self, reader: Reader, newest: list[str], *, follow: bool
    ) -> AsyncGenerator[list[str]]:
        """The NEWEST records, the records after them, and with FOLLOW the records that are written later.

        With FOLLOW the first list has the existing records, and is sent even if it is empty.
        """
        first = newest or await asyncio.to_thread(reader.read)
        if first or follow:
            yield first
        while True:
            while records := await asyncio.to_thread(reader.read):
                yield records
            if not follow:
                return
            if self._stopping.is_set():
                raise server_stopping()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)


def _pages(records: list[str]) -> list[ReadAuditRecordsResponse]:
    starts = range(0, max(len(records), 1), _PAGE)
    return [ReadAuditRecordsResponse(records=records[start : start + _PAGE]) for start in starts]


def _last(request: ReadAuditRecordsRequest) -> int | None:
    if not request.HasField("last"):
        return None
    if not 1 <= request.last <= _MAX_LAST:
        raise invalid_request("last", f"must be between 1 and {_MAX_LAST}")
    return request.last


def _query(request: ReadAuditRecordsRequest) -> Query:
    if request.follow and request.HasField("until"):
        raise invalid_request("until", "cannot be set together with follow")
    return Query(
        _seconds(request.since) if request.HasField("since") else None,
        _seconds(request.until) if request.HasField("until") else None,
        request.principal,
        request.name,
        request.operation,
        request.endpoint,
        request.status,
        request.id,
    )


def _seconds(moment: Timestamp) -> float:
    return moment.seconds + moment.nanos / 1e9


def _is_local(peer: str) -> bool:
    if peer.startswith("unix:"):
        return True
    try:
        return ipaddress.ip_address(peer.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False
