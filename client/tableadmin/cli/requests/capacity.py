"""Provisioned capacity has two sides, and DynamoDB takes no update with one alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import ProvisionedThroughputDescription


def both_sides(members: AwsDict, live: Callable[[], ProvisionedThroughputDescription | None]) -> AwsDict:
    """MEMBERS with the side that is not given as it is LIVE now, which is asked only then."""
    given = members.get("ProvisionedThroughput")
    if not isinstance(given, dict) or len(given) != 1:
        return members
    present = live()
    if present is None:
        return members
    units = {
        "ReadCapacityUnits": present.read_capacity_units,
        "WriteCapacityUnits": present.write_capacity_units,
    }
    return {**members, "ProvisionedThroughput": {**units, **given}}
