"""The prices by which policies know what plans cost, from the files of the configuration."""

from tableadmin.cost import PriceError, Prices, read_all
from tableadmin_server.config import ConfigError, PoliciesConfig


def prices_of(config: PoliciesConfig) -> Prices:
    """The prices of the files of CONFIG; those of the package without files. Raises ConfigError."""
    try:
        return read_all(config.price_files)
    except PriceError as error:
        raise ConfigError(f"policies.price_files: {error}") from error
