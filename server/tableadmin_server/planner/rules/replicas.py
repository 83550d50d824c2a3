"""Rules between members of a spec: replicas."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.state.key import AWS_MANAGED_KEY
from tableadmin_server.planner.state.replica import REPLICATED_VIEW
from tableadmin_server.planner.state.unmanaged import Unmanaged


def regions(spec: AwsDict) -> Iterator[Violation]:
    """Each region has at most one replica."""
    seen: set[str] = set()
    for number, replica in enumerate(elements(spec, "Replicas")):
        region = text(replica, "RegionName")
        if region and region in seen:
            yield Violation(f"Replicas[{number}].RegionName", f"{region} is specified twice")
        seen.add(region)


def indexes(spec: AwsDict) -> Iterator[Violation]:
    """A replica overrides only indexes of the table, each at most once."""
    names = {text(index, "IndexName") for index in elements(spec, "GlobalSecondaryIndexes")}
    for number, replica in enumerate(elements(spec, "Replicas")):
        seen: set[str] = set()
        for position, index in enumerate(elements(replica, "GlobalSecondaryIndexes")):
            path = f"Replicas[{number}].GlobalSecondaryIndexes[{position}].IndexName"
            name = text(index, "IndexName")
            if name and name not in names:
                yield Violation(path, f"the table has no index {name}")
            if name and name in seen:
                yield Violation(path, f"{name} is specified twice")
            seen.add(name)


def stream(spec: AwsDict) -> Iterator[Violation]:
    """Replicas need a stream of new and old images. AWS turns it on if the spec does not."""
    specification = structure(spec, "StreamSpecification")
    if not elements(spec, "Replicas") or not specification:
        return
    if specification.get("StreamEnabled") is False:
        yield Violation("StreamSpecification.StreamEnabled", "must be true on a table with replicas")
    elif text(specification, "StreamViewType", REPLICATED_VIEW) != REPLICATED_VIEW:
        yield Violation(
            "StreamSpecification.StreamViewType", f"must be {REPLICATED_VIEW} on a table with replicas"
        )


def keys(spec: AwsDict) -> Iterator[Violation]:
    """A replica of a table with a KMS key of its own has such a key too, in the Region of the replica."""
    unmanaged = Unmanaged(spec)
    key = text(structure(spec, "SSESpecification"), "KMSMasterKeyId")
    for number, replica in enumerate(elements(spec, "Replicas")):
        path, region = f"Replicas[{number}].KMSMasterKeyId", text(replica, "RegionName")
        own = text(replica, "KMSMasterKeyId")
        is_left = unmanaged.has("Replicas", region, "KMSMasterKeyId") or unmanaged.has("SSESpecification")
        if key and not key.endswith(AWS_MANAGED_KEY) and not own and not is_left:
            yield Violation(path, f"is required, a key in {region}: the table has a KMS key of its own")
        elif own.startswith("arn:") and region and own.split(":")[3:4] != [region]:
            yield Violation(path, f"must be a key in {region}")
