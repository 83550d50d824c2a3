"""One DynamoDB endpoint: what it answers to calls, or why they fail."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, cast

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, Unknown, fitting, from_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb import circuit_breaker
from tableadmin_server.dynamodb.budget import Budgets, operation_rates
from tableadmin_server.dynamodb.circuit import AdmittedCall, Circuit
from tableadmin_server.dynamodb.client.account import Account
from tableadmin_server.dynamodb.client.call_queue import NO_DEADLINE, CallQueue, Dropped
from tableadmin_server.dynamodb.client.calls import CallObserver, Calls
from tableadmin_server.dynamodb.client.kms import Keys
from tableadmin_server.dynamodb.client.parser import MISSHAPEN
from tableadmin_server.dynamodb.client.retries import READS
from tableadmin_server.dynamodb.errors import Call, cause_of, failure_of, is_answer
from tableadmin_server.dynamodb.listings import leave_out, shows_tables
from tableadmin_server.dynamodb.support import Support, is_aws
from tableadmin_server.failure import Failure, request_id_text
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import Principal

_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name

# Of the members of the wrong type an error names so many.
_MOST_PATHS = 5


@dataclass(frozen=True)
class Answer:
    """What AWS answered: the members of the output shape, and the id AWS gave the request.

    `misshapen` says that something in `data` is of the wrong type.
    """

    data: AwsDict
    request_id: str
    misshapen: bool = False


# The approvals that a principal needs to have an operation, with its parameters, called for a table, at a
# time or (None) now. Raises Failure (PERMISSION_DENIED) where policies do not permit the call at all.
Authorize: TypeAlias = Callable[
    [Principal, str, AwsDict, str, datetime | None], Awaitable[tuple[RequiredApproval, ...]]
]


# Makes what sends the calls to an endpoint, by its name.
MakeCalls: TypeAlias = Callable[[str, EndpointConfig, CallObserver], Calls]


async def permit_all(
    _principal: Principal, _operation: str, _params: AwsDict, _table: str, _at: datetime | None = None
) -> tuple[RequiredApproval, ...]:
    """Permit everything: no policies are configured."""
    return ()


class Endpoint:
    """An endpoint of the configuration: what it answers, or why not, and which operations it has.

    `own_table` is the table in which the service keeps its operations, "" for none. Listings leave it out.
    `authorize` decides about each call that an operation makes, for the requester of the operation. OBSERVER
    learns of the calls. MAKE_CALLS makes what sends them.
    """

    def __init__(
        self,
        name: str,
        config: EndpointConfig,
        observer: CallObserver | None = None,
        make_calls: MakeCalls = Calls,
    ) -> None:
        """Connect nothing yet; raises ConfigError when boto3 can't make a client of CONFIG."""
        self.name = name
        self.own_table = config.operations_table
        self.authorize: Authorize = permit_all
        self.is_aws = is_aws(config.endpoint_url)
        # Which operations the endpoint has.
        self.support = Support(complete=self.is_aws)
        # Of the ARNs that callers may use where policies are configured.
        self.account = Account(name, config, is_aws=self.is_aws)
        # Which KMS keys aliases are of.
        self.keys = Keys(config, is_aws=self.is_aws)
        self._observer = observer or CallObserver()
        self._calls = make_calls(name, config, self._observer)
        # As many calls as can be under way may fail at once.
        threshold = min(circuit_breaker.THRESHOLD, config.pool_size)
        self._circuit = Circuit(name, threshold, time.monotonic, self._calls.drop_waiting, self._observer)
        self.region = self._calls.region
        self.background = BackgroundCalls(self, config)

    @property
    def is_up(self) -> bool:
        """Whether the endpoint answers, as far as calls have shown."""
        return self._circuit.is_up

    @property
    def circuit_state(self) -> circuit_breaker.State:
        """The state of the circuit breaker; may be read in any thread."""
        return self._circuit.breaker.state

    @property
    def calls_held(self) -> int:
        """The calls that are being made or wait for a thread."""
        return self._calls.held

    @property
    def calls_limit(self) -> int:
        """The calls that may be held at most."""
        return self._calls.limit

    def check(self, operation: str) -> None:
        """Raise Failure (UNAVAILABLE) if the endpoint is down and OPERATION would not be sent now."""
        self._circuit.check(operation)

    async def call(
        self,
        operation: str,
        params: AwsDict,
        request: Message | None = None,
        deadline: float = NO_DEADLINE,
    ) -> Answer:
        """What AWS answers to OPERATION with PARAMS, which say what REQUEST says where there is one.

        Listings leave out what is of the service's own table, unless PARAMS ask for that table; a page that
        would show it may take a second call. Raises Failure; while the endpoint is down, or when the call
        can't begin before DEADLINE, a time of the event loop, at once. A caller that is cancelled leaves at
        once; its call is not made if it has not begun.
        """
        answer = await self._answer(operation, params, request, deadline)
        if self.own_table and shows_tables(operation, params):
            following = partial(self._page, operation, deadline=deadline)
            await leave_out(self.own_table, operation, params, answer.data, following)
        return answer

    async def single_call(self, operation: str, params: AwsDict, may_send: Callable[[], bool]) -> Answer:
        """The same for a change that an operation makes: tried once, and only if MAY_SEND when it is sent.

        Raises Failure, and NotSent where it was not sent.
        """
        with self._circuit.call(operation) as call:
            sent = self._calls.single_response(operation, params, may_send, call)
            return await self._outcome(call, sent, operation, params, None)

    def wait(self) -> AbstractAsyncContextManager[None]:
        """Raises Dropped within the context when the endpoint goes down."""
        return self._circuit.wait()

    def down(self, operation: str) -> Failure:
        """Why a call of OPERATION is not made while the endpoint is down."""
        return self._circuit.failure(operation)

    def close(self) -> None:
        """Drop the calls that have not begun, and the connections; those under way end by themselves."""
        self._calls.close()
        self.keys.close()
        self.account.close()

    async def _answer(
        self, operation: str, params: AwsDict, request: Message | None, deadline: float
    ) -> Answer:
        with self._circuit.call(operation) as call:
            sent = self._calls.response(operation, params, call, deadline)
            if operation not in READS:
                return await self._outcome(call, sent, operation, params, request)
            async with self._circuit.wait():
                return await self._outcome(call, sent, operation, params, request)

    async def _outcome(
        self,
        call: AdmittedCall,
        answer: Awaitable[dict[str, Any]],
        operation: str,
        params: AwsDict,
        request: Message | None,
    ) -> Answer:
        try:
            response = await answer
        except asyncio.CancelledError:
            self._observer.dropped(operation)
            raise
        except Failure as refusal:
            self._observer.refused(operation, refusal)
            raise
        except Exception as error:
            asked = request or _request(operation, params)
            failure = failure_of(error, Call(operation, params, asked, self.name))
            if failure is None:
                self._observer.dropped(operation)
                raise
            answered = is_answer(error, operation)
            cause = cause_of(error)
        else:
            self._observer.answered(operation, self._circuit.answered(call))
            return self._succeeded(operation, response)
        # Outside of the handler, so that no traceback has the text of an error that `cause_of` replaces.
        self.support.failed(operation, failure)
        self._observer.failed(operation, failure, self._circuit.ended(call, failure, is_answer=answered))
        try:
            raise failure from cause
        finally:  # else exception and frame would hold each other, and all that was read, until a collection
            del failure, cause

    def _succeeded(self, operation: str, response: dict[str, Any]) -> Answer:
        self.support.answered(operation)
        metadata = response.pop("ResponseMetadata", {})
        request_id = request_id_text(metadata.get("RequestId", ""))
        return Answer(cast("AwsDict", response), request_id, MISSHAPEN in metadata)

    async def _page(self, operation: str, params: AwsDict, deadline: float) -> AwsDict:
        return (await self._answer(operation, params, None, deadline)).data


