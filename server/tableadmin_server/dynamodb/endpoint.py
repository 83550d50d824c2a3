"""One DynamoDB endpoint and the calls to it, each in a thread of the endpoint's own pool."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.budget import CallBudget
from tableadmin_server.dynamodb.errors import Call, failure_of
from tableadmin_server.dynamodb.session import make_client
from tableadmin_server.failure import Failure, retry_after


@dataclass(frozen=True)
class Answer:
    """What AWS answered: the members of the output shape, and the id AWS gave the request."""

    data: AwsDict
    request_id: str


class Endpoint:
    """A boto3 client and the threads that use it.

    boto3 blocks, so a call takes a thread. The pool is the endpoint's own and its queue is bounded: an
    endpoint that hangs holds up no other, and callers past the bound learn at once that it is overloaded.
    """

    def __init__(self, name: str, config: EndpointConfig) -> None:
        """Connect nothing yet; raises ConfigError when boto3 can't make a client of CONFIG."""
        self.name = name
        self._client = make_client(name, config)
        # boto3 makes one method for each operation of its service model: a call takes the operation's
        # parameters as keyword arguments and returns a dict.
        self._methods: Mapping[str, Callable[..., dict[str, Any]]] = {
            operation: getattr(self._client, method)
            for method, operation in self._client.meta.method_to_api_mapping.items()
        }
        self._pool = ThreadPoolExecutor(config.pool_size, thread_name_prefix=f"endpoint-{name}")
        self._budget = CallBudget(config.background_calls_per_second)
        self._background = asyncio.Semaphore(config.pool_size)
        self._room = threading.BoundedSemaphore(config.pool_size + config.queue_size)

    async def call(self, operation: str, params: AwsDict, request: Message | None = None) -> Answer:
        """What AWS answers to OPERATION with PARAMS, which say what REQUEST says where there is one.

        Raises Failure. A caller that is cancelled leaves at once; its call is not made if it has not begun.
        """
        try:
            response = await asyncio.wrap_future(self._submit(operation, params))
        except Exception as error:
            asked = request or from_aws(params, _request_type(operation), [])
            failure = failure_of(error, Call(operation, params, asked, self.name))
            if failure is None:
                raise
            raise failure from error
        metadata = response.pop("ResponseMetadata", {})
        return Answer(cast("AwsDict", response), str(metadata.get("RequestId", "")))

    async def background_call(self, operation: str, params: AwsDict) -> Answer:
        """The same for a call that nobody waits for by itself, of polls and operations.

        They share a budget of calls a second, and leave room in the queue to the calls of callers.
        """
        await self._budget.take()
        async with self._background:
            return await self.call(operation, params)

    def close(self) -> None:
        """Drop the calls that have not begun, and the connections; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _submit(self, operation: str, params: AwsDict) -> Future[dict[str, Any]]:
        if not self._room.acquire(blocking=False):
            raise Failure(
                Code.RESOURCE_EXHAUSTED,
                f"{operation}: too many calls are waiting for the endpoint {self.name!r}",
                reason="ENDPOINT_OVERLOADED",
                metadata={"operation": operation, "endpoint": self.name},
                details=[retry_after(1.0)],
            )
        future = self._pool.submit(self._methods[operation], **params)
        future.add_done_callback(lambda _: self._room.release())
        return future


def _request_type(operation: str) -> type[Message]:
    service = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]
    return GetMessageClass(service.methods_by_name[operation].input_type)
