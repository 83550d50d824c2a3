"""Replicas: which calls add and remove them."""

from dataclasses import replace
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import plan
from tests.planner.tables import (
    ON_DEMAND,
    settled,
    summaries,
    table,
)


def test_replicas() -> None:
    """The first replica turns the stream on; replicas go before the stream, which they need."""
    two = table(**ON_DEMAND, Replicas=[{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}])
    assert ["add a replica in eu-west-1", "add a replica in us-east-1"] == summaries(table(**ON_DEMAND), two)
    assert [
        "delete the replica in eu-west-1",
        "delete the replica in us-east-1",
        "turn the stream off",
    ] == summaries(two, table(**ON_DEMAND))


def test_failed_replica() -> None:
    """A replica that could not be set up is deleted before it is made again."""
    wanted = table(**ON_DEMAND, Replicas=[{"RegionName": "eu-west-1"}])
    driver = settled(wanted)
    live = driver.observed()
    assert live.description is not None
    failed: list[AwsDict] = [{"RegionName": "eu-west-1", "ReplicaStatus": "CREATION_FAILED"}]
    live = replace(live, description={**live.description, "Replicas": failed})
    made = plan(cast("AwsDict", wanted), live, driver.now())
    assert ["delete the replica in eu-west-1", "add a replica in eu-west-1"] == [
        step.summary for step in made.steps
    ]
