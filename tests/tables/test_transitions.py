"""What moves by itself, and what stays as it is until somebody does something."""

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import is_on, transitions


@pytest.mark.parametrize(
    ("described", "moving"),
    [
        ({}, []),
        ({"TableStatus": "UPDATING"}, ["table: UPDATING"]),
        ({"TableStatus": "ARCHIVING"}, ["table: ARCHIVING"]),
        ({"TableStatus": "ARCHIVED"}, []),
        ({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, []),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "I", "IndexStatus": "CREATING", "Backfilling": True}]},
            ["index I: CREATING, backfilling"],
        ),
        ({"VectorIndexes": [{"IndexName": "V", "IndexStatus": "DELETING"}]}, ["index V: DELETING"]),
        ({"SSEDescription": {"Status": "UPDATING"}}, ["encryption: UPDATING"]),
        ({"SSEDescription": {"Status": "ENABLED"}}, []),
        ({"WarmThroughput": {"Status": "UPDATING"}}, ["table: warm throughput UPDATING"]),
        ({"WarmThroughput": {"Status": "ACTIVE"}}, []),
        ({"Replicas": [{"RegionName": "r", "ReplicaStatus": "CREATING"}]}, ["replica r: CREATING"]),
        ({"Replicas": [{"RegionName": "r", "ReplicaStatus": "CREATION_FAILED"}]}, []),
        ({"Replicas": [{"RegionName": "r", "ReplicaStatus": "REGION_DISABLED"}]}, []),
        (
            {"GlobalTableWitnesses": [{"RegionName": "r", "WitnessStatus": "CREATING"}]},
            ["witness r: CREATING"],
        ),
        ({"RestoreSummary": {"RestoreInProgress": True}}, ["restore: in progress"]),
    ],
    ids=str,
)
def test_what_is_over_for_good_does_not_move(described: AwsDict, moving: list[str]) -> None:
    """A table is settled, and polled slowly, when none of its statuses ends by itself."""
    assert moving == transitions(Snapshot("Music", {"TableStatus": "ACTIVE", **described}))


@pytest.mark.parametrize(
    ("status", "on"),
    [
        ("ENABLED", True),
        ("ENABLING", True),
        ("ACTIVE", True),
        ("UPDATING", True),
        ("DISABLING", False),
        ("DISABLED", False),
        ("ENABLE_FAILED", False),
        ("FAILED", False),
        (None, False),
    ],
)
def test_a_setting_is_on(status: str | None, on: bool) -> None:  # noqa: FBT001  # a parameter
    """A setting is on while it is switched on, and off while it is switched off or not shown."""
    assert on == is_on({} if status is None else {"Status": status}, "Status")
