"""A soak from its beginning to its end."""

import asyncio
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from soak import effects
from soak.clock import Clock
from soak.journal import Journal
from soak.leaks import Sample, leaks, slope
from soak.load.callers import Callers
from soak.load.load import Load
from soak.replica import Replica
from soak.report import Report
from soak.setting import Setting, running
from tableadmin import v1
from tableadmin.errors import TableAdminError

# The part of the time in which nothing is broken, before what a server holds is measured first.
_WARM_UP = 0.25
_CALM_SECONDS = 5.0
_REST_SECONDS = 5.0
_SAMPLE_SECONDS = 5.0
# Times that the operations are asked for when all is well again.
_TRIES = 20
# What watchers take at most to see the last state: a poll after the longest interval, and a resumption.
_WATCH_SECONDS = 60.0
# A background loop fails by a defect alone; an endpoint that does not answer is not such a failure.
_DEFECT = "background loop failed"


async def soak(seconds: float, seed: int, logs: Path) -> Report:
    """Load and faults for so many SECONDS, and what came of them.

    What servers log goes to the folder LOGS.
    """
    async with running(seed, logs) as setting:
        callers, first = setting.callers, setting.replicas[0]
        load = Load(callers)
        load.start("early-")
        await asyncio.sleep(seconds * _WARM_UP)
        _say("callers stop")
        await load.stop()
        before = await _at_rest(load, first)
        load.start("late-")
        memory = await _broken(setting, seconds * (1 - _WARM_UP))
        _say("nothing is broken any more; callers stop")
        await load.stop()
        _say("watchers see the last state")
        problems = await _watched(setting, load)
        after = await _at_rest(load, first)
        _say("effects are compared")
        operations = await _operations(callers)
        found = await asyncio.to_thread(setting.tables)
        ledger, journal = callers.ledger, callers.journal
        lost = [
            *effects.doubled(ledger),
            *effects.of_callers(journal.told, ledger),
            *effects.of_operations(operations, ledger),
            *effects.of_tables(found, ledger),
        ]
        for each in setting.replicas:
            code = await asyncio.to_thread(each.stop, signal.SIGTERM)
            if code != 0:
                problems.append(f"server {each.name} ended with the exit code {code} after SIGTERM")
    return Report(
        seconds=seconds,
        seed=seed,
        calls=_calls(journal),
        latencies={kind: _quantiles(each) for kind, each in journal.seconds.items()},
        faults=setting.faults.done,
        checks=journal.checks,
        changes=Counter(_FATES[each.accepted] for each in ledger.all()),
        operations=Counter(_state(each) for each in operations),
        logged={each.name: each.errors for each in setting.replicas},
        before=before,
        after=after,
        memory_slope=slope(memory[len(memory) // 2 :]),
        left_out=[] if Clock.can_be_wrong else ["clocks that are wrong: there is no C compiler (cc)"],
        lost_or_doubled=lost,
        leaks=list(leaks(before, after)),
        problems=[*problems, *journal.problems, *setting.faults.problems, *_defects(setting.replicas)],
    )


_FATES = {True: "accepted", False: "refused", None: "no answer of the engine"}


async def _broken(setting: Setting, seconds: float) -> Sequence[tuple[float, int]]:
    """Break things for so many SECONDS, and leave all as it should be; the memory of the first server."""
    breaking = asyncio.create_task(setting.faults.go_on())
    samples = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not breaking.done():
        await asyncio.sleep(_SAMPLE_SECONDS)
        sample = await _sampled(setting.replicas[0])
        if sample is not None:
            samples.append((time.monotonic(), sample.memory))
    breaking.cancel()
    await asyncio.wait({breaking})
    if not breaking.cancelled():
        breaking.result()
    await asyncio.sleep(_CALM_SECONDS)
    return samples


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


async def _sampled(replica: Replica) -> Sample | None:
    """What REPLICA holds; None while it is frozen."""
    try:
        return await asyncio.to_thread(replica.sample)
    except OSError:
        return None


async def _at_rest(load: Load, replica: Replica) -> Sample:
    """What REPLICA holds when nobody calls or watches."""
    await load.stop_watching()
    await asyncio.sleep(_REST_SECONDS)
    return await asyncio.to_thread(replica.sample)


async def _watched(setting: Setting, load: Load) -> list[str]:
    """Where watchers were not told the last state of the tables."""
    found = await asyncio.to_thread(setting.tables)
    end = time.monotonic() + _WATCH_SECONDS
    while any(each.differences(found) for each in load.watchers) and time.monotonic() < end:  # noqa: ASYNC110 - several are waited for
        await asyncio.sleep(0.5)
    return [
        f"lost: the watcher of {each.prefix!r} was told {told} of {name}, which is {shape}"
        for each in load.watchers
        for name, (told, shape) in each.differences(found).items()
    ]


async def _operations(callers: Callers) -> Sequence[v1.Operation]:
    """All operations."""
    client = callers.clients["olga"]

    async def listed() -> list[v1.Operation]:
        return [each async for each in client.list_operations(page_size=500)]

    for _ in range(_TRIES):
        answer = await callers.journal.ended("ListOperations", listed())
        if not isinstance(answer, TableAdminError):
            return answer
        await asyncio.sleep(1)
    return ()


def _defects(replicas: Sequence[Replica]) -> Iterator[str]:
    for replica in replicas:
        for logged, number in replica.errors.items():
            if logged.startswith((_DEFECT, "not JSON")):
                yield f"server {replica.name} has logged {number} times: {logged}"


def _calls(journal: Journal) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (kind, code, reason), number in journal.calls.items():
        found[kind][f"{code} {reason}".strip()] = number
    return dict(found)


def _quantiles(seconds: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def _state(operation: v1.Operation) -> str:
    return v1.OperationState.Name(operation.state).removeprefix("OPERATION_STATE_")
