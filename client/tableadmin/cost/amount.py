"""Amounts of US dollars that are known exactly, within bounds, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

_CENT = Decimal("0.01")
_Word: TypeAlias = Callable[[Decimal], str]


@dataclass(frozen=True)
class Amount:
    """An amount of US dollars between LOW and HIGH. None is a bound that is not known."""

    low: Decimal | None
    high: Decimal | None

    @property
    def is_exact(self) -> bool:
        """Whether the amount is known, and is not a range."""
        return self.low is not None and self.low == self.high

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of the amount: there is no high bound, and the low bound says nothing."""
        return self.high is None and not self.low

    def __add__(self, other: Amount) -> Amount:
        """The sum. A bound of the sum is not known where a bound of one amount is not known."""
        return Amount(_sum(self.low, other.low), _sum(self.high, other.high))

    def __str__(self) -> str:
        """The amount in words: `$1.50`, `$1.00 to $2.00`, `at least $1.00`, `at most $2.00`, `unknown`."""
        return _in_words(self, _dollars)

    def as_increase(self) -> str:
        """The amount as a difference: `+$1.50`, `at least +$1.00`, `unchanged`, `unknown increase`.

        A decrease without a high bound is `saves at most $1.00`, because the amount can be an increase.
        """
        if self == ZERO:
            return "unchanged"
        if self == UNKNOWN:
            return "unknown increase"
        if self.low is None and self.high == 0:
            return "unknown decrease"
        if self.high is None and self.low is not None and self.low < 0:
            return f"saves at most {_dollars(-self.low)}"
        return _in_words(self, _signed)


ZERO = Amount(Decimal(0), Decimal(0))
UNKNOWN = Amount(Decimal(0), None)
"""What is charged and not known: zero or more."""


def exact(value: Decimal) -> Amount:
    """The known amount VALUE."""
    return Amount(value, value)


def total(amounts: Iterable[Amount]) -> Amount:
    """The sum of AMOUNTS."""
    return sum(amounts, start=ZERO)


def increase(before: Amount, after: Amount) -> Amount:
    """How much more AFTER is than BEFORE.

    The low bounds are compared with each other, and the high bounds with each other: auto scaling that keeps
    the capacity low keeps it low before and after.
    """
    if None not in (before.low, before.high, after.low, after.high):
        ends = (_difference(before.low, after.low), _difference(before.high, after.high))
        return Amount(min(ends), max(ends))
    low = None if before.high is None else _less(after.low, before.high)
    high = None if after.high is None else _less(after.high, before.low)
    return Amount(low, high)


def _difference(before: Decimal | None, after: Decimal | None) -> Decimal:
    return (after or Decimal(0)) - (before or Decimal(0))


def _less(value: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if value is None or other is None else value - other


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _in_words(amount: Amount, word: _Word) -> str:
    low, high = amount.low, amount.high
    if amount.is_unknown or (low is None and high is None):
        return "unknown"
    if low is None:
        return f"at most {word(high or Decimal(0))}"
    if high is None:
        return f"more than {word(Decimal(0))}" if 0 < low < _CENT / 2 else f"at least {word(low)}"
    return word(low) if word(low) == word(high) else f"{word(low)} to {word(high)}"


def _dollars(value: Decimal) -> str:
    """VALUE to the cent. What is more than nothing and less than half a cent is not shown as nothing."""
    if 0 < value < _CENT / 2:
        return "<$0.01"
    sign = "-" if value < 0 else ""
    return f"{sign}${abs(value).quantize(_CENT, ROUND_HALF_UP):,}"


def _signed(value: Decimal) -> str:
    return f"{'-' if value < 0 else '+'}{_dollars(abs(value))}"
