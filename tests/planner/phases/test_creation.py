"""The creation of a table."""

from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import plan
from tableadmin_server.tables.snapshot import Snapshot
from tests.planner.driver import Driver
from tests.planner.model.control_plane import ControlPlane
from tests.planner.tables import (
    IMAGES,
    index,
    table,
)


def test_creation() -> None:
    """CreateTable takes all it can; time to live, recovery, insights, Kinesis and replicas follow."""
    spec = table(
        index("One"),
        StreamSpecification=IMAGES,
        SSESpecification={"Enabled": True},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        ResourcePolicy="{}",
        Tags=[{"Key": "a", "Value": ""}],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ContributorInsightsSpecification={"Enabled": True},
    )
    made = plan(cast("AwsDict", spec), Snapshot("Music"), Driver(ControlPlane(), "Music").now())
    assert [
        "CreateTable",
        "UpdateContinuousBackups",
        "UpdateContributorInsights",
        "UpdateTimeToLive",
    ] == [step.operation for step in made.steps]
