"""Steps that remove, add and change replicas: one replica a call."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import UpdateKind
from tableadmin_server.planner.state.replica import has_failed, replica_shape


def replica_deletions(builder: PlanBuilder) -> Iterator[Step]:
    """Delete the replicas that the target does not have, and those whose creation failed."""
    at, to = builder.at, builder.to
    for region, replica in list(at.replicas.items()):
        if region not in to.replicas or has_failed(replica):
            del at.replicas[region]
            update: AwsDict = {"Delete": {"RegionName": region}}
            waits = (f"replica {region} gone",)
            summary = f"delete the replica in {region}"
            yield builder.update(UpdateKind.REPLICA, summary, {"ReplicaUpdates": [update]}, waits)


def replicas(builder: PlanBuilder) -> Iterator[Step]:
    """Add and change the replicas of the target."""
    at, to = builder.at, builder.to
    for region, replica in to.replicas.items():
        before = at.replicas.get(region)
        if before == replica:
            continue
        at.replicas[region] = replica
        at.stream = to.stream
        verb, action = ("add a", "Create") if before is None else ("change the", "Update")
        update: AwsDict = {action: {"RegionName": region, **replica_shape(replica, before)}}
        waits = (f"replica {region} ACTIVE",)
        summary = f"{verb} replica in {region}"
        yield builder.update(UpdateKind.REPLICA, summary, {"ReplicaUpdates": [update]}, waits)
