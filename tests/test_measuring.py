"""The helpers with which tests measure time on a machine that may be slow or busy."""

import pytest

from tests.measuring import ROUNDS, async_first_that, first_that, is_cpu_time_less, least


def test_the_first_round_that_holds_is_the_last() -> None:
    """Rounds end with the first that holds, and after so many in any case."""
    numbers = iter(range(100))
    assert 2 == first_that(lambda: next(numbers), lambda number: number == 2)
    assert 2 + ROUNDS == first_that(lambda: next(numbers), lambda _: False)


async def test_rounds_that_are_awaited() -> None:
    """The same of what is awaited."""
    numbers = iter(range(100))

    async def act() -> int:
        return next(numbers)

    assert 2 == await async_first_that(act, lambda number: number == 2)
    assert 2 + ROUNDS == await async_first_that(act, lambda _: False)


def test_the_least_of_the_rounds() -> None:
    """What is long in each round is never short."""
    assert 1.0 == least(iter([5.0, 1.0, 0.0]).__next__, 2.0)
    assert 3.0 == least(iter([5.0, 3.0, 4.0, 5.0, 6.0]).__next__, 2.0)


def test_cpu_time_grows_with_the_slowness_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that needs three times as long for everything a bound is three times as high."""
    monkeypatch.setattr("tests.measuring._slowness", lambda: 3.0)
    assert is_cpu_time_less(0.9, 1.0)
    assert is_cpu_time_less(2.9, 1.0)
    assert not is_cpu_time_less(3.1, 1.0)
