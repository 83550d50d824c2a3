"""Amounts: sums, differences, and how they read."""

from decimal import Decimal

import pytest

from tableadmin.cost import amount
from tableadmin.cost.amount import UNKNOWN, ZERO, Amount, exact


def between(low: str | None, high: str | None) -> Amount:
    """The amount with these bounds."""
    return Amount(None if low is None else Decimal(low), None if high is None else Decimal(high))


@pytest.mark.parametrize(
    ("found", "text", "difference"),
    [
        (exact(Decimal("1234.5")), "$1,234.50", "+$1,234.50"),
        (between("1", "2"), "$1.00 to $2.00", "+$1.00 to +$2.00"),
        (between("3", None), "at least $3.00", "at least +$3.00"),
        (between(None, "-3"), "at most -$3.00", "at most -$3.00"),
        (between("-3", None), "at least -$3.00", "saves at most $3.00"),
        (UNKNOWN, "unknown", "unknown increase"),
        (between(None, "0"), "at most $0.00", "unknown decrease"),
        (between(None, None), "unknown", "unknown"),
        (ZERO, "$0.00", "unchanged"),
        (exact(Decimal("0.001")), "<$0.01", "+<$0.01"),
        (between("0.001", None), "more than $0.00", "more than +$0.00"),
    ],
)
def test_an_amount_says_what_is_known(found: Amount, text: str, difference: str) -> None:
    """An amount is a number, a range, a bound, or unknown. It never reads as nothing if it is something."""
    assert str(found) == text
    assert found.as_increase() == difference


def test_a_sum_with_something_unknown_has_no_upper_bound() -> None:
    """The sum of $5 and something unknown is at least $5."""
    assert str(amount.total([exact(Decimal(5)), UNKNOWN])) == "at least $5.00"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (exact(Decimal(5)), exact(Decimal(2)), "-$3.00"),
        (between("1", "10"), between("2", "30"), "+$1.00 to +$20.00"),
        (between("1", "10"), exact(Decimal(5)), "-$5.00 to +$4.00"),
        (ZERO, UNKNOWN, "unknown increase"),
        (exact(Decimal(5)), UNKNOWN, "saves at most $5.00"),
        (UNKNOWN, exact(Decimal(5)), "at most +$5.00"),
        (UNKNOWN, UNKNOWN, "unknown"),
    ],
)
def test_an_increase_is_no_surer_than_what_it_is_between(
    before: Amount, after: Amount, expected: str
) -> None:
    """Low bounds are compared with low bounds. What is unknown before may have been anything."""
    assert amount.increase(before, after).as_increase() == expected
