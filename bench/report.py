"""The figures as plain text."""

from collections.abc import Iterable, Iterator, Sequence

from bench.parts.describing import Described
from bench.parts.inventory import COUNT, THREADS, Inventory
from bench.parts.listing import Listing
from bench.parts.reading import Reading
from bench.parts.sharing import Sharing
from bench.parts.watching import Watching
from bench.targets import Target

_MB = 1e6


def describing_lines(described: Described) -> Iterator[str]:
    """A line for each contender at each number of callers."""
    yield "DescribeTable, a table for each caller; CPU is of the server's process, boto3's of the caller's"
    yield from figures_lines(described)


def sharing_lines(sharing: Sharing) -> Iterator[str]:
    """The same for callers of one table, and what reached the engine."""
    yield "DescribeTable, one table for all callers; the echo carries as many bytes"
    yield from figures_lines(sharing.figures)
    yield f"by itself: {sharing.requests} requests, {sharing.calls} calls to the engine by the ids it gave"


def watching_lines(measured: Iterable[Watching]) -> Iterator[str]:
    """A line for each number of watchers, and one for each change."""
    yield "Watch, one table for all watchers, 100 streams a connection; memory (PSS) is the server's, in MB"
    heads = f"{'before':>9}{'during':>9}{'5 s after':>11}{'errors':>8}"
    yield f"{'watchers':>8}{'joined s':>10}{'calls at rest':>15}{heads}"
    for it in measured:
        sizes = f"{it.before / _MB:9.1f}{it.during / _MB:9.1f}{it.after / _MB:11.1f}"
        yield f"{it.watchers:8}{it.joining:10.2f}{it.calls:15}{sizes}{len(it.errors):8}{_first(it.errors)}"
        for seen in it.changes:
            yield f"{'':8}a change is seen by all after {seen.lag:.3f} s, poll interval {seen.interval:.3f} s"


def image_lines(measured: Sequence[Watching]) -> Iterator[str]:
    """The watchers with the allocator of the image, or why there are none."""
    if not measured:
        yield "Watch with the allocator of the image: not measured, this machine has no libjemalloc2"
        return
    yield "With the allocator of the image:"
    yield from watching_lines(measured)


def inventory_lines(inventory: Inventory) -> Iterator[str]:
    """The three ways to take stock."""
    yield f"Inventory of {COUNT} tables on the embedded engine, s"
    yield f"{'Watch, snapshot_only':24}{inventory.service:8.2f}"
    yield f"{'boto3, one by one':24}{inventory.loop:8.2f}"
    yield f"{f'boto3, {THREADS} threads':24}{inventory.threads:8.2f}"


def reading_lines(reading: Reading) -> Iterator[str]:
    """The two ways from a dict to a message."""
    yield "A message from the answer of DescribeTable, us"
    yield f"{'compiled reader':24}{reading.compiled:8.1f}"
    yield f"{'json_format.ParseDict':24}{reading.parse_dict:8.1f}"


def listing_lines(listing: Listing) -> Iterator[str]:
    """The two commands that list tables."""
    yield "Listing the tables, process from start to end, ms"
    yield f"{'tablectl table list':24}{listing.tablectl:8.0f}"
    yield f"{'aws dynamodb list-tables':24}{listing.aws:8.0f}"


def target_lines(targets: Iterable[Target]) -> Iterator[str]:
    """A line for each target, with its verdict."""
    yield "Targets"
    for target in targets:
        sign = ">=" if target.at_least else "<="
        verdict = "PASS" if target.met else "MISS"
        yield f"{target.text:60}{target.ratio:8.2f}  {sign} {target.bound:<6g}{verdict}"


def figures_lines(figures: Described) -> Iterator[str]:
    """A line for each contender at each number of callers."""
    yield f"{'':10}{'callers':>8}{'calls/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms/call':>13}"
    for (name, callers), it in figures.items():
        yield f"{name:10}{callers:8}{it.rate:10.0f}{it.p50:10.2f}{it.p99:10.2f}{it.cpu:13.3f}"


def _first(errors: Sequence[str]) -> str:
    return f"  {errors[0]}" if errors else ""
