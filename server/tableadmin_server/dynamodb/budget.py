"""How many calls a second an endpoint is asked for on nobody's direct behalf."""

import asyncio
import time
from collections.abc import Mapping
from types import MappingProxyType

from tableadmin_server.dynamodb.support import is_aws

# Calls a second that AWS takes of single operations, of an account in a region, as it documents them:
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
# How much of that is not left to callers.
_SHARE = 0.8


def operation_rates(endpoint_url: str | None) -> Mapping[str, float]:
    """Calls a second to be made of single operations at ENDPOINT_URL: AWS limits some, engines none."""
    return (
        {operation: rate * _SHARE for operation, rate in _AWS_RATES.items()} if is_aws(endpoint_url) else {}
    )


class CallBudget:
    """Spaces calls evenly at RATE a second; what was not used for BURST seconds may be used at once."""

    def __init__(self, rate: float, burst: float = 1.0) -> None:
        self._rate = rate
        self._burst_seconds = burst
        self.share(1)
        self._next = 0.0
        # Those in the line, and the patient who wait to be in it.
        self.waiting = 0
        # Only the first in the line has a turn to wait for: whoever leaves the line takes none along.
        self._line = asyncio.Lock()
        # Only the first of the patient is in the line.
        self._patient = asyncio.Lock()

    def share(self, servers: int) -> None:
        """Allow one of SERVERS equal parts of the rate."""
        self.spacing = servers / self._rate
        self._burst = max(0.0, self._burst_seconds - self.spacing)

    async def take(self, *, patient: bool = False) -> None:
        """Return when one more call may be made; those who wait get their turns in the order they came.

        The PATIENT let others go first.
        """
        self.waiting += 1
        try:
            if not patient:
                await self._take()
                return
            async with self._patient:
                await self._take()
        finally:
            self.waiting -= 1

    def used(self, now: float) -> float:
        """The part of the burst that is used up at the moment NOW, from 0 to 1."""
        whole = self._burst + self.spacing
        return min(1.0, max(0.0, self._next - (now - self._burst)) / whole)

    async def _take(self) -> None:
        async with self._line:
            now = asyncio.get_running_loop().time()
            turn = max(self._next, now - self._burst)
            if turn > now:
                await asyncio.sleep(turn - now)
            self._next = turn + self.spacing


class Budgets:
    """The budget of all calls, RATE a second, and those of single operations, spaced without exception."""

    def __init__(self, rate: float, operation_rates: Mapping[str, float] = MappingProxyType({})) -> None:
        self._all = CallBudget(rate)
        self._single = {name: CallBudget(each, burst=0.0) for name, each in operation_rates.items()}

    @property
    def used(self) -> float:
        """The part of a second's calls that is used up, from 0 to 1; may be asked in any thread."""
        return self._all.used(time.monotonic())

    @property
    def waiting(self) -> int:
        """The calls that wait for their turn."""
        return self._all.waiting + sum(each.waiting for each in self._single.values())

    def share(self, servers: int) -> None:
        """Allow one of SERVERS equal parts of each rate: the endpoint counts the calls of all servers."""
        for budget in (self._all, *self._single.values()):
            budget.share(servers)

    def spacing(self, operation: str) -> float:
        """Seconds from one call of OPERATION to the next, where it has a budget of its own; else 0."""
        single = self._single.get(operation)
        return 0.0 if single is None else single.spacing

    async def take(self, operation: str, *, patient: bool = False) -> None:
        """Return when one more call of OPERATION may be made; the PATIENT let others go first."""
        single = self._single.get(operation)
        if single is not None:
            await single.take(patient=patient)
        await self._all.take(patient=patient)
