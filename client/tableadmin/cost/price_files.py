"""Files of prices."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import reduce
from pathlib import Path

from tableadmin.cost import price_list
from tableadmin.cost.prices import PriceError, Prices, packaged, parse_prices


def read_all(paths: Iterable[str]) -> Prices:
    """The prices in the files PATHS together; those of the package without files. Raises PriceError.

    Of files with prices of the same Region, the later one counts. A file that is given twice counts once, as
    the later one.
    """
    once = {Path(each).absolute(): Path(each) for each in reversed(list(paths))}
    files = [read(each) for each in reversed(once.values())]
    return reduce(Prices.merged, files) if files else packaged()


def read(path: Path) -> Prices:
    """The prices in the file at PATH: AWS's price list of AmazonDynamoDB, or a file like `prices.json`.

    Raises PriceError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PriceError(f"{path}: {error.strerror}") from error
    return parse_price_file(content, str(path))


def parse_price_file(content: bytes, name: str) -> Prices:
    """The prices in CONTENT of the file NAME. Raises PriceError, which begins with NAME."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise PriceError(f"{name}: is not JSON: {error}") from error
    try:
        if isinstance(document, dict) and "regions" in document:
            return parse_prices(document)
        return price_list.prices(document)
    except PriceError as error:
        raise PriceError(f"{name}: {error}") from error
