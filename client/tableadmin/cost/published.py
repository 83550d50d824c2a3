"""AWS's price list of AmazonDynamoDB, from the address where AWS publishes it for everybody."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener, getproxies, proxy_bypass

from tableadmin.cost.price_files import parse_price_file
from tableadmin.cost.prices import PriceError, Prices

ADDRESS = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonDynamoDB/current/{region}/index.json"
# Seconds without an answer, and for the whole file.
_TIMEOUT, _LONGEST = 10, 60
# Bytes. The price list of a Region is smaller by far.
_LARGEST = 32 * 2**20
_CHUNK = 2**16
_REGION = re.compile(r"[a-z0-9-]{1,63}")


def download(region: str) -> Prices | None:
    """The prices of AWS in REGION; None if AWS publishes no price list of REGION.

    The proxy of the environment is used. Raises PriceError, which says what to do without access to the
    internet.
    """
    if not _REGION.fullmatch(region):
        return None
    address = ADDRESS.format(region=region)
    try:
        found = parse_price_file(_content(address), address)
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        raise _unavailable(region, address, f"HTTP {error.code}") from error
    except (OSError, HTTPException, PriceError) as error:
        raise _unavailable(region, address, f"{_reason(error)}{_through_proxy(address)}") from error
    prices = found.regions.get(region)
    return None if prices is None else Prices({region: prices}, found.source, found.date)


def _content(address: str) -> bytes:
    """What is at ADDRESS. Raises OSError, HTTPException and PriceError."""
    request = Request(address, headers={"User-Agent": "tableadmin"})  # noqa: S310 - the scheme is ADDRESS's
    end = time.monotonic() + _LONGEST
    content = bytearray()
    # An opener of its own, because the one of urlopen keeps the proxy of its first call.
    with build_opener().open(request, timeout=_TIMEOUT) as response:
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > _LARGEST:
                raise PriceError(f"the answer is larger than {_LARGEST // 2**20} MB")
            if time.monotonic() > end:
                raise PriceError(f"the answer takes longer than {_LONGEST} seconds")
    return bytes(content)


def _reason(error: Exception) -> str:
    """The text of ERROR for people."""
    cause = error.reason if isinstance(error, URLError) else error
    return (isinstance(cause, OSError) and cause.strerror) or str(cause)


def _through_proxy(address: str) -> str:
    """The environment's proxy for ADDRESS in words, without its password; empty if there is none."""
    wanted = urlsplit(address)
    proxy = getproxies().get(wanted.scheme, "")
    if not proxy or proxy_bypass(wanted.hostname or ""):
        return ""
    return f" (through the proxy {proxy.rpartition('://')[2].rpartition('@')[2]})"


def _unavailable(region: str, address: str, reason: str) -> PriceError:
    file = f"prices-{region}.json"
    return PriceError(
        f"cannot read AWS's price list of {region}: {reason}; where the internet can be reached, run "
        f"'curl -o {file} {address}', then give --prices {file}"
    )
