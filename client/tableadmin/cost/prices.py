"""Prices of DynamoDB by region, from a file of our own or from a price list of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any


class Price(StrEnum):
    """What has a price: the usage types of AWS's bills, without the code of the region."""

    READ_CAPACITY = "ReadCapacityUnit-Hrs"
    WRITE_CAPACITY = "WriteCapacityUnit-Hrs"
    REPLICATED_WRITE_CAPACITY = "ReplWriteCapacityUnit-Hrs"
    READ_REQUEST = "ReadRequestUnits"
    WRITE_REQUEST = "WriteRequestUnits"
    REPLICATED_WRITE_REQUEST = "ReplWriteRequestUnits"
    STORAGE = "TimedStorage-ByteHrs"
    RECOVERY = "TimedPITRStorage-ByteHrs"
    RESTORE = "RestoreDataSize-Bytes"
    STREAM_READ = "Streams-Requests"
    CHANGE_CAPTURE = "ChangeDataCaptureUnits-Kinesis"
    # AWS charges for warm throughput. These are names of our own: the price list has no documented name.
    WARM_READ = "WarmReadUnits"
    WARM_WRITE = "WarmWriteUnits"


INFREQUENT = "IA-"
"""Begins the usage types of the table class Standard-IA."""

OF_CLASSES = frozenset(list(Price)[: list(Price).index(Price.RECOVERY)])
"""The prices that differ between table classes."""

USAGE_TYPES = frozenset({*map(str, Price), *(f"{INFREQUENT}{each}" for each in OF_CLASSES)})
"""All names of prices."""


LIST = "AWS price list of "
"""Begins the source of prices that are from a price list of AWS."""


class PriceError(Exception):
    """A file of prices that can't be used. The message says what to do."""


@dataclass(frozen=True)
class Prices:
    """US dollars by region and usage type, where they are from, and their date (`2026-05-01`)."""

    regions: Mapping[str, Mapping[str, Decimal]]
    source: str
    date: str

    def of(self, price: Price, region: str, *, infrequent: bool = False) -> Decimal | None:
        """What PRICE is in REGION, for tables of the class Standard-IA if INFREQUENT; None if not known."""
        prefix = INFREQUENT if infrequent and price in OF_CLASSES else ""
        return self.regions.get(region, {}).get(f"{prefix}{price}")

    @property
    def are_list_prices(self) -> bool:
        """Whether all prices are from price lists of AWS."""
        return all(each.startswith(LIST) for each in self.source.split("; "))

    def merged(self, other: Prices) -> Prices:
        """These prices, and those of OTHER, whose regions replace regions of these."""
        return Prices(
            {**self.regions, **other.regions}, f"{self.source}; {other.source}", min(self.date, other.date)
        )


# Far more than any price of a unit. Amounts with it are exact to the cent in decimals of 28 digits.
_LARGEST_PRICE = 1000


@cache
def packaged() -> Prices:
    """The prices that come with the package: those of us-east-1."""
    return parse_prices(json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8")))


def dollars(text: object) -> Decimal:
    """The price that TEXT is; raises PriceError."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        value = Decimal("NaN")
    if not isinstance(text, str) or not value.is_finite() or not 0 <= value < _LARGEST_PRICE:
        raise PriceError(
            f"{json.dumps(text)} is not a price: write a number less than {_LARGEST_PRICE:,} as a string, "
            'such as "0.25"'
        )
    return value


def parse_prices(document: Mapping[str, Any]) -> Prices:
    """The prices of DOCUMENT, which has the form of `prices.json`; raises PriceError."""
    unknown = document.keys() - {"source", "date", "regions"}
    if unknown:
        raise PriceError(f"unknown member {min(unknown)!r}: the members are source, date and regions")
    regions = document.get("regions")
    if not isinstance(regions, dict) or not all(isinstance(each, dict) for each in regions.values()):
        raise PriceError("regions: must have the prices of each region by usage type")
    source, date = document.get("source"), document.get("date")
    if not isinstance(source, str) or not isinstance(date, str):
        raise PriceError("source and date: are required, as strings")
    return Prices({region: _region(region, each) for region, each in regions.items()}, source, date)


def _region(region: str, prices: Mapping[str, object]) -> Mapping[str, Decimal]:
    unknown = prices.keys() - USAGE_TYPES
    if unknown:
        raise PriceError(f"regions.{region}: {min(unknown)!r} is not a usage type of a table")
    return {name: dollars(each) for name, each in prices.items()}
