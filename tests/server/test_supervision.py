"""Background work that goes on whatever happens to it."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from tableadmin_server import supervision
from tableadmin_server.supervision import BOUND, Supervisor
from tests.watching.harness.wire import until


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(supervision, "_FIRST_DELAY", 0.0)


class Work:
    """Work that fails as long as there are FAILURES left."""

    def __init__(self, failures: float = float("inf")) -> None:
        self.failures = failures
        self.rounds = 0
        self.done = asyncio.Event()

    async def __call__(self) -> str:
        """Fail, or say how it went."""
        self.rounds += 1
        await asyncio.sleep(0)
        if self.failures > 0:
            self.failures -= 1
            raise KeyError("Attributes")
        self.done.set()
        return "done"

    async def round(self) -> None:
        """The same, as one round of a loop."""
        await self()


@contextlib.contextmanager
def looping(supervisor: Supervisor, work: Work) -> Iterator["asyncio.Task[None]"]:
    """WORK, repeated."""
    task = asyncio.create_task(supervisor.repeat("a loop", work.round))
    try:
        yield task
    finally:
        task.cancel()


async def failed(work: Work, rounds: int) -> None:
    """Return when WORK has begun with one more than ROUNDS."""
    await until(lambda: work.rounds > rounds)


async def test_goes_on() -> None:
    """A failure is logged with the name of the loop, and the loop goes on."""
    work = Work()
    with capture_logs() as logs, looping(Supervisor(), work):
        await failed(work, 2)
        work.failures = 0
        await asyncio.wait_for(work.done.wait(), 60)
        await asyncio.sleep(0)
    assert [("background loop failed", "a loop", 1), ("background loop failed", "a loop", 2)] == [
        (each["event"], each["loop"], each["failures"]) for each in logs[:2]
    ]
    assert "background loop recovered" == logs[-1]["event"]


@pytest.mark.parametrize(("failures", "expected"), [(BOUND - 1, []), (BOUND, [False, True])])
async def test_health(failures: int, expected: list[bool]) -> None:
    """BOUND failures in a row are told once, and so is the first success after them."""
    told: list[bool] = []
    work = Work(failures)
    with looping(Supervisor(told.append), work):
        await asyncio.wait_for(work.done.wait(), 60)
        await asyncio.sleep(0)
    assert expected == told


async def test_every_loop_counts() -> None:
    """The server is healthy again when the last loop that failed is well, or has ended."""
    told: list[bool] = []
    supervisor, first, second = Supervisor(told.append), Work(), Work()
    with looping(supervisor, first), looping(supervisor, second) as ended:
        await failed(first, BOUND)
        await failed(second, BOUND)
        first.failures = 0
        await asyncio.wait_for(first.done.wait(), 60)
        await asyncio.sleep(0.01)
        assert [False] == told
        ended.cancel()
        await asyncio.wait({ended})
        assert [False, True] == told


async def test_complete() -> None:
    """Work that is to be done once is tried until it is done."""
    work = Work()
    completing = asyncio.create_task(Supervisor().complete("a piece of work", work))
    await failed(work, 3)
    work.failures = 0
    assert "done" == await asyncio.wait_for(completing, 60)


async def test_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays double from failure to failure, up to the longest."""
    monkeypatch.setattr(supervision, "_FIRST_DELAY", 0.001)
    work = Work()
    task = asyncio.create_task(Supervisor().repeat("a loop", work.round, longest_delay=0.004))
    with capture_logs() as logs:
        await failed(work, 60)
    task.cancel()
    assert [0.001, 0.002, 0.004, 0.004] == [each["retry_in"] for each in logs][:4]
