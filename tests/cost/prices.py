"""Prices for tests: those of the package, and round ones for two regions."""

from decimal import Decimal

from tableadmin.cost.prices import USAGE_TYPES, Prices, packaged

PACKAGED = packaged()
ROUND = Prices(
    {
        "us-east-1": {name: Decimal(1) for name in USAGE_TYPES},
        "eu-west-1": {name: Decimal(2) for name in USAGE_TYPES},
    },
    "round numbers",
    "2026-01-01",
)
