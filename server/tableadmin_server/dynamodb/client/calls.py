"""The calls to one endpoint and the threads that make them, none of which holds up those to another."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import botocore
import structlog
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.botocore_private import missing
from tableadmin_server.dynamodb.client.reads import Reads
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


class _Room:
    """Room for SIZE calls, taken and given back in any thread."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take room for a call, if there is some."""
        with self._lock:
            if self.used >= self.size:
                return False
            self.used += 1
            return True

    def release(self) -> None:
        """Give back the room of a call."""
        with self._lock:
            self.used -= 1


class Calls:
    """A boto3 client and the threads that use it.

    boto3 blocks, so a call takes a thread, but for reads as long as they succeed. The pool is the endpoint's
    own and its queue is bounded: an endpoint that hangs holds up no other, and callers past the bound learn
    at once that it is overloaded. As many reads may be under way as there are threads.
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
        self._reading = asyncio.Semaphore(config.pool_size)
        self._attempts = Attempts(self._client, config.max_attempts)
        self._methods = methods(self._client)
        self._single_try = SingleTry(name, config, observer.sent)
        self._pool = ThreadPoolExecutor(config.pool_size, thread_name_prefix=f"endpoint-{name}")
        self._room = _Room(config.pool_size + config.queue_size)

    @property
    def held(self) -> int:
        """The calls that are being made or wait, each with its room in pool and queue."""
        return self._room.used

    @property
    def limit(self) -> int:
        """The calls that may be held at most."""
        return self._room.size

    async def response(self, operation: str, params: AwsDict) -> dict[str, Any]:
        """What botocore returns for OPERATION with PARAMS; raises what botocore raises, and Failure.

        A caller that is cancelled leaves at once; its call is not made if it has not begun.
        """
        call = partial(self._methods[operation], **params)
        if self._reads is None or operation not in READS or not self._reads.can_be_signed():
            return await self._in_thread(operation, call)
        self._take_room(operation)
        try:
            async with self._reading:
                self._observer.sent()
                first = await self._reads.answer(operation, params)
        finally:
            self._room.release()
        if first is not None:
            return first
        return await self._in_thread(operation, partial(self._attempts.after_one, call))

    async def single_response(
        self, operation: str, params: AwsDict, may_send: Callable[[], bool]
    ) -> dict[str, Any]:
        """`response` in a single try, sent only if MAY_SEND then returns true; raises NotSent otherwise."""
        return await self._in_thread(operation, partial(self._single_try.call, operation, params, may_send))

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

    async def _in_thread(self, operation: str, call: ClientMethod) -> dict[str, Any]:
        self._take_room(operation)
        future = self._pool.submit(call)
        # A call that has begun keeps its room when its caller leaves.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)

    def _take_room(self, operation: str) -> None:
        if not self._room.take():
            raise Failure(
                Code.RESOURCE_EXHAUSTED,
                f"{operation}: too many calls to the endpoint {self._name!r} are waiting",
                reason="ENDPOINT_OVERLOADED",
                metadata={"operation": operation, "endpoint": self._name},
                retry_delay=1.0,
            )
