"""Rules between members of a spec: capacity and billing mode."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.state.unmanaged import Unmanaged

# For each billing mode, the member that only the other mode allows.
_OTHERS = {"PROVISIONED": "OnDemandThroughput", "PAY_PER_REQUEST": "ProvisionedThroughput"}
_OTHER_OVERRIDES = {
    "PROVISIONED": "OnDemandThroughputOverride",
    "PAY_PER_REQUEST": "ProvisionedThroughputOverride",
}


def throughput(spec: AwsDict) -> Iterator[Violation]:
    """PROVISIONED requires ProvisionedThroughput of table and indexes; PAY_PER_REQUEST refuses it.

    What the spec does not manage is neither required nor refused. A table that is created needs it all the
    same, which its plan says.
    """
    unmanaged = Unmanaged(spec)
    if unmanaged.has("BillingMode"):
        return
    mode = text(spec, "BillingMode", "PROVISIONED")
    for prefix, holder in _holders(spec):
        if mode == "PROVISIONED":
            yield from _missing(prefix, holder, unmanaged)
        other = _OTHERS.get(mode, "")
        if other in holder and not unmanaged.has(*_place(prefix, holder, other)):
            yield Violation(f"{prefix}{other}", f"is invalid with BillingMode {mode}")


def _missing(prefix: str, holder: AwsDict, unmanaged: Unmanaged) -> Iterator[Violation]:
    units = structure(holder, "ProvisionedThroughput")
    missing = [
        member
        for member in ("ReadCapacityUnits", "WriteCapacityUnits")
        if member not in units
        and not unmanaged.has(*_place(prefix, holder, f"ProvisionedThroughput.{member}"))
    ]
    if missing and "ProvisionedThroughput" not in holder:
        yield Violation(f"{prefix}ProvisionedThroughput", "is required with BillingMode PROVISIONED")
    else:
        yield from (Violation(f"{prefix}ProvisionedThroughput.{member}", "is required") for member in missing)


def _place(prefix: str, holder: AwsDict, path: str) -> tuple[str, str, str]:
    """PATH of the table, or of the index HOLDER, in the parts of a path."""
    if prefix:
        return "GlobalSecondaryIndexes", text(holder, "IndexName"), path
    member, _, below = path.partition(".")
    return member, "", below


def overrides(spec: AwsDict) -> Iterator[Violation]:
    """A replica overrides only capacity of the table's billing mode."""
    mode = text(spec, "BillingMode", "PROVISIONED")
    other = _OTHER_OVERRIDES.get(mode, "")
    for number, replica in enumerate(elements(spec, "Replicas")):
        indexes = elements(replica, "GlobalSecondaryIndexes")
        holders = [
            ("", replica),
            *((f"GlobalSecondaryIndexes[{n}].", each) for n, each in enumerate(indexes)),
        ]
        for prefix, holder in holders:
            if other in holder:
                yield Violation(f"Replicas[{number}].{prefix}{other}", f"is invalid with BillingMode {mode}")


def _holders(spec: AwsDict) -> Iterator[tuple[str, AwsDict]]:
    yield "", spec
    for number, index in enumerate(elements(spec, "GlobalSecondaryIndexes")):
        yield f"GlobalSecondaryIndexes[{number}].", index
