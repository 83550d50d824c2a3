"""One DynamoDB endpoint: its calls, their answers and failures."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias, cast

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, Unknown, drop_unknown, from_aws
from tableadmin.cost import Prices
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb import circuit_breaker
from tableadmin_server.dynamodb.budget import Budgets, operation_rates
from tableadmin_server.dynamodb.circuit import AdmittedCall, Circuit, EndpointWait
from tableadmin_server.dynamodb.client.account import Account
from tableadmin_server.dynamodb.client.call_queue import NO_DEADLINE, Dropped
from tableadmin_server.dynamodb.client.calls import CallObserver, Calls
from tableadmin_server.dynamodb.client.kms import Keys
from tableadmin_server.dynamodb.client.parser import MISSHAPEN
from tableadmin_server.dynamodb.client.retries import READS
from tableadmin_server.dynamodb.client.service_calls import TraceCall, untraced
from tableadmin_server.dynamodb.cloudwatch import CloudWatch
from tableadmin_server.dynamodb.errors import Call, cause_of, failure_of, is_answer
from tableadmin_server.dynamodb.listings import leave_out, shows_tables
from tableadmin_server.dynamodb.poll_order import PollOrder, PollPriority, Urgency
from tableadmin_server.dynamodb.support import Support, is_aws
from tableadmin_server.failure import Failure, request_id_text
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import Principal

_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name

# An error names at most so many members of the wrong type.
_MOST_PATHS = 5


@dataclass(frozen=True)
class Answer:
    """An answer of the endpoint: the members of the output, and the request id of AWS.

    `misshapen` says that a value in `data` has the wrong type.
    """

    data: AwsDict
    request_id: str
    misshapen: bool = False


# Returns the approvals that a call of a plan needs, from its principal, operation, parameters, table, time
# (None is now) and the increase of the monthly cost by the plan in US dollars (None is unknown). Raises
# Failure (PERMISSION_DENIED) if policies do not permit the call.
Authorize: TypeAlias = Callable[
    [Principal, str, AwsDict, str, datetime | None, Decimal | None], Awaitable[tuple[RequiredApproval, ...]]
]


# Creates the Calls of an endpoint, from its name, configuration and observer.
MakeCalls: TypeAlias = Callable[[str, EndpointConfig, CallObserver], Calls]


async def permit_all(
    _principal: Principal,
    _operation: str,
    _params: AwsDict,
    _table: str,
    _at: datetime | None = None,
    _cost_increase: Decimal | None = None,
) -> tuple[RequiredApproval, ...]:
    """Permit every call without approvals, because no policies are configured."""
    return ()


class Endpoint:
    """An endpoint of the configuration: calls it, and knows which operations it has.

    `own_table` is the operations table of the service, "" for none. Listings leave it out. `authorize`
    decides about each call that an operation makes on behalf of its requester. OBSERVER is told of the calls.
    MAKE_CALLS creates the Calls that send them. TRACE traces the calls to other services.
    """

    def __init__(
        self,
        name: str,
        config: EndpointConfig,
        observer: CallObserver | None = None,
        make_calls: MakeCalls = Calls,
        trace: TraceCall = untraced,
    ) -> None:
        """Create the client without connecting. Raises ConfigError if boto3 does not accept CONFIG."""
        self.name = name
        self.own_table = config.operations_table
        self.authorize: Authorize = permit_all
        # Returns the prices of plans for policies, None if no policy depends on the cost of plans.
        self.prices: Callable[[], Prices | None] = lambda: None
        self.is_aws = is_aws(config.endpoint_url)
        # The operations that the endpoint has.
        self.support = Support(complete=self.is_aws)
        # The account in the ARNs that callers may use if policies are configured.
        self.account = Account(name, config, trace, is_aws=self.is_aws)
        # Resolves KMS aliases.
        self.keys = Keys(config, trace, is_aws=self.is_aws)
        self._observer = observer or CallObserver()
        # Tells what tables consumed.
        self.cloudwatch = CloudWatch(name, config, self._observer, trace)
        self._calls = make_calls(name, config, self._observer)
        # The threshold must not exceed the number of calls that can be under way.
        threshold = min(circuit_breaker.THRESHOLD, config.pool_size)
        self._circuit = Circuit(name, threshold, time.monotonic, self._calls.drop_waiting, self._observer)
        self.region = self._calls.region
        self.background = BackgroundCalls(self, config)

    @property
    def is_up(self) -> bool:
        """Whether the endpoint answered the last calls."""
        return self._circuit.is_up

    @property
    def circuit_state(self) -> circuit_breaker.State:
        """The state of the circuit breaker. Any thread may read this."""
        return self._circuit.breaker.state

    @property
    def calls_held(self) -> int:
        """The number of calls under way or waiting for a thread."""
        return self._calls.held

    @property
    def calls_limit(self) -> int:
        """The largest number of calls under way or waiting."""
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
        """Call OPERATION with PARAMS, and return the answer. REQUEST is the message of PARAMS, if any.

        Listings leave out the items of the service's own table, unless PARAMS name that table. A page with
        such items may take a second call. DEADLINE is a time of the event loop. A cancelled call that has not
        begun is not made. Raises Failure: at once if the endpoint is down or the call can't begin before
        DEADLINE.
        """
        answer = await self._answer(operation, params, request, deadline)
        if self.own_table and shows_tables(operation, params):
            following = partial(self._page, operation, deadline=deadline)
            await leave_out(self.own_table, operation, params, answer.data, following)
        return answer

    async def single_call(self, operation: str, params: AwsDict, may_send: Callable[[], bool]) -> Answer:
        """Make a change of an operation with a single attempt, if MAY_SEND returns true when it is sent.

        Raises Failure, and NotSent if MAY_SEND returned false.
        """
        with self._circuit.call(operation) as call:
            sent = self._calls.single_response(operation, params, may_send, call)
            return await self._outcome(call, sent, operation, params, None)

    def wait(self) -> EndpointWait:
        """Return a context in which Dropped is raised when the endpoint goes down."""
        return self._circuit.wait()

    def down(self, operation: str) -> Failure:
        """Return the Failure of a call of OPERATION while the endpoint is down."""
        return self._circuit.failure(operation)

    def close(self) -> None:
        """Drop the calls that have not begun, and close the connections. Calls under way are finished."""
        self._calls.close()
        self.keys.close()
        self.account.close()
        self.cloudwatch.close()

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
        finally:  # avoids a reference cycle of exception and frame, which would keep the answer in memory
            del failure, cause

    def _succeeded(self, operation: str, response: dict[str, Any]) -> Answer:
        self.support.answered(operation)
        metadata = response.pop("ResponseMetadata", {})
        request_id = request_id_text(metadata.get("RequestId", ""))
        return Answer(cast("AwsDict", response), request_id, MISSHAPEN in metadata)

    async def _page(self, operation: str, params: AwsDict, deadline: float) -> AwsDict:
        return (await self._answer(operation, params, None, deadline)).data


class BackgroundCalls:
    """The background calls of ENDPOINT: of plans, operations, watches and waits.

    They share a budget of calls a second. An operation that AWS limits has its own budget too. Background
    calls leave room in the queue for the calls of callers.
    """

    def __init__(self, endpoint: Endpoint, config: EndpointConfig) -> None:
        self._target = endpoint
        self._budgets = Budgets(config.background_calls_per_second, operation_rates(config.endpoint_url))
        self._slots = PollOrder(config.pool_size)
        # The calls of plans and operations are as urgent as the polls of changed tables.
        self._priority = PollPriority()
        self._priority.set(Urgency.CHANGED)

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
        """The used part of a second's calls, from 0 to 1."""
        return self._budgets.used

    @property
    def waiting(self) -> int:
        """The number of calls that wait for the budget."""
        return self._budgets.waiting

    def share(self, servers: int) -> None:
        """Use 1/SERVERS of each budget."""
        self._budgets.share(servers)

    async def call(self, operation: str, params: AwsDict) -> Answer:
        """Call OPERATION for a plan or an operation. Raises Failure, also for a misshapen answer to a read.

        A plan without the members of the wrong type would be wrong.
        """
        answer = await self._in_turn(partial(self._target.call, operation, params), operation)
        if answer.misshapen and operation in READS:
            raise _misshapen(answer, operation, self.name)
        return answer

    async def single_call(self, operation: str, params: AwsDict, may_send: Callable[[], bool]) -> Answer:
        """Make a change of an operation, see `Endpoint.single_call`. Raises Failure and NotSent."""
        return await self._in_turn(partial(self._target.single_call, operation, params, may_send), operation)

    async def poll(self, operation: str, params: AwsDict, priority: PollPriority) -> Answer:
        """Call OPERATION for watches and waits, after the calls of plans and operations. Raises Failure.

        PRIORITY decides which of the polls that wait goes first. Members of the wrong type are left out.
        """
        answer = await self._in_turn(partial(self._target.call, operation, params), operation, priority)
        if answer.misshapen:
            return replace(answer, data=drop_unknown(answer.data, _messages(operation)[1]), misshapen=False)
        return answer

    async def _in_turn(
        self, call: Callable[[], Awaitable[Answer]], operation: str, poll: PollPriority | None = None
    ) -> Answer:
        """Make CALL of OPERATION, within the budget. Raises Failure while the endpoint is down."""
        self._target.check(operation)
        try:
            async with self._target.wait():
                await self._budgets.take(operation, poll)
                await self._slots.take(poll or self._priority)
        except Dropped:
            raise self._target.down(operation) from None
        try:
            return await call()
        finally:
            self._slots.release()

    def spacing(self, operation: str) -> float:
        """Return the seconds between two calls of OPERATION if AWS limits it, else 0."""
        return self._budgets.spacing(operation)


def _request(operation: str, params: AwsDict) -> Message | None:
    """PARAMS as a message; None for operations that the contract lacks: reads and writes of items."""
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
    """The types of request and response of OPERATION, which the contract has."""
    method = _METHODS[operation]
    return GetMessageClass(method.input_type), GetMessageClass(method.output_type)
