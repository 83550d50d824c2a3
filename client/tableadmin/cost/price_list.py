"""AWS's price list of AmazonDynamoDB (an offer file in JSON), of one region or of all.

AWS publishes the file of a region at
`https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonDynamoDB/current/REGION/index.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from tableadmin.cost.prices import LIST, USAGE_TYPES, PriceError, Prices, dollars

_OFFER = "AmazonDynamoDB"
# The usage type in the price list and in bills differ for reads of streams.
_ALIASES = {"Streams-RequestsCount": "Streams-Requests"}
_NAMES = sorted((*USAGE_TYPES, *_ALIASES), key=len, reverse=True)
_Object: TypeAlias = Mapping[str, Any]


def prices(document: object) -> Prices:
    """The prices of DOCUMENT by region; raises PriceError."""
    if not isinstance(document, dict) or "offerCode" not in document:
        raise PriceError("is neither a price list of AWS (offerCode) nor a file of prices (regions)")
    if document["offerCode"] != _OFFER:
        raise PriceError(
            f"is the price list of {document['offerCode']}: the price list of {_OFFER} is needed"
        )
    found: dict[str, dict[str, Decimal]] = {}
    for region, name, price in _priced(document):
        known = found.setdefault(region, {})
        # us-east-1 has some usage types with and without the code of the region, at the same price.
        known[name] = max(price, known.get(name, price))
    if not found:
        raise PriceError("has no prices of tables in US dollars")
    version = document.get("version", "")
    return Prices(found, f"{LIST}{_OFFER}, version {version}", _date(document))


def _date(document: _Object) -> str:
    return str(document.get("publicationDate", "")).partition("T")[0]


def _priced(document: _Object) -> Iterator[tuple[str, str, Decimal]]:
    """The region, the name and the price of each product of DOCUMENT that a table can use."""
    terms = _object(_object(document, "terms"), "OnDemand")
    for sku, product in _object(document, "products").items():
        attributes = _object(product, "attributes")
        name, region = _name(str(attributes.get("usagetype", ""))), attributes.get("regionCode")
        price = _price(_object(terms, sku)) if name and region else None
        if price is not None:
            yield str(region), name, price


def _name(usage_type: str) -> str:
    """USAGE_TYPE without the code of its region; "" if it is not that of a table."""
    for name in _NAMES:
        code, found, _ = usage_type.rpartition(name)
        if found and usage_type.endswith(name) and (not code or (code[-1] == "-" and code[:-1].isalnum())):
            return _ALIASES.get(name, name)
    return ""


def _price(terms: _Object) -> Decimal | None:
    """The price of the first tier that costs something, so that the free tier is not subtracted."""
    dimensions = [each for term in terms.values() for each in _object(term, "priceDimensions").values()]
    tiers = [
        (Decimal(str(each.get("beginRange", 0))), dollars(each["pricePerUnit"]["USD"]))
        for each in dimensions
        if "USD" in _object(each, "pricePerUnit")
    ]
    charged = [price for _, price in sorted(tiers) if price]
    if charged:
        return charged[0]
    return Decimal(0) if tiers else None


def _object(holder: _Object, member: str) -> _Object:
    """The MEMBER of HOLDER that is an object; raises PriceError."""
    found = holder.get(member, {}) if isinstance(holder, dict) else None
    if not isinstance(found, dict):
        raise PriceError(f"{member}: must be an object")
    return found
