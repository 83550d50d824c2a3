"""The rate of background calls to an endpoint."""

import asyncio
import time
from collections.abc import Mapping
from types import MappingProxyType

from tableadmin_server.dynamodb.poll_order import PollOrder, PollPriority
from tableadmin_server.dynamodb.support import is_aws

# AWS's documented limits of single operations, in calls a second for an account in a region:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
_AWS_RATES: Mapping[str, float] = {
    "CreateBackup": 50,
    "DeleteBackup": 10,
    "DescribeBackup": 10,
    "DescribeContinuousBackups": 10,
    "ListBackups": 5,
    "ListTagsOfResource": 10,
    "RestoreTableFromBackup": 10,
    "TagResource": 5,
    "UntagResource": 5,
}
# The part of these limits that background calls use. The rest is for callers.
_SHARE = 0.8


def operation_rates(endpoint_url: str | None) -> Mapping[str, float]:
    """Return the calls a second allowed for single operations at ENDPOINT_URL. Only AWS has limits."""
    return (
        {operation: rate * _SHARE for operation, rate in _AWS_RATES.items()} if is_aws(endpoint_url) else {}
    )


class CallBudget:
    """Spaces calls evenly at RATE a second. The unused calls of BURST seconds may be made at once."""

    def __init__(self, rate: float, burst: float = 1.0) -> None:
        self._rate = rate
        self._burst_seconds = burst
        self.share(1)
        self._next = 0.0
        # The number of calls that wait.
        self.waiting = 0
        # Only the first call in the queue waits for its time, so a cancelled call uses up none.
        self._queue = asyncio.Lock()
        # Only the first poll is in the queue.
        self._polls = PollOrder(1)

    def share(self, servers: int) -> None:
        """Use 1/SERVERS of the rate."""
        self.spacing = servers / self._rate
        self._burst = max(0.0, self._burst_seconds - self.spacing)

    async def take(self, poll: PollPriority | None = None) -> None:
        """Wait until one more call may be made. First come, first served.

        Polls let all other calls go first. POLL is the priority of a poll, None for another call.
        """
        if not self.waiting and self._take_now():
            return
        self.waiting += 1
        try:
            if poll is None:
                await self._take()
                return
            await self._polls.take(poll)
            try:
                await self._take()
            finally:
                self._polls.release()
        finally:
            self.waiting -= 1

    def used(self, now: float) -> float:
        """Return the used part of the burst at the time NOW, from 0 to 1."""
        whole = self._burst + self.spacing
        return min(1.0, max(0.0, self._next - (now - self._burst)) / whole)

    def _take_now(self) -> bool:
        """Take a call if one may be made now. Returns whether it was taken."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next, now - self._burst)
        if turn > now:
            return False
        self._next = turn + self.spacing
        return True

    async def _take(self) -> None:
        async with self._queue:
            if not self._take_now():
                await asyncio.sleep(self._next - asyncio.get_running_loop().time())
                self._next += self.spacing


class Budgets:
    """The budget of all calls, RATE a second, and the budgets of single operations, without bursts."""

    def __init__(self, rate: float, operation_rates: Mapping[str, float] = MappingProxyType({})) -> None:
        self._all = CallBudget(rate)
        self._single = {name: CallBudget(each, burst=0.0) for name, each in operation_rates.items()}

    @property
    def used(self) -> float:
        """The used part of a second's calls, from 0 to 1. Any thread may read this."""
        return self._all.used(time.monotonic())

    @property
    def waiting(self) -> int:
        """The number of calls that wait."""
        return self._all.waiting + sum(each.waiting for each in self._single.values())

    def share(self, servers: int) -> None:
        """Use 1/SERVERS of each rate, because the endpoint counts the calls of all servers."""
        for budget in (self._all, *self._single.values()):
            budget.share(servers)

    def spacing(self, operation: str) -> float:
        """Return the seconds between two calls of OPERATION if it has its own budget, else 0."""
        single = self._single.get(operation)
        return 0.0 if single is None else single.spacing

    async def take(self, operation: str, poll: PollPriority | None = None) -> None:
        """Wait until one more call of OPERATION may be made. POLL is the priority of a poll, None for others.

        Polls let all other calls go first.
        """
        single = self._single.get(operation)
        if single is not None:
            await single.take(poll)
        await self._all.take(poll)
