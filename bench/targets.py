"""What the figures have to be, whatever the machine: ratios of what was measured in one run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.parts import sharing
from bench.parts.describing import CALLERS, Described
from bench.parts.inventory import COUNT, THREADS, Inventory
from bench.parts.listing import Listing
from bench.parts.reading import Reading
from bench.parts.sharing import Sharing
from bench.parts.watching import FEW, MANY, MOST, Watching

_KB = 1024


@dataclass(frozen=True)
class Target:
    """A ratio and its bound, which it must not exceed, or must at least reach."""

    text: str
    ratio: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the ratio keeps its bound."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def call_targets(described: Described, reading: Reading, listing: Listing) -> Iterator[Target]:
    """Of calls; a call of the service is compared with a call of boto3 by as many callers."""
    for callers in CALLERS:
        yield Target(
            f"CPU of a call, service / boto3, callers: {callers}",
            described["service", callers].cpu / described["boto3", callers].cpu,
            # Many callers share threads and connections of the service.
            1.2 if callers == 1 else 0.8,
        )
    yield Target(
        "p50 of (service - boto3) / echo, callers: 1",
        (described["service", 1].p50 - described["boto3", 1].p50) / described["echo", 1].p50,
        1.2,
    )
    yield Target("ParseDict / compiled reader", reading.parse_dict / reading.compiled, 8, at_least=True)
    yield Target("tablectl table list / aws dynamodb list-tables", listing.tablectl / listing.aws, 0.33)


def sharing_targets(measured: Sharing) -> Iterator[Target]:
    """Of callers who describe one table."""
    rate = measured.figures["service", sharing.CALLERS].rate
    boto3 = measured.figures["boto3", sharing.THREADS].rate
    echo = measured.figures["echo", sharing.CALLERS].rate
    callers = f"one table, {sharing.CALLERS} callers"
    yield Target(f"{callers}: calls/s / boto3, {sharing.THREADS} threads", rate / boto3, 4, at_least=True)
    yield Target(f"{callers}: calls/s / echo", rate / echo, 0.8, at_least=True)
    yield Target(f"{callers}: calls to the engine / requests", measured.calls / measured.requests, 1 / 8)


def watching_targets(measured: Sequence[Watching]) -> Iterator[Target]:
    """Of watchers: few, many, and twice the most that there may be."""
    few, many, most, again = measured
    lag = max(seen.lag / seen.interval for seen in many.changes)
    errors = len(most.errors) + len(again.errors)
    yield Target(f"{MANY} watchers: calls at rest / those of {FEW}", many.calls / few.calls, 1.1)
    yield Target(f"{MANY} watchers: worst (last event - change) / poll interval", lag, 2)
    yield Target(f"{MANY} watchers: KB of memory each", (many.during - many.before) / MANY / _KB, 25)
    yield Target(f"{MOST} watchers, twice: errors", errors, 0)
    # What allocators keep is used again: a leak shows in the second peak.
    yield Target(f"{MOST} watchers: memory with the second / the first", again.during / most.during, 1.05)
    yield Target(f"{MOST} watchers, twice: memory after / before any", again.after / few.before, 1.25)


def image_targets(measured: Sequence[Watching]) -> Iterator[Target]:
    """Of watchers with the allocator of the image; nothing where they were not measured."""
    if measured:
        few, most, again = measured
        memory = again.after / few.before
        yield Target(
            f"{MOST} watchers, twice, allocator of the image: memory after / before any", memory, 1.5
        )
        errors = len(most.errors) + len(again.errors)
        yield Target(f"{MOST} watchers, twice, allocator of the image: errors", errors, 0)


def inventory_targets(inventory: Inventory) -> Iterator[Target]:
    """Of the inventory."""
    yield Target(f"inventory of {COUNT}: Watch / boto3 one by one", inventory.service / inventory.loop, 0.35)
    yield Target(
        f"inventory of {COUNT}: Watch / boto3, {THREADS} threads", inventory.service / inventory.threads, 1
    )
