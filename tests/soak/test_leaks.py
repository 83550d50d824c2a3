"""What `make soak` takes for a leak."""

from dataclasses import replace

import pytest

from soak.leaks import Sample, leaks, slope

MB = 1 << 20
BEFORE = Sample(memory=120 * MB, tasks=20, threads=20, descriptors=30)


def test_pools_and_allocators_keep_something() -> None:
    """What pools and allocators keep is no leak."""
    after = Sample(memory=130 * MB, tasks=22, threads=36, descriptors=60)
    assert [] == list(leaks(BEFORE, after))


@pytest.mark.parametrize(
    ("kind", "held"), [("memory", 150 * MB), ("tasks", 30), ("threads", 60), ("descriptors", 100)]
)
def test_a_leak(kind: str, held: int) -> None:
    """More than that is a leak, and its kind is named."""
    (text,) = leaks(BEFORE, replace(BEFORE, **{kind: held}))
    assert text.startswith(kind)


def test_slope() -> None:
    """Memory that grows by a byte a second grows by 3,600 an hour."""
    assert slope([(at, 100 + at) for at in range(10)]) == pytest.approx(3600)
    assert 0 == slope([(1, 100)])
