"""What a process holds, before and after the load, and whether this has grown. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MB = 1 << 20
# Memory that may stay behind of a load: the allocator keeps what it has had.
_MEMORY_SHARE, _MEMORY_BYTES = 0.15, 16 * _MB
_TASKS = 4
# Threads and connections of pools are kept: 16 threads, and as many connections of each of two clients.
_THREADS, _DESCRIPTORS = 20, 40


@dataclass(frozen=True)
class Sample:
    """What a process holds: bytes of memory, asyncio tasks, threads, descriptors."""

    memory: int
    tasks: int
    threads: int
    descriptors: int


def leaks(before: Sample, after: Sample) -> Iterator[str]:
    """What a process holds AFTER the load, when nobody calls, that it did not hold BEFORE."""
    bounds = (
        ("memory", before.memory + max(before.memory * _MEMORY_SHARE, _MEMORY_BYTES)),
        ("tasks", before.tasks + _TASKS),
        ("threads", before.threads + _THREADS),
        ("descriptors", before.descriptors + _DESCRIPTORS),
    )
    for name, bound in bounds:
        held = getattr(after, name)
        if held > bound:
            yield f"{name}: {held}, and {getattr(before, name)} before; at most {bound:.0f}"


def slope(memory: Sequence[tuple[float, int]]) -> float:
    """The bytes an hour by which memory grows, by least squares over (seconds, bytes); 0 for one sample."""
    if len(memory) < 2:  # noqa: PLR2004 - a line has two points
        return 0.0
    mean_at = sum(at for at, _ in memory) / len(memory)
    mean = sum(size for _, size in memory) / len(memory)
    spread = sum((at - mean_at) ** 2 for at, _ in memory)
    return 3600 * sum((at - mean_at) * (size - mean) for at, size in memory) / spread
