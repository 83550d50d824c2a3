"""One DynamoDB endpoint and the calls to it, none of which holds up those to another."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import botocore
import structlog
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.botocore_private import missing
from tableadmin_server.dynamodb.budget import Budgets, operation_rates
from tableadmin_server.dynamodb.errors import Call, cause_of, failure_of
from tableadmin_server.dynamodb.kinds import READS
from tableadmin_server.dynamodb.listings import leave_out, shows_tables
from tableadmin_server.dynamodb.reads import Reads
from tableadmin_server.dynamodb.retries import Attempts
from tableadmin_server.dynamodb.session import ClientMethod, connect, methods
from tableadmin_server.dynamodb.single_try import SingleTry
from tableadmin_server.dynamodb.support import Support, is_aws
from tableadmin_server.failure import Failure, request_id_text

_log = structlog.get_logger()


@dataclass(frozen=True)
class Answer:
    """What AWS answered: the members of the output shape, and the id AWS gave the request."""

    data: AwsDict
    request_id: str


class Endpoint:
    """A boto3 client and the threads that use it.

    boto3 blocks, so a call takes a thread, but for reads as long as they succeed. The pool is the endpoint's
    own and its queue is bounded: an endpoint that hangs holds up no other, and callers past the bound learn
    at once that it is overloaded. As many reads may be under way as there are threads.
    """

    def __init__(self, name: str, config: EndpointConfig) -> None:
        """Connect nothing yet; raises ConfigError when boto3 can't make a client of CONFIG."""
        self.name = name
        self._client, transport = connect(name, config)
        # What botocore keeps count of in the other retry modes, it must see itself.
        standard = config.retry_mode == "standard"
        lacking = missing(self._client)
        if lacking:
            _log.warning(
                "botocore.members_missing", endpoint=name, members=lacking, version=botocore.__version__
            )
        self._reads = (
            Reads(self._client, transport, config) if transport and standard and not lacking else None
        )
        self._reading = asyncio.Semaphore(config.pool_size)
        self._attempts = Attempts(self._client, config.max_attempts)
        self._methods = methods(self._client)
        self._single_try = SingleTry(name, config)
        self.operations_table = config.operations_table
        self.concurrent_operations = config.concurrent_operations
        self.operation_lease = config.operation_lease
        self._pool = ThreadPoolExecutor(config.pool_size, thread_name_prefix=f"endpoint-{name}")
        self._budgets = Budgets(config.background_calls_per_second, operation_rates(config.endpoint_url))
        # Which operations the endpoint has.
        self.support = Support(complete=is_aws(config.endpoint_url))
        self._background = asyncio.Semaphore(config.pool_size)
        self._room = threading.BoundedSemaphore(config.pool_size + config.queue_size)

    async def call(self, operation: str, params: AwsDict, request: Message | None = None) -> Answer:
        """What AWS answers to OPERATION with PARAMS, which say what REQUEST says where there is one.

        Listings leave out what is of the service's own table, unless PARAMS ask for that table; a page that
        would show it may take a second call. Raises Failure. A caller that is cancelled leaves at once; its
        call is not made if it has not begun.
        """
        answer = await self._answer(self._response(operation, params), operation, params, request)
        if self.operations_table and shows_tables(operation, params):
            following = partial(self._page, operation)
            await leave_out(self.operations_table, operation, params, answer.data, following)
        return answer

    async def single_call(self, operation: str, params: AwsDict, wanted: Callable[[], bool]) -> Answer:
        """The same for a change that an operation makes: tried once, and only if WANTED when it is sent.

        It shares the budgets of `background_call`. Raises Failure, and Unwanted where it was not sent.
        """
        call = partial(self._single_try.call, operation, params, wanted)
        await self._budgets.take(operation)
        async with self._background:
            return await self._answer(self._in_thread(operation, call), operation, params, None)

    async def background_call(self, operation: str, params: AwsDict) -> Answer:
        """The same for a call that nobody waits for by itself, of plans and operations.

        With polls they share a budget of calls a second, where AWS limits an operation one of its own, and
        leave room in the queue to the calls of callers.
        """
        await self._budgets.take(operation)
        async with self._background:
            return await self.call(operation, params)

    async def poll(self, operation: str, params: AwsDict) -> Answer:
        """The same for the call of a poll, which lets plans and operations go first."""
        await self._budgets.take(operation, patient=True)
        async with self._background:
            return await self.call(operation, params)

    def spacing(self, operation: str) -> float:
        """Seconds from one background call of OPERATION to the next where AWS limits it, else 0."""
        return self._budgets.spacing(operation)

    def close(self) -> None:
        """Drop the calls that have not begun, and the connections; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()
        self._single_try.close()
        if self._reads is not None:
            self._reads.close()

    async def _answer(
        self, answer: Awaitable[dict[str, Any]], operation: str, params: AwsDict, request: Message | None
    ) -> Answer:
        try:
            response = await answer
        except Exception as error:
            asked = request or _request(operation, params)
            failure = failure_of(error, Call(operation, params, asked, self.name))
            if failure is None:
                raise
            cause = cause_of(error)
        else:
            return self._succeeded(operation, response)
        # Outside of the handler, so that no traceback has the text of an error that `cause_of` replaces.
        self.support.failed(operation, failure)
        raise failure from cause

    def _succeeded(self, operation: str, response: dict[str, Any]) -> Answer:
        self.support.answered(operation)
        metadata = response.pop("ResponseMetadata", {})
        return Answer(cast("AwsDict", response), request_id_text(metadata.get("RequestId", "")))

    async def _page(self, operation: str, params: AwsDict) -> AwsDict:
        return (await self._answer(self._response(operation, params), operation, params, None)).data

    async def _response(self, operation: str, params: AwsDict) -> dict[str, Any]:
        call = partial(self._methods[operation], **params)
        if self._reads is None or operation not in READS or not self._reads.can_be_signed():
            return await self._in_thread(operation, call)
        self._take_room(operation)
        try:
            async with self._reading:
                first = await self._reads.answer(operation, params)
        finally:
            self._room.release()
        if first is not None:
            return first
        return await self._in_thread(operation, partial(self._attempts.after_one, call))

    async def _in_thread(self, operation: str, call: ClientMethod) -> dict[str, Any]:
        self._take_room(operation)
        future = self._pool.submit(call)
        # A call that has begun keeps its room when its caller leaves.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)

    def _take_room(self, operation: str) -> None:
        if not self._room.acquire(blocking=False):
            raise Failure(
                Code.RESOURCE_EXHAUSTED,
                f"{operation}: too many calls to the endpoint {self.name!r} are waiting",
                reason="ENDPOINT_OVERLOADED",
                metadata={"operation": operation, "endpoint": self.name},
                retry_delay=1.0,
            )


def _request(operation: str, params: AwsDict) -> Message | None:
    """What PARAMS say in the contract's words; None for what it does not have: reading and writing items."""
    service = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]
    method = service.methods_by_name.get(operation)
    return None if method is None else from_aws(params, GetMessageClass(method.input_type), [])
