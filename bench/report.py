"""The figures as plain text."""

from collections.abc import Iterable, Iterator

from bench.describing import Described
from bench.listing import Listing
from bench.reading import Reading
from bench.targets import Target


def describing_lines(described: Described) -> Iterator[str]:
    """A line for each contender at each number of callers."""
    yield "DescribeTable, a table for each caller; CPU is of the server's process, boto3's of the caller's"
    yield f"{'':10}{'callers':>8}{'calls/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms/call':>13}"
    for (name, callers), it in described.items():
        yield f"{name:10}{callers:8}{it.rate:10.0f}{it.p50:10.2f}{it.p99:10.2f}{it.cpu:13.3f}"


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
        yield f"{target.text:52}{target.ratio:8.2f}  {sign} {target.bound:<5}{verdict}"
