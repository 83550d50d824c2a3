"""What the figures have to be, whatever the machine: ratios of what was measured in one run."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.describing import CALLERS, Described
from bench.listing import Listing
from bench.reading import Reading


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


def targets(described: Described, reading: Reading, listing: Listing) -> Iterator[Target]:
    """Every target; a call of the service is compared with a call of boto3 by as many callers."""
    for callers in CALLERS:
        yield Target(
            f"CPU of a call, service / boto3, callers: {callers}",
            described["service", callers].cpu / described["boto3", callers].cpu,
            1.35,
        )
    yield Target(
        "p50 of (service - boto3) / echo, callers: 1",
        (described["service", 1].p50 - described["boto3", 1].p50) / described["echo", 1].p50,
        1.6,
    )
    yield Target("ParseDict / compiled reader", reading.parse_dict / reading.compiled, 8, at_least=True)
    yield Target("tablectl table list / aws dynamodb list-tables", listing.tablectl / listing.aws, 0.40)
