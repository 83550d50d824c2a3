"""The calls to one endpoint and the threads that make them, none of which holds up those to another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import botocore
import structlog
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.botocore_private import missing
from tableadmin_server.dynamodb.client.call_queue import (
    NO_DEADLINE,
    CallQueue,
    DeadlineTooClose,
)
from tableadmin_server.dynamodb.client.reads import Reads, Retryable
from tableadmin_server.dynamodb.client.retries import READS, Attempts
from tableadmin_server.dynamodb.client.session import ClientMethod, connect, methods
from tableadmin_server.dynamodb.client.single_try import SingleTry
from tableadmin_server.failure import Failure

_log = structlog.get_logger()


class CallObserver:
    """Learns of the calls to an endpoint. This one does nothing."""

    def sent(self) -> None:
        """Note a request that is sent, the first of a call or a retry; called in any thread."""

    def answered(self, operation: str, seconds: float) -> None:
        """Note that a call of OPERATION succeeded after SECONDS."""

    def failed(self, operation: str, failure: Failure, seconds: float) -> None:
        """Note that a call of OPERATION ended in FAILURE after SECONDS."""

    def refused(self, operation: str, failure: Failure) -> None:
        """Note that the server refused a call of OPERATION by itself, as FAILURE says."""

    def dropped(self, operation: str) -> None:
        """Note that the caller left before the answer, or that a change was not sent."""


class CallGuard:
    """Is told when a call is sent, and decides on retries. This one leaves retries to boto3."""

    def begins(self) -> None:
        """The call is sent now; called on the event loop."""

    def may_retry(self, error: Exception) -> bool:
        """Whether there may be another try after one that has ended with ERROR; called in any thread."""
        del error
        return True


_NO_GUARD = CallGuard()


class Calls:
    """A boto3 client and the threads that use it.

    boto3 blocks, so a call takes a thread, but for reads as long as they succeed. The threads are the
    endpoint's own and their queue is bounded: an endpoint that hangs holds up no other, and callers past the
    bound learn at once that it is overloaded. As many reads may be under way as there are threads.
    """

    def __init__(self, name: str, config: EndpointConfig, observer: CallObserver) -> None:
        """Connect nothing yet; raises ConfigError when boto3 can't make a client of CONFIG."""
        self._name = name
        self._observer = observer
        self._client, transport = connect(name, config)
        self._client.meta.events.register("before-send.dynamodb", self._sent)
        # As configured, or as boto3 has found it.
        self.region: str = self._client.meta.region_name
        # What botocore keeps count of in the other retry modes, it must see itself.
        standard = config.retry_mode == "standard"
        lacking = missing(self._client)
        if lacking:
            _log.warning(
                "botocore lacks private members", endpoint=name, members=lacking, version=botocore.__version__
            )
        self._reads = (
            Reads(self._client, transport, config) if transport and standard and not lacking else None
        )
        self._attempts = Attempts(self._client, config.max_attempts)
        self._methods = methods(self._client)
        self._single_try = SingleTry(name, config, observer.sent)
        self._pool = ThreadPoolExecutor(config.pool_size, thread_name_prefix=f"endpoint-{name}")
        self._reading = CallQueue(config.pool_size)
        # A call has its thread as long as the call takes, also when its caller has left.
        self._threads = CallQueue(config.pool_size)
        self.limit = config.pool_size + config.queue_size

    @property
    def url(self) -> str:
        """Where requests go, unless AWS has another address for them."""
        url: str = self._client.meta.endpoint_url
        return url

    @property
    def held(self) -> int:
        """The calls that are being made or wait; `limit` is the most."""
        return self._reading.held + self._threads.held

    async def response(
        self,
        operation: str,
        params: AwsDict,
        guard: CallGuard = _NO_GUARD,
        deadline: float = NO_DEADLINE,
    ) -> dict[str, Any]:
        """What botocore returns for OPERATION with PARAMS; raises what botocore raises, Failure and Dropped.

        DEADLINE is a time of the event loop: a call that would begin later is refused. A caller that is
        cancelled leaves at once; its call is not made if it has not begun. GUARD is told when the call is
        sent, and decides on retries.
        """
        call = partial(self._methods[operation], **params)
        earlier = 0
        if self._reads is not None and operation in READS and self._reads.can_be_signed():
            try:
                async with self._turn(self._reading, operation, deadline):
                    guard.begins()
                    self._observer.sent()
                    first = await self._reads.answer(operation, params)
                if first is not None:
                    return first
            except Retryable as ended:
                if not guard.may_retry(ended.error):
                    raise ended.error from ended
            earlier = 1
        attempts = partial(self._attempts.call, call, guard.may_retry, earlier)
        return await self._in_thread(operation, attempts, guard, deadline)

    async def single_response(
        self,
        operation: str,
        params: AwsDict,
        may_send: Callable[[], bool],
        guard: CallGuard = _NO_GUARD,
    ) -> dict[str, Any]:
        """`response` in a single try, sent only if MAY_SEND then returns true; raises NotSent otherwise."""
        call = partial(self._single_try.call, operation, params, may_send)
        return await self._in_thread(operation, call, guard, NO_DEADLINE)

    def drop_waiting(self) -> None:
        """End the calls that have not begun with Dropped."""
        self._reading.drop()
        self._threads.drop()

    def close(self) -> None:
        """Drop the calls that have not begun, and the connections; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()
        self._single_try.close()
        if self._reads is not None:
            self._reads.close()

    def _sent(self, **_: object) -> None:
        """Tell the observer of a request: botocore calls this before it sends one."""
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
            call.exception()  # nobody else may ask for it, as the caller may have left

    @asynccontextmanager
    async def _turn(self, queue: CallQueue, operation: str, deadline: float) -> AsyncIterator[None]:
        taken = await self._taken(queue, operation, deadline)
        is_whole = True
        try:
            yield
        except asyncio.CancelledError:
            is_whole = False
            raise
        finally:
            queue.release(taken, is_whole=is_whole)

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
