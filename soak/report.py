"""What the soak has found, as text and as JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from soak.leaks import Sample

_MB = 1 << 20
_SHOWN = 20


@dataclass
class Report:
    """Everything that is told. PROBLEMS is empty if all went well."""

    seconds: float
    seed: int
    # By the kind of call: code and reason with their number, the median and the 99th percentile in seconds.
    calls: Mapping[str, Mapping[str, int]]
    latencies: Mapping[str, tuple[float, float]]
    faults: Mapping[str, int]
    checks: Mapping[str, int]
    # What was passed on to the engine: accepted, refused, and nobody knows.
    changes: Mapping[str, int]
    operations: Mapping[str, int]
    # What each server logged as an error.
    logged: Mapping[str, Mapping[str, int]]
    before: Sample
    after: Sample
    memory_slope: float
    left_out: list[str] = field(default_factory=list)
    lost_or_doubled: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled, leaked or otherwise wrong."""
        return not (self.lost_or_doubled or self.leaks or self.problems)

    def write(self, path: Path) -> None:
        """Write all of it as JSON."""
        path.write_text(json.dumps({**msgspec.to_builtins(self), "is_good": self.is_good}, indent=2) + "\n")

    def lines(self) -> Iterator[str]:
        """All of it as text."""
        yield f"Soak of {self.seconds:.0f} s, seed {self.seed}"
        yield ""
        yield f"{'calls':24}{'code and reason':52}{'number':>9}{'p50 s':>9}{'p99 s':>9}"
        for kind, ends in sorted(self.calls.items()):
            yield from self._call_lines(kind, ends)
        for title, counts in (
            ("faults", self.faults),
            ("checks", self.checks),
            ("changes at the engine", self.changes),
            ("operations", self.operations),
            *((f"errors in the log of server {name}", counts) for name, counts in self.logged.items()),
        ):
            yield from _counts(title, counts)
        yield from self._held()
        for title, texts in (
            ("left out", self.left_out),
            ("lost or doubled effects", self.lost_or_doubled),
            ("leaks", self.leaks),
            ("other problems", self.problems),
        ):
            yield from _texts(title, texts)
        yield ""
        yield "PASS" if self.is_good else "FAIL"

    def _call_lines(self, kind: str, ends: Mapping[str, int]) -> Iterator[str]:
        half, most = self.latencies[kind]
        seconds = f"{half:9.3f}{most:9.3f}"
        for end, number in sorted(ends.items(), key=lambda each: -each[1]):
            yield f"{kind:24}{end:52}{number:9}{seconds}"
            kind = seconds = ""

    def _held(self) -> Iterator[str]:
        yield ""
        yield f"{'held by the first server':32}{'before':>10}{'after':>10}"
        yield f"{'memory, MB':32}{self.before.memory / _MB:10.1f}{self.after.memory / _MB:10.1f}"
        for name in ("tasks", "threads", "descriptors"):
            yield f"{name:32}{getattr(self.before, name):10}{getattr(self.after, name):10}"
        yield f"memory grows by {self.memory_slope / _MB:.1f} MB an hour in the second half"


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    yield ""
    yield f"{title}{'' if counts else ': none'}"
    for name, number in sorted(counts.items()):
        yield f"  {name:74}{number:9}"


def _texts(title: str, texts: Iterable[str]) -> Iterator[str]:
    found = list(texts)
    yield ""
    yield f"{title}: {len(found) or 'none'}"
    yield from (f"  {each[:400]}" for each in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"  and {len(found) - _SHOWN} more, all in the JSON"
