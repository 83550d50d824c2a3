"""Prices: the packaged file, files of the same form, and AWS's price list."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tableadmin.cost import PriceError, Prices, packaged, read, read_all
from tableadmin.cost.prices import USAGE_TYPES, Price


def product(sku: str, usage_type: str, region: str, *tiers: tuple[str, str]) -> dict[str, Any]:
    """A product of the price list, with the price of each of its TIERS by where the tier begins."""
    dimensions = {
        f"{sku}.JRTCKXETXF.{number}": {"beginRange": begin, "pricePerUnit": {"USD": price}}
        for number, (begin, price) in enumerate(tiers)
    }
    return {
        "product": {
            "sku": sku,
            "attributes": {
                "servicecode": "AmazonDynamoDB",
                "usagetype": usage_type,
                "regionCode": region,
            },
        },
        "term": {f"{sku}.JRTCKXETXF": {"priceDimensions": dimensions}},
    }


def offer(*products: dict[str, Any], code: str = "AmazonDynamoDB") -> dict[str, Any]:
    """AWS's price list with PRODUCTS."""
    return {
        "formatVersion": "v1.0",
        "offerCode": code,
        "version": "20260911124422",
        "publicationDate": "2026-09-11T12:44:22Z",
        "products": {each["product"]["sku"]: each["product"] for each in products},
        "terms": {"OnDemand": {each["product"]["sku"]: each["term"] for each in products}},
    }


def read_text(folder: Path, text: str) -> Prices:
    """The prices of a file with TEXT in FOLDER."""
    path = folder / "prices.json"
    path.write_text(text)
    return read(path)


def test_the_package_has_dated_prices_of_us_east_1() -> None:
    """The packaged file names its source and date, and has the prices since November 2024."""
    prices = packaged()
    assert prices.date == "2026-05-01"
    assert "https://aws.amazon.com/dynamodb/pricing/" in prices.source
    assert prices.of(Price.WRITE_REQUEST, "us-east-1") == Decimal("0.000000625")
    assert prices.of(Price.STORAGE, "us-east-1", infrequent=True) == Decimal("0.10")
    assert prices.of(Price.RECOVERY, "us-east-1", infrequent=True) == Decimal("0.20")
    assert prices.of(Price.STORAGE, "eu-west-1") is None


def test_a_price_list_of_aws_is_read(tmp_path: Path) -> None:
    """Prices are by region and usage type; the free tier, reservations and other usage are left out."""
    document = offer(
        product("A", "WriteCapacityUnit-Hrs", "us-east-1", ("18600", "0.00065"), ("0", "0.0000000000")),
        product("B", "EU-IA-TimedStorage-ByteHrs", "eu-west-1", ("0", "0.1132")),
        product("C", "EUC1-Streams-RequestsCount", "eu-central-1", ("0", "0"), ("2500000", "0.00000024")),
        product("D", "EU-TimedBackupStorage-ByteHrs", "eu-west-1", ("0", "0.1")),
        product("E", "USE1-WriteCapacityUnit-Hrs", "us-east-1", ("0", "0.00065")),
        product("F", "EU-ReplWriteCapacityUnit-Hrs", "eu-west-1", ("0", "0.000735")),
        product("G", "EU-HeavyUsage:dynamodb.write", "eu-west-1", ("0", "9")),
    )
    prices = read_text(tmp_path, json.dumps(document))
    assert prices.regions == {
        "us-east-1": {"WriteCapacityUnit-Hrs": Decimal("0.00065")},
        "eu-west-1": {
            "IA-TimedStorage-ByteHrs": Decimal("0.1132"),
            "ReplWriteCapacityUnit-Hrs": Decimal("0.000735"),
        },
        "eu-central-1": {"Streams-Requests": Decimal("0.00000024")},
    }
    assert prices.date == "2026-09-11"
    assert "20260911124422" in prices.source


@pytest.mark.parametrize("usage_type", sorted(USAGE_TYPES))
def test_each_usage_type_is_told_from_those_that_end_alike(tmp_path: Path, usage_type: str) -> None:
    """`EU-IA-ReadRequestUnits` is the price of Standard-IA, and not that of `ReadRequestUnits`."""
    document = offer(product("A", f"EU-{usage_type}", "eu-west-1", ("0", "0.5")))
    assert read_text(tmp_path, json.dumps(document)).regions == {"eu-west-1": {usage_type: Decimal("0.5")}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is neither a price list of AWS (offerCode) nor a file of prices (regions)"),
        (json.dumps(offer(code="AmazonS3")), "is the price list of AmazonS3"),
        (json.dumps(offer()), "has no prices of tables in US dollars"),
        ('{"offerCode": "AmazonDynamoDB", "products": []}', "products: must be an object"),
        ('{"regions": {}, "source": "me"}', "source and date: are required"),
        ('{"regions": [], "source": "me", "date": ""}', "regions: must have"),
        ('{"regions": {}, "prices": {}}', "unknown member 'prices'"),
        ('{"regions": {"x": {"RCU": "1"}}, "source": "", "date": ""}', "'RCU' is not a usage type"),
        ('{"regions": {"x": {"ReadRequestUnits": 1}}, "source": "", "date": ""}', "1 is not a price"),
        ('{"regions": {"x": {"ReadRequestUnits": "-1"}}, "source": "", "date": ""}', "is not a price"),
        ('{"regions": {"x": {"ReadRequestUnits": "1e400"}}, "source": "", "date": ""}', "less than 1,000"),
    ],
)
def test_a_file_that_has_no_prices_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The error names the file and what is wrong."""
    with pytest.raises(PriceError) as raised:
        read_text(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path))
    assert message in str(raised.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(PriceError, match=r"missing\.json: No such file"):
        read(tmp_path / "missing.json")


def test_merged_prices_have_the_older_date() -> None:
    """Regions of the second file replace those of the first, and the older date counts."""
    other = Prices({"us-east-1": {}, "eu-west-1": {}}, "mine", "2025-01-01")
    merged = packaged().merged(other)
    assert merged.regions == {"us-east-1": {}, "eu-west-1": {}}
    assert merged.date == "2025-01-01"
    assert merged.source.endswith("; mine")


def test_a_file_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    """The source names each file once. Of two files with a region the one that is given last counts."""
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for path, price in ((one, "1"), (two, "2")):
        regions = {"eu-west-1": {"ReadRequestUnits": price}}
        path.write_text(json.dumps({"regions": regions, "source": path.stem, "date": "2026-01-01"}))
    assert read_all([str(one), str(one)]) == read(one)
    found = read_all([str(one), str(two), f"{tmp_path}/./one.json"])
    assert found.source == "two; one"
    assert found.regions == read(one).regions
