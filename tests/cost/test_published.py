"""AWS's price list, from a server on this machine in the place of AWS's."""

from decimal import Decimal

import pytest

from tableadmin.cost import PriceError, download
from tests.cost.price_lists import PriceLists, price_list


def test_the_price_list_of_a_region_is_downloaded(price_lists: PriceLists) -> None:
    """One request gets the prices of the region alone, with the date of the price list."""
    price_lists.files["eu-west-1"] = price_list("eu-west-1", "eu-west-2")
    found = download("eu-west-1")
    assert found is not None
    assert found.regions == {"eu-west-1": {"ReadRequestUnits": Decimal("0.000000142")}}
    assert (found.date, found.are_list_prices) == ("2026-09-11", True)
    assert price_lists.asked == ["eu-west-1"]


def test_a_region_that_aws_does_not_have(price_lists: PriceLists) -> None:
    """No price list is no error. A name that can't be a region is not asked for."""
    assert download("local") is None
    assert price_lists.asked == ["local"]
    assert download("../../secret") is None
    assert price_lists.asked == ["local"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (503, "HTTP 503"),
        (403, "HTTP 403"),
        (b"<html>Log in to the network</html>", "is not JSON"),
        (b'{"offerCode": "AmazonS3"}', "is the price list of AmazonS3"),
        (b"x" * 200, "larger than 0 MB"),
        (b"x", "takes longer than 0 seconds"),
    ],
)
def test_what_is_not_a_price_list(
    price_lists: PriceLists, content: bytes | int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says why, and what to do on a machine that can't reach AWS."""
    monkeypatch.setattr("tableadmin.cost.published._LARGEST", 100)
    if why.startswith("takes"):
        monkeypatch.setattr("tableadmin.cost.published._LONGEST", 0)
    price_lists.files["eu-west-1"] = content
    with pytest.raises(PriceError) as error:
        download("eu-west-1")
    assert why in str(error.value)
    address = price_lists.address.format(region="eu-west-1")
    assert f"run 'curl -o prices-eu-west-1.json {address}', then give --prices prices-eu-west-1.json" in str(
        error.value
    )


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the connection is part of the message."""
    monkeypatch.setattr("tableadmin.cost.published.ADDRESS", "http://127.0.0.1:1/{region}/index.json")
    with pytest.raises(
        PriceError, match=r"cannot read AWS's price list of eu-west-1: Connection refused; where"
    ):
        download("eu-west-1")


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the proxy of the environment, but not the password of the proxy."""
    monkeypatch.setattr("tableadmin.cost.published.ADDRESS", "http://prices.example/{region}/index.json")
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:1")
    with pytest.raises(PriceError, match=r"Connection refused \(through the proxy 127\.0\.0\.1:1\)") as error:
        download("eu-west-1")
    assert "secret" not in str(error.value)
