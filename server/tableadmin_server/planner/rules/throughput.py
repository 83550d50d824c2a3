"""Rules between members of a spec: capacity and billing mode."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, text
from tableadmin_server.planner.rules.constraint import Violation

# For each billing mode, the member that only the other mode allows.
_OTHERS = {"PROVISIONED": "OnDemandThroughput", "PAY_PER_REQUEST": "ProvisionedThroughput"}
_OTHER_OVERRIDES = {
    "PROVISIONED": "OnDemandThroughputOverride",
    "PAY_PER_REQUEST": "ProvisionedThroughputOverride",
}


def throughput(spec: AwsDict) -> Iterator[Violation]:
    """PROVISIONED requires ProvisionedThroughput of table and indexes; PAY_PER_REQUEST refuses it."""
    mode = text(spec, "BillingMode", "PROVISIONED")
    for prefix, holder in _holders(spec):
        if mode == "PROVISIONED" and "ProvisionedThroughput" not in holder:
            yield Violation(f"{prefix}ProvisionedThroughput", "is required with BillingMode PROVISIONED")
        other = _OTHERS.get(mode, "")
        if other in holder:
            yield Violation(f"{prefix}{other}", f"does not go with BillingMode {mode}")


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
                yield Violation(f"Replicas[{number}].{prefix}{other}", f"does not go with BillingMode {mode}")


def _holders(spec: AwsDict) -> Iterator[tuple[str, AwsDict]]:
    yield "", spec
    for number, index in enumerate(elements(spec, "GlobalSecondaryIndexes")):
        yield f"GlobalSecondaryIndexes[{number}].", index
