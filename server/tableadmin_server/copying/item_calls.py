"""The calls that read and write items, at the rate of a copy and without values of items in errors."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import CopyItemsResponse
from tableadmin_server.copying.items import Item
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure

# The items of a page. A page of small items consumes few units at once.
_PAGE = 500
# How often a throttled call is sent.
_ATTEMPTS = 10
# The seconds before such a call is sent again: doubled each time, up to the longest.
_SHORTEST, _LONGEST = 0.5, 20.0
_THROTTLED = frozenset({Code.RESOURCE_EXHAUSTED, Code.ABORTED})
# AWS's texts for these codes are about access and capacity. Other texts may repeat values of items.
_TEXTS_WITHOUT_VALUES = frozenset(
    {
        Code.DEADLINE_EXCEEDED,
        Code.NOT_FOUND,
        Code.PERMISSION_DENIED,
        Code.RESOURCE_EXHAUSTED,
        Code.UNAUTHENTICATED,
        Code.UNAVAILABLE,
        Code.UNIMPLEMENTED,
    }
)
_CONDITION_FAILED = "CONDITIONAL_CHECK_FAILED_EXCEPTION"


class RateLimiter:
    """Delays calls so that they consume RATE capacity units a second on average.

    The units of a call are known when it is answered, so the next call waits for them.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next = 0.0

    async def wait(self) -> None:
        """Wait until the units of the calls before are within the rate."""
        seconds = self._next - asyncio.get_running_loop().time()
        if seconds > 0:
            await asyncio.sleep(seconds)

    def consumed(self, units: float) -> None:
        """Note UNITS that a call has consumed."""
        self._next = max(self._next, asyncio.get_running_loop().time()) + units / self._rate


class ItemCalls:
    """Reads and writes items at ENDPOINT, at most RATE read units and RATE write units a second.

    Counts the units and the throttled calls in PROGRESS.
    """

    def __init__(self, endpoint: Endpoint, rate: float, progress: CopyItemsResponse) -> None:
        self._endpoint = endpoint
        self._progress = progress
        self._reading, self._writing = RateLimiter(rate), RateLimiter(rate)

    async def pages(self, table: str) -> AsyncGenerator[Sequence[Item]]:
        """Yield the items of TABLE page by page, by strongly consistent reads. Raises Failure."""
        params: AwsDict = {
            "TableName": table,
            "ConsistentRead": True,
            "Limit": _PAGE,
            "ReturnConsumedCapacity": "TOTAL",
        }
        while True:
            answer = await self._answer("Scan", params, self._reading)
            units = _units(answer)
            self._reading.consumed(units)
            self._progress.read_units += units
            yield answer.get("Items") or ()
            start = answer.get("LastEvaluatedKey")
            if not start:
                return
            params = {**params, "ExclusiveStartKey": start}

    async def put_new(self, table: str, item: Item, attribute: str) -> bool:
        """Write ITEM to TABLE, unless TABLE has an item with the same key. Return whether ITEM was written.

        ATTRIBUTE is an attribute of the key. Raises Failure.
        """
        params: AwsDict = {
            "TableName": table,
            "Item": dict(item),
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": attribute},
            "ReturnConsumedCapacity": "TOTAL",
        }
        try:
            answer = await self._answer("PutItem", params, self._writing)
        except Failure as failure:
            if failure.reason != _CONDITION_FAILED:
                raise
            answer = {}
            is_new = False
        else:
            is_new = True
        units = _units(answer)
        self._writing.consumed(units)
        self._progress.write_units += units
        return is_new

    async def _answer(self, operation: str, params: AwsDict, limiter: RateLimiter) -> dict[str, Any]:
        """The answer to OPERATION, which is sent again while the endpoint throttles it. Raises Failure."""
        attempt = 1
        while isinstance(answer := await self._attempt(operation, params, limiter), Failure):
            if not _is_throttled(answer):
                raise _without_values(answer, operation, str(params["TableName"]))
            self._progress.throttled_calls += 1
            if attempt == _ATTEMPTS:
                raise _without_values(answer, operation, str(params["TableName"]))
            pause = min(_SHORTEST * 2 ** (attempt - 1), _LONGEST)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
            attempt += 1
        return answer

    async def _attempt(
        self, operation: str, params: AwsDict, limiter: RateLimiter
    ) -> dict[str, Any] | Failure:
        """The answer or the failure of a call. The failure is returned, so that it is no error's context."""
        await limiter.wait()
        try:
            return dict((await self._endpoint.background.call(operation, params)).data)
        except Failure as failure:
            return failure


def _is_throttled(failure: Failure) -> bool:
    return failure.code in _THROTTLED and failure.retry_delay is not None


def _units(answer: AwsDict) -> float:
    """The capacity units of ANSWER. An engine that does not say gets one unit."""
    consumed: Any = answer.get("ConsumedCapacity")
    units = consumed.get("CapacityUnits") if isinstance(consumed, dict) else None
    return float(units) if isinstance(units, int | float) else 1.0


def _without_values(failure: Failure, operation: str, table: str) -> Failure:
    """FAILURE of OPERATION without texts that may repeat values of items."""
    if failure.code in _TEXTS_WITHOUT_VALUES:
        return replace(failure)
    return replace(
        failure,
        message=f"{operation} of table {table} failed: the endpoint reports {failure.reason}",
        field_violations=(),
        precondition_violations=(),
    )
