"""Steps that remove, add and change replicas: one replica a call."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.journey import Journey
from tableadmin_server.planner.replica import has_failed, replica_shape
from tableadmin_server.planner.step import Step


def replica_deletions(journey: Journey) -> Iterator[Step]:
    """Replicas that are not wanted or have failed; before the stream, which they need."""
    at, to = journey.at, journey.to
    for region, replica in list(at.replicas.items()):
        if region not in to.replicas or has_failed(replica):
            del at.replicas[region]
            update: AwsDict = {"Delete": {"RegionName": region}}
            waits = (f"replica {region} gone",)
            yield journey.update(f"delete the replica in {region}", {"ReplicaUpdates": [update]}, waits)


def replicas(journey: Journey) -> Iterator[Step]:
    """Replicas that are wanted, or wanted otherwise."""
    at, to = journey.at, journey.to
    for region, replica in to.replicas.items():
        before = at.replicas.get(region)
        if before == replica:
            continue
        at.replicas[region] = replica
        at.stream = to.stream
        verb, action = ("add a", "Create") if before is None else ("change the", "Update")
        update: AwsDict = {action: {"RegionName": region, **replica_shape(replica, before)}}
        waits = (f"replica {region} ACTIVE",)
        yield journey.update(f"{verb} replica in {region}", {"ReplicaUpdates": [update]}, waits)
