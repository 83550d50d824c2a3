"""The calls to one endpoint and the threads that make them. Each endpoint has its own threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import botocore
import structlog
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.botocore_private import missing_members
from tableadmin_server.dynamodb.client.call_queue import (
    NO_DEADLINE,
    CallQueue,
    DeadlineTooClose,
)
from tableadmin_server.dynamodb.client.change_records import ChangeRecords, IntentPending
from tableadmin_server.dynamodb.client.reads import Reads, Retryable
from tableadmin_server.dynamodb.client.retries import READS, RetryLimit
from tableadmin_server.dynamodb.client.session import ClientMethod, connect, methods
from tableadmin_server.dynamodb.client.single_try import SingleTry
from tableadmin_server.failure import Failure
from tableadmin_server.security.audit.recorded_change import recorded_change

_log = structlog.get_logger()


class CallObserver:
    """Receives the events of the calls to an endpoint. This class ignores them."""

    def sent(self) -> None:
        """Note that a request is sent, the first of a call or a retry. Called in any thread."""

    def answered(self, operation: str, seconds: float) -> None:
        """Note that a call of OPERATION succeeded after SECONDS."""

    def failed(self, operation: str, failure: Failure, seconds: float) -> None:
        """Note that a call of OPERATION ended with FAILURE after SECONDS."""

    def refused(self, operation: str, failure: Failure) -> None:
        """Note that the server refused a call of OPERATION with FAILURE, without sending it."""

    def dropped(self, operation: str) -> None:
        """Note that the caller gave up before the answer, or that a change was not sent."""


class CallGuard:
    """Is told when a call is sent, and decides on retries. This class leaves retries to boto3."""

    def begins(self) -> None:
        """Note that the call is sent now. Called on the event loop."""

    def may_retry(self, error: Exception) -> bool:
        """Whether the call may be retried after ERROR. Called in any thread."""
        del error
        return True


_NO_GUARD = CallGuard()


class Calls:
    """A boto3 client and the threads that use it.

    boto3 blocks, so each call takes a thread. Reads take none as long as they succeed. Each endpoint has its
    own threads with a bounded queue: an endpoint that hangs does not delay others, and calls past the bound
    are refused at once. The number of reads under way is also limited to the number of threads.
    """

    def __init__(self, name: str, config: EndpointConfig, observer: CallObserver) -> None:
        """Create the client without connecting. Raises ConfigError if boto3 does not accept CONFIG."""
        self._name = name
        self._observer = observer
        self._client, transport = connect(name, config)
        self._client.meta.events.register("before-send.dynamodb", self._sent)
        # The configured region, or the one that boto3 has found.
        self.region: str = self._client.meta.region_name
        # In other retry modes botocore counts requests, so it must send all of them.
        standard = config.retry_mode == "standard"
        lacking = missing_members(self._client)
        if lacking:
            _log.warning(
                "botocore lacks private members", endpoint=name, members=lacking, version=botocore.__version__
            )
        self._reads = (
            Reads(self._client, transport, config) if transport and standard and not lacking else None
        )
        self._records = ChangeRecords(self._client)
        self._retry_limit = RetryLimit(self._client, config.max_attempts)
        self._methods = methods(self._client)
        self._single_try = SingleTry(name, config, observer.sent)
        self._pool = ThreadPoolExecutor(config.pool_size, thread_name_prefix=f"endpoint-{name}")
        self._reading = CallQueue(config.pool_size)
        # A call keeps its thread until it ends, also if its caller has given up.
        self._threads = CallQueue(config.pool_size)
        self.limit = config.pool_size + config.queue_size

    @property
    def url(self) -> str:
        """The URL of the endpoint. AWS may use other URLs for some operations."""
        url: str = self._client.meta.endpoint_url
        return url

    @property
    def held(self) -> int:
        """The number of calls under way or waiting, at most `limit`."""
        return self._reading.held + self._threads.held

    async def response(
        self,
        operation: str,
        params: AwsDict,
        guard: CallGuard = _NO_GUARD,
        deadline: float = NO_DEADLINE,
    ) -> dict[str, Any]:
        """Call OPERATION with PARAMS, and return botocore's result.

        DEADLINE is a time of the event loop. A call that would begin later is refused. A cancelled call that
        has not begun is not made. The thread of the call writes the records of `recorded_change`. GUARD is
        told when the call is sent, and decides on retries. Raises botocore's exceptions, Failure and Dropped.
        """
        call = partial(self._methods[operation], **params)
        earlier = 0
        if self._reads is not None and operation in READS and self._reads.can_be_signed():
            try:
                first = await self._read(self._reads, operation, params, guard, deadline)
                if first is not None:
                    return first
            except Retryable as failed:
                if not guard.may_retry(failed.error):
                    raise failed.error from failed
            earlier = 1
        attempts = partial(self._retry_limit.call, call, guard.may_retry, earlier)
        change = None if operation in READS else recorded_change()
        if change is not None:
            with suppress(IntentPending):
                recorded = partial(self._records.call, attempts, change)
                return await self._in_thread(operation, recorded, guard, deadline)
            await change.append_intent()
        return await self._in_thread(operation, attempts, guard, deadline)

    async def single_response(
        self,
        operation: str,
        params: AwsDict,
        may_send: Callable[[], bool],
        guard: CallGuard = _NO_GUARD,
    ) -> dict[str, Any]:
        """Call OPERATION like `response`, but without retries. Raises NotSent if MAY_SEND returns false."""
        call = partial(self._single_try.call, operation, params, may_send)
        return await self._in_thread(operation, call, guard, NO_DEADLINE)

    def drop_waiting(self) -> None:
        """End the calls that have not begun, with Dropped."""
        self._reading.drop()
        self._threads.drop()

    def close(self) -> None:
        """Drop the calls that have not begun, and close the connections. Calls under way are finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()
        self._single_try.close()
        if self._reads is not None:
            self._reads.close()

    def _sent(self, **_: object) -> None:
        """Tell the observer of a request. botocore calls this before it sends one."""
        self._observer.sent()

    async def _in_thread(
        self, operation: str, call: ClientMethod, guard: CallGuard, deadline: float
    ) -> dict[str, Any]:
        taken = await self._taken(self._threads, operation, deadline)
        try:
            under_way = asyncio.get_running_loop().run_in_executor(self._pool, call)
        except RuntimeError:  # closed
            self._threads.release(taken)
            raise
        under_way.add_done_callback(partial(self._thread_ended, taken))
        guard.begins()
        return await asyncio.shield(under_way)

    def _thread_ended(self, taken: float, call: "asyncio.Future[dict[str, Any]]") -> None:
        self._threads.release(taken)
        if not call.cancelled():
            call.exception()  # marks it as retrieved, because the caller may have given up

    async def _read(
        self, reads: Reads, operation: str, params: AwsDict, guard: CallGuard, deadline: float
    ) -> dict[str, Any] | None:
        """Return the answer to the first request of a read, None if boto3 must make the call."""
        taken = await self._taken(self._reading, operation, deadline)
        is_whole = True
        try:
            guard.begins()
            self._observer.sent()
            return await reads.answer(operation, params)
        except asyncio.CancelledError:
            is_whole = False
            raise
        finally:
            self._reading.release(taken, is_whole=is_whole)

    async def _taken(self, queue: CallQueue, operation: str, deadline: float) -> float:
        try:
            if self.held < self.limit:
                return await queue.take(deadline)
            problem = f"too many calls to the endpoint {self._name!r} are waiting"
        except DeadlineTooClose:
            problem = (
                f"the calls to the endpoint {self._name!r} that are waiting take longer than the "
                "deadline of this call"
            )
        raise Failure(
            Code.RESOURCE_EXHAUSTED,
            f"{operation}: {problem}; the call was not sent",
            reason="ENDPOINT_OVERLOADED",
            metadata={"operation": operation, "endpoint": self._name},
            retry_delay=1.0,
            not_sent=True,
        )