class BackgroundCalls:
    """The calls of ENDPOINT that nobody waits for by itself: of plans, operations, watches and waits.

    They share a budget of calls a second, where AWS limits an operation one of its own, and leave room in the
    queue to the calls of callers.
    """

    def __init__(self, endpoint: Endpoint, config: EndpointConfig) -> None:
        self._target = endpoint
        self._budgets = Budgets(config.background_calls_per_second, operation_rates(config.endpoint_url))
        self._under_way = CallQueue(config.pool_size)

    @property
    def name(self) -> str:
        """The name of the endpoint in the configuration."""
        return self._target.name

    @property
    def support(self) -> Support:
        """The operations that the endpoint has."""
        return self._target.support

    @property
    def budget_used(self) -> float:
        """The part of a second's calls that is used up, from 0 to 1."""
        return self._budgets.used

    @property
    def waiting(self) -> int:
        """The calls that wait for their turn in the budget."""
        return self._budgets.waiting

    def share(self, servers: int) -> None:
        """Allow one of SERVERS equal parts of each budget."""
        self._budgets.share(servers)

    async def call(self, operation: str, params: AwsDict) -> Answer:
        """`Endpoint.call` for plans and operations; raises Failure, also for a read that is misshapen.

        Without the members of the wrong type a table would be taken for another one than it is.
        """
        async with self._turn(operation):
            answer = await self._target.call(operation, params)
        if answer.misshapen and operation in READS:
            raise _misshapen(answer, operation, self.name)
        return answer

    async def single_call(self, operation: str, params: AwsDict, may_send: Callable[[], bool]) -> Answer:
        """`Endpoint.single_call` for operations; raises Failure and NotSent."""
        async with self._turn(operation):
            return await self._target.single_call(operation, params, may_send)

    async def poll(self, operation: str, params: AwsDict) -> Answer:
        """`Endpoint.call` for watches and waits, which let plans and operations go first; raises Failure.

        What is of the wrong type is left out.
        """
        async with self._turn(operation, patient=True):
            answer = await self._target.call(operation, params)
        if answer.misshapen:
            return replace(answer, data=fitting(answer.data, _messages(operation)[1]), misshapen=False)
        return answer

    @asynccontextmanager
    async def _turn(self, operation: str, *, patient: bool = False) -> AsyncIterator[None]:
        """A call of OPERATION is made within the context; raises Failure while the endpoint is down."""
        self._target.check(operation)
        try:
            async with self._target.wait():
                await self._budgets.take(operation, patient=patient)
                taken = await self._under_way.take()
        except Dropped:
            raise self._target.down(operation) from None
        try:
            yield
        finally:
            self._under_way.release(taken)

    def spacing(self, operation: str) -> float:
        """Seconds from one call of OPERATION to the next where AWS limits it, else 0."""
        return self._budgets.spacing(operation)


def _request(operation: str, params: AwsDict) -> Message | None:
    """What PARAMS say in the contract's words; None for what it does not have: reading and writing items."""
    return from_aws(params, _messages(operation)[0], []) if operation in _METHODS else None


def _misshapen(answer: Answer, operation: str, endpoint: str) -> Failure:
    unknown: list[Unknown] = []
    from_aws(answer.data, _messages(operation)[1], unknown)
    paths = ", ".join(each.path for each in unknown[:_MOST_PATHS])
    return Failure(
        Code.UNAVAILABLE,
        f"{operation}: the response of the endpoint has members of the wrong type: {paths}",
        reason="ENDPOINT_ANSWER_UNREADABLE",
        metadata={"operation": operation, "endpoint": endpoint},
        retry_delay=1.0,
    )


def _messages(operation: str) -> tuple[type[Message], type[Message]]:
    """The request and the response of OPERATION, which the contract has."""
    method = _METHODS[operation]
    return GetMessageClass(method.input_type), GetMessageClass(method.output_type)
