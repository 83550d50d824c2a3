"""The numbers that are measured, not in the code: `python -m bench.simulation --measure` prints them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Calibration:
    """MB and KB of memory (PSS), seconds of a call, and what an operation does.

    `latency` is added to each interval: an interval begins when the call before has ended.
    """

    latency: float
    server_mb: float
    watcher_kb: float
    table_kb: float
    # Assumed: the calls of one operation that change its table, and the seconds until its end.
    operation_calls: int = 3
    operation_seconds: float = 60.0


# With Python 3.11 on 2 cores. The latency is that of AWS in the same region.
MEASURED = Calibration(latency=0.01, server_mb=68, watcher_kb=28.2, table_kb=31.1)
