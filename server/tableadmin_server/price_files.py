"""The prices by which policies know what plans cost, from the files of the configuration."""

from functools import reduce
from pathlib import Path

from tableadmin.cost import PriceError, Prices, packaged, read
from tableadmin_server.config import ConfigError, PoliciesConfig


def prices_of(config: PoliciesConfig) -> Prices:
    """The prices of the files of CONFIG; those of the package without files. Raises ConfigError."""
    try:
        files = [read(Path(each)) for each in config.price_files]
    except PriceError as error:
        raise ConfigError(f"policies.price_files: {error}") from error
    return reduce(Prices.merged, files) if files else packaged()
