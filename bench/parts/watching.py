"""Watchers of one table by the thousand: what the engine is asked, when they see a change, what they cost."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.load.allocator import allocator_of_the_image
from bench.load.channels import ClientFiles
from bench.load.counting import Counter, counting
from bench.load.load import load_process
from bench.load.memory import memory
from bench.load.tables import NAMES
from bench.load.watch_load import Change, Watched, WatchLoad
from tests.engines.engine import REGION, Engine
from tests.server_process import ServerProcess, running_server

FEW, MANY, MOST = 1, 1_000, 10_000

# Seconds in which nothing changes. The poll interval grows by half from 0.25 s to 15 s, so that polls fall
# due 8.1 s and 12.3 s after a change: the window ends far from either.
_REST = 9.5
# Changes one after another: the first meets a poll loop that has slowed down, the others a fast one.
_CHANGES = 5
_AFTERWARDS = 5.0


@dataclass(frozen=True)
class Seen:
    """A change: seconds until the last watcher saw it, and the poll interval in which it was made."""

    lag: float
    interval: float


@dataclass(frozen=True)
class Watching:
    """What so many watchers came to.

    Seconds until all had joined; calls that the engine got in a window of rest; each change; bytes of the
    server's memory before, with all of them and some seconds after; and what went wrong.
    """

    watchers: int
    joining: float
    calls: int
    changes: Sequence[Seen]
    before: int
    during: int
    after: int
    errors: Sequence[str]


def _flags(engine: Engine) -> tuple[str, ...]:
    return "--endpoint-url", engine.url, "--region", REGION, "--operations-table", ""


def measure_watching(engine: Engine) -> list[Watching]:
    """One watcher, many, and twice the most that there may be, of one server process in turn."""
    with (
        counting(engine) as counter,
        running_server(*_flags(counter.engine), fresh=True) as server,
    ):
        return [
            _measured(counter, server, engine, watchers, rest, changes)
            for watchers, rest, changes in (
                (FEW, _REST, _CHANGES),
                (MANY, _REST, _CHANGES),
                (MOST, 0.0, 1),
                (MOST, 0.0, 1),
            )
        ]


def measure_watching_in_image(engine: Engine) -> list[Watching]:
    """One watcher, and twice the most that there may be, with the allocator of the image.

    An empty list where this machine does not have that allocator.
    """
    allocator = allocator_of_the_image()
    if allocator is None:
        return []
    with running_server(*_flags(engine), fresh=True, env=allocator) as server:
        return [_run(server, engine, watchers, 0.0, 1, None)[0] for watchers in (FEW, MOST, MOST)]


def measure_most(server: ServerProcess, engine: Engine, files: ClientFiles) -> Watching:
    """The most watchers that there may be, with mutual TLS, and one change."""
    return _run(server, engine, MOST, 0.0, 1, files)[0]


def _measured(
    counter: Counter, server: ServerProcess, engine: Engine, watchers: int, rest: float, changes: int
) -> Watching:
    seen, watched = _run(server, engine, watchers, rest, changes, None)
    return replace(seen, calls=len(counter.between(*watched.rest)), changes=list(_seen(watched, counter)))


def _run(  # all that a run depends on
    server: ServerProcess,
    engine: Engine,
    watchers: int,
    rest: float,
    changes: int,
    files: ClientFiles | None,
) -> tuple[Watching, Watched]:
    """What the watchers came to, without what a counter knows, and what they saw."""
    pid = server.process.pid
    with load_process() as process:
        load = WatchLoad(server.address, pid, engine, NAMES[0], files)
        before = memory(pid)
        watched = process.submit(load, watchers, rest, changes).result()
    time.sleep(_AFTERWARDS)
    seen = Watching(
        watchers,
        joining=watched.joined - watched.opened,
        calls=0,
        changes=(),
        before=before,
        during=watched.memory,
        after=memory(pid),
        errors=watched.errors,
    )
    return seen, watched


def _seen(watched: Watched, counter: Counter) -> Iterator[Seen]:
    polls = [each.at for each in counter.asked if each.operation == "DescribeTable"]
    for change in watched.changes:
        yield Seen(change.seen - change.made, _interval(polls, change))


def _interval(polls: Sequence[float], change: Change) -> float:
    """From the last poll before the change to the first one after it."""
    before = max((at for at in polls if at <= change.made), default=change.made)
    return min((at for at in polls if at > change.made), default=change.seen) - before
