"""What a round of calls measured, and the medians of rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Round:
    """One contender for a while: the latency of each call, the wall time and the CPU time, all in seconds.

    The CPU time is that of the process in question: the server of an RPC, the caller of boto3.
    """

    latencies: Sequence[float]
    wall: float
    cpu: float


@dataclass(frozen=True)
class Figures:
    """Calls a second, and milliseconds: latency at the 50th and 99th percentile, and CPU of a call."""

    rate: float
    p50: float
    p99: float
    cpu: float


def medians(rounds: Sequence[Round]) -> Figures:
    """The median of ROUNDS in each figure."""
    each = [_figures(one) for one in rounds]
    return Figures(
        rate=median(one.rate for one in each),
        p50=median(one.p50 for one in each),
        p99=median(one.p99 for one in each),
        cpu=median(one.cpu for one in each),
    )


def _figures(measured: Round) -> Figures:
    ordered = sorted(measured.latencies)
    calls = len(ordered)
    return Figures(
        rate=calls / measured.wall,
        p50=ordered[calls // 2] * 1e3,
        p99=ordered[calls * 99 // 100] * 1e3,
        cpu=measured.cpu / calls * 1e3,
    )
