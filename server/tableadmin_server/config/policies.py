"""The configuration of policies, and the prices by which policies know what plans cost."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tableadmin.cost import PriceError, Prices, read_all
from tableadmin_server.config.keys import ConfigError, file_key


class PoliciesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policies that decide who may do what."""

    folder: Annotated[
        str | None,
        Meta(
            description="Folder of Cedar policies: files that end in .cedar. With this setting, each call "
            "needs a policy that permits it. The server loads the policies again after SIGHUP and when a "
            "file has changed. Invalid policies are not used.",
            extra={"metavar": "FOLDER"},
        ),
    ] = None
    approval_timeout: Annotated[
        float,
        file_key(
            "Time for which an operation waits for the approval that a policy requires. Then the operation "
            "ends.",
            "seconds",
            gt=0,
            le=2_592_000,
        ),
    ] = 604_800.0
    price_files: Annotated[
        tuple[str, ...],
        Meta(
            description="Files of prices for `context.monthlyCostIncrease`: AWS's price list of "
            "AmazonDynamoDB as JSON, a file for each region. Without this setting the server has prices of "
            "us-east-1. The server reads the files when it starts.",
            extra={"flag": False},
        ),
    ] = ()


def check_policies(policies: PoliciesConfig) -> None:
    """Raise ConfigError for the first invalid value of POLICIES."""
    if policies.folder is not None and not policies.folder.strip():
        raise ConfigError("policies.folder: must be the path of a folder")


def prices_of(policies: PoliciesConfig) -> Prices:
    """Return the prices in the files of POLICIES; those of the package without files. Raises ConfigError."""
    try:
        return read_all(policies.price_files)
    except PriceError as error:
        raise ConfigError(f"policies.price_files: {error}") from error
