"""What is broken, one fault after the other, in an order that the seed decides."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from soak.clock import Clock
from soak.configuration import LEASE, Configuration
from soak.engine import DurableEngine
from soak.proxy import Fault
from soak.replica import Replica

_SECONDS = {
    Fault.RESET: 3.0,
    Fault.REFUSE: 3.0,
    Fault.STALL: 4.0,
    Fault.BLACKHOLE: 6.0,
    Fault.SLOW: 5.0,
    Fault.LOSE_ANSWERS: 2.0,
    Fault.CUT: 2.0,
    Fault.PAGE: 2.0,
}
_CALM_SECONDS = 3.0
_BROKEN_POLICY = "permit (principal, action, resource"


@dataclass
class Faults:
    """Faults of ENGINE, of REPLICAS and of what lies between.

    The first replica lives from the beginning to the end, so that what it holds can be compared. The others
    are killed and stopped too.
    """

    engine: DurableEngine
    replicas: Sequence[Replica]
    configuration: Configuration
    rng: random.Random
    # How often each was done.
    done: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    async def go_on(self) -> None:
        """Do one after the other, with a moment without any after each, until cancelled."""
        for name, fault in self._in_turn():
            # A fault is always healed: whoever cancels waits for that.
            began = time.monotonic()
            await _whole(fault())
            print(f"{time.monotonic() - began:6.1f} s  {name}", flush=True)
            self.done[name] += 1
            await asyncio.sleep(_CALM_SECONDS)

    def _in_turn(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        kinds = list(self._kinds().items())
        while True:
            self.rng.shuffle(kinds)
            yield from kinds

    def _kinds(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        passing = {
            f"connections to the engine: {fault.name.lower().replace('_', ' ')}": self._passing(fault)
            for fault in _SECONDS
        }
        clocks = {"clock of a server moved": self._move_clock} if Clock.can_be_wrong else {}
        return {
            **passing,
            **clocks,
            "engine killed": self._restart_engine,
            "certificate replaced": self._reload_certificate,
            "policies replaced": self._reload_policies,
            "server killed": self._kill,
            "server stopped": self._stop,
            "server frozen past its lease": self._freeze,
        }

    def _passing(self, fault: Fault) -> Callable[[], Awaitable[None]]:
        async def broken() -> None:
            hit = self.rng.choice([self.replicas, [self._any()]])
            await asyncio.gather(*(each.proxy.breaks(fault, _SECONDS[fault]) for each in hit))

        return broken

    async def _restart_engine(self) -> None:
        self.engine.kill()
        await asyncio.sleep(self.rng.uniform(0, 3))
        await asyncio.to_thread(self.engine.start)

    async def _reload_certificate(self) -> None:
        self.configuration.reload_certificate()
        for each in self.replicas:
            each.send(signal.SIGHUP)

    async def _reload_policies(self) -> None:
        """Policies that can't be read leave the old ones in force."""
        self.configuration.reload_policies(_BROKEN_POLICY)
        await asyncio.sleep(2)
        self.configuration.reload_policies("// replaced")
        await asyncio.sleep(2)

    async def _kill(self) -> None:
        victim = self._mortal()
        await asyncio.to_thread(victim.stop, signal.SIGKILL)
        await asyncio.sleep(self.rng.uniform(0, LEASE))
        await asyncio.to_thread(victim.start)

    async def _stop(self) -> None:
        victim = self._mortal()
        code = await asyncio.to_thread(victim.stop, signal.SIGTERM)
        if code != 0:
            self.problems.append(f"server {victim.name} ended with the exit code {code} after SIGTERM")
        await asyncio.to_thread(victim.start)

    async def _freeze(self) -> None:
        victim = self._any()
        victim.send(signal.SIGSTOP)
        await asyncio.sleep(1.5 * LEASE)
        victim.send(signal.SIGCONT)

    async def _move_clock(self) -> None:
        self._any().clock.move(timedelta(minutes=self.rng.choice((-10, 0, 10))))

    def _any(self) -> Replica:
        return self.rng.choice(self.replicas)

    def _mortal(self) -> Replica:
        return self.rng.choice(self.replicas[1:])


async def _whole(work: Awaitable[None]) -> None:
    """Do all of WORK; whoever is cancelled meanwhile is cancelled afterwards."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
