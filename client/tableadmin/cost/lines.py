"""Lines of a table's cost: how much of what is used where, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tableadmin.cost.amount import UNKNOWN, Amount
from tableadmin.cost.prices import Price, Prices


class Quantity(NamedTuple):
    """How much is used, between LOW and HIGH; None where that is not known."""

    low: Decimal | None
    high: Decimal | None

    def times(self, factor: Decimal | int) -> Quantity:
        """FACTOR times as much."""
        return Quantity(*(None if each is None else each * factor for each in self))


NOT_KNOWN = Quantity(None, None)


def exact_amount(value: Decimal | int | None) -> Quantity:
    """Exactly VALUE; NOT_KNOWN for None."""
    return NOT_KNOWN if value is None else Quantity(Decimal(value), Decimal(value))


@dataclass(frozen=True)
class Line:
    """What a table costs in REGION for one thing, such as `provisioned reads`.

    INDEX is the name of the index, "" for the table itself. QUANTITY is in UNIT. NOTE says why the amount is
    not known, or where a known quantity is from; "" is for quantities of the table and of options.
    """

    region: str
    index: str
    what: str
    quantity: Quantity
    unit: str
    amount: Amount
    note: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """What the line is about. A table has one line for each place."""
        return self.region, self.index, self.what


@dataclass(frozen=True)
class PricedResource:
    """A table or an INDEX of it in a REGION, whose class may be Standard-IA (INFREQUENT), by PRICES."""

    prices: Prices
    region: str
    index: str = ""
    infrequent: bool = False

    def line(
        self,
        what: str,
        quantity: Quantity,
        unit: str,
        price: Price,
        *,
        missing: str,
        source: str = "",
        factor: Decimal | int = 1,
    ) -> Line:
        """WHAT costs QUANTITY (in UNIT) times FACTOR times PRICE.

        MISSING is noted of an unknown quantity, SOURCE of a known one.
        """
        rate = self.prices.of(price, self.region, infrequent=self.infrequent)
        if rate is None:
            return Line(self.region, self.index, what, quantity, unit, UNKNOWN, self._unpriced())
        low, high = quantity.times(rate * factor)
        note = missing if high is None else source
        return Line(self.region, self.index, what, quantity, unit, Amount(low or Decimal(0), high), note)

    def unpriced(self, what: str, quantity: Quantity, unit: str, note: str) -> Line:
        """WHAT costs something for which there is no price, as NOTE says."""
        return Line(self.region, self.index, what, quantity, unit, UNKNOWN, note)

    def _unpriced(self) -> str:
        if not self.region:
            return "the endpoint does not name a region"
        if self.region in self.prices.regions:
            return "no price in the price file"
        return f"no prices of {self.region}"
