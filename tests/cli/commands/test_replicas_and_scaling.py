"""Groups of tables in several Regions, which no engine has: what is asked and what is shown."""

import pytest

from tableadmin.awsshape import AwsDict
from tests.cli.answered import Answered

ACTIVE: AwsDict = {"TableName": "Music", "TableStatus": "ACTIVE"}
TWO: AwsDict = {
    **ACTIVE,
    "Replicas": [
        {"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"},
        {
            "RegionName": "eu-west-3",
            "ReplicaStatus": "CREATION_FAILED",
            "ReplicaStatusDescription": "no such key",
            "ProvisionedThroughputOverride": {"ReadCapacityUnits": 7},
        },
    ],
    "GlobalTableWitnesses": [{"RegionName": "eu-north-1", "WitnessStatus": "ACTIVE"}],
}


@pytest.mark.parametrize(
    ("arguments", "members"),
    [
        (
            ["add", "Music", "eu-west-1", "eu-west-3", "--consistency", "STRONG"],
            {
                "ReplicaUpdates": [
                    {"Create": {"RegionName": "eu-west-1"}},
                    {"Create": {"RegionName": "eu-west-3"}},
                ],
                "MultiRegionConsistency": "STRONG",
            },
        ),
        (
            [
                *("add", "Music", "eu-west-1", "--witness", "eu-north-1", "--read", "7", "--max-read", "-1"),
                *("--kms-key", "alias/music", "--table-class", "STANDARD_INFREQUENT_ACCESS"),
                *("--gsi", "name=One,read=5", "--gsi", "name=Two,max-read=100"),
            ],
            {
                "ReplicaUpdates": [
                    {
                        "Create": {
                            "RegionName": "eu-west-1",
                            "KMSMasterKeyId": "alias/music",
                            "ProvisionedThroughputOverride": {"ReadCapacityUnits": 7},
                            "OnDemandThroughputOverride": {"MaxReadRequestUnits": -1},
                            "GlobalSecondaryIndexes": [
                                {
                                    "IndexName": "One",
                                    "ProvisionedThroughputOverride": {"ReadCapacityUnits": 5},
                                },
                                {
                                    "IndexName": "Two",
                                    "OnDemandThroughputOverride": {"MaxReadRequestUnits": 100},
                                },
                            ],
                            "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
                        }
                    }
                ],
                "GlobalTableWitnessUpdates": [{"Create": {"RegionName": "eu-north-1"}}],
            },
        ),
        (
            ["update", "Music", "eu-west-1", "--read", "9"],
            {
                "ReplicaUpdates": [
                    {
                        "Update": {
                            "RegionName": "eu-west-1",
                            "ProvisionedThroughputOverride": {"ReadCapacityUnits": 9},
                        }
                    }
                ]
            },
        ),
        (
            ["remove", "Music", "eu-west-1", "--witness", "eu-north-1", "--yes"],
            {
                "ReplicaUpdates": [{"Delete": {"RegionName": "eu-west-1"}}],
                "GlobalTableWitnessUpdates": [{"Delete": {"RegionName": "eu-north-1"}}],
            },
        ),
        (
            ["disassociate", "Music", "eu-west-1", "--yes"],
            {
                "ReplicaUpdates": [
                    {
                        "Disassociate": {
                            "RegionName": "eu-west-1",
                            "DisassociationMode": "WAIT_FOR_REPLICATION",
                        }
                    }
                ]
            },
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_replica_changes(answered: Answered, arguments: list[str], members: AwsDict) -> None:
    """A change of replicas is one UpdateTable with nothing else in it."""
    ran = answered("replica", *arguments, answers=[("UpdateTable", {"TableDescription": ACTIVE})])
    assert (0, "table Music ACTIVE\n", "") == (ran.code, ran.out, ran.err)
    assert [("UpdateTable", {"TableName": "Music", **members})] == ran.asked


def test_replicas_are_listed(answered: Answered) -> None:
    """Replicas and the witness are listed; a column for which there is nothing is left out."""
    ran = answered("replica", "list", "Music", answers=[("DescribeTable", {"Table": TWO})])
    assert [
        "REGION     STATUS           READ  WHY",
        "eu-west-1  ACTIVE",
        "eu-west-3  CREATION_FAILED  7     no such key",
        "",
        "WITNESS     STATUS",
        "eu-north-1  ACTIVE",
    ] == ran.out.splitlines()
    none = answered("replica", "list", "Music", answers=[("DescribeTable", {"Table": ACTIVE})])
    assert ("", "Music has no replicas\n") == (none.out, none.err)


OLDER: AwsDict = {
    "GlobalTableDescription": {
        "GlobalTableName": "Music",
        "GlobalTableStatus": "ACTIVE",
        "ReplicationGroup": [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}],
    }
}


@pytest.mark.parametrize(
    ("arguments", "rpc", "members"),
    [
        (
            ["create", "Music", "eu-west-1", "eu-west-3"],
            "CreateGlobalTable",
            {"ReplicationGroup": [{"RegionName": "eu-west-1"}, {"RegionName": "eu-west-3"}]},
        ),
        (["describe", "Music"], "DescribeGlobalTable", {}),
        (
            ["update", "Music", "--add", "eu-west-3", "--remove", "eu-west-1", "--yes"],
            "UpdateGlobalTable",
            {
                "ReplicaUpdates": [
                    {"Create": {"RegionName": "eu-west-3"}},
                    {"Delete": {"RegionName": "eu-west-1"}},
                ]
            },
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_older_global_tables(answered: Answered, arguments: list[str], rpc: str, members: AwsDict) -> None:
    """A global table of the older generation is shown after each change, with its replicas."""
    ran = answered("global-table", *arguments, answers=[(rpc, OLDER)])
    assert [(rpc, {"GlobalTableName": "Music", **members})] == ran.asked
    assert [
        "Global table  Music",
        "Status        ACTIVE",
        "",
        "REGION     STATUS",
        "eu-west-1  ACTIVE",
    ] == ran.out.splitlines()


def test_older_global_tables_are_listed(answered: Answered) -> None:
    """All pages are listed, of one Region if that is asked for."""
    pages: list[AwsDict] = [
        {
            "GlobalTables": [{"GlobalTableName": "A", "ReplicationGroup": [{"RegionName": "eu-west-1"}]}],
            "LastEvaluatedGlobalTableName": "A",
        },
        {"GlobalTables": [{"GlobalTableName": "B", "ReplicationGroup": []}]},
    ]
    ran = answered(
        *("global-table", "list", "--region", "eu-west-1"),
        answers=[("ListGlobalTables", page) for page in pages],
    )
    assert ["GLOBAL TABLE  REGIONS", "A             eu-west-1", "B"] == ran.out.splitlines()
    assert [
        ("ListGlobalTables", {"RegionName": "eu-west-1"}),
        ("ListGlobalTables", {"RegionName": "eu-west-1", "ExclusiveStartGlobalTableName": "A"}),
    ] == ran.asked


SCALING: AwsDict = {
    "MinimumUnits": 5,
    "MaximumUnits": 50,
    "ScalingPolicies": [{"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}}],
}
OLDER_SETTINGS: AwsDict = {
    "GlobalTableName": "Music",
    "ReplicaSettings": [
        {
            "RegionName": "eu-west-1",
            "ReplicaStatus": "ACTIVE",
            "ReplicaProvisionedReadCapacityUnits": 6,
            "ReplicaProvisionedWriteCapacityUnits": 7,
            "ReplicaProvisionedWriteCapacityAutoScalingSettings": SCALING,
            "ReplicaGlobalSecondaryIndexSettings": [
                {"IndexName": "One", "IndexStatus": "UPDATING", "ProvisionedReadCapacityUnits": 8}
            ],
        }
    ],
}


def test_settings_of_older_global_tables(answered: Answered) -> None:
    """The settings of each replica and each of its indexes are a row."""
    ran = answered(
        "global-table", "settings", "Music", answers=[("DescribeGlobalTableSettings", OLDER_SETTINGS)]
    )
    assert [
        "REGION     INDEX  STATUS    READ  WRITE  WRITE SCALING",
        "eu-west-1         ACTIVE    6     7      5 to 50 at 70%",
        "eu-west-1  One    UPDATING  8",
    ] == ran.out.splitlines()


def test_change_of_such_settings(answered: Answered) -> None:
    """What the options say goes into one request, over what the file says."""
    ran = answered(
        *("global-table", "update-settings", "Music", "--provisioned", "--write", "50"),
        *("--write-scaling", "scaling=off", "--gsi", "name=One,write=5"),
        *("--replica", "region=eu-west-1,read=6,class=STANDARD", "--replica", "region=eu-west-3,read=7"),
        *("--cli-input-json", '{"GlobalTableProvisionedWriteCapacityUnits": 9}'),
        answers=[("UpdateGlobalTableSettings", OLDER_SETTINGS)],
    )
    assert "" == ran.err
    assert [
        (
            "UpdateGlobalTableSettings",
            {
                "GlobalTableName": "Music",
                "GlobalTableBillingMode": "PROVISIONED",
                "GlobalTableProvisionedWriteCapacityUnits": 50,
                "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate": {"AutoScalingDisabled": True},
                "GlobalTableGlobalSecondaryIndexSettingsUpdate": [
                    {"IndexName": "One", "ProvisionedWriteCapacityUnits": 5}
                ],
                "ReplicaSettingsUpdate": [
                    {
                        "RegionName": "eu-west-1",
                        "ReplicaProvisionedReadCapacityUnits": 6,
                        "ReplicaTableClass": "STANDARD",
                    },
                    {"RegionName": "eu-west-3", "ReplicaProvisionedReadCapacityUnits": 7},
                ],
            },
        )
    ] == ran.asked


SCALED: AwsDict = {
    "TableAutoScalingDescription": {
        "TableName": "Music",
        "TableStatus": "ACTIVE",
        "Replicas": [
            {
                "RegionName": "eu-west-1",
                "ReplicaStatus": "ACTIVE",
                "ReplicaProvisionedReadCapacityAutoScalingSettings": {"AutoScalingDisabled": True},
                "ReplicaProvisionedWriteCapacityAutoScalingSettings": SCALING,
                "GlobalSecondaryIndexes": [
                    {"IndexName": "One", "ProvisionedReadCapacityAutoScalingSettings": SCALING}
                ],
            }
        ],
    }
}


def test_auto_scaling_is_shown(answered: Answered) -> None:
    """Auto scaling is a row for each replica and each of its indexes: from, to, and the target in percent."""
    ran = answered("autoscaling", "show", "Music", answers=[("DescribeTableReplicaAutoScaling", SCALED)])
    assert [
        "Table   Music",
        "Status  ACTIVE",
        "",
        "REGION     INDEX  STATUS  READ            WRITE",
        "eu-west-1         ACTIVE  off             5 to 50 at 70%",
        "eu-west-1  One            5 to 50 at 70%",
    ] == ran.out.splitlines()


def test_auto_scaling_is_changed(answered: Answered) -> None:
    """Each part of the scaling that is written is set, and updates of one Region are one."""
    ran = answered(
        *("autoscaling", "update", "Music"),
        *(
            "--write",
            "min=5,max=50,target=70,in-cooldown=60,out-cooldown=30,scale-in=off,role=arn:aws:iam::1:role/a/b,policy=P",
        ),
        *("--gsi", "name=One,scaling=on,max=9"),
        *("--read", "region=eu-west-1,min=1", "--read", "region=eu-west-3,min=2"),
        *("--read", "region=eu-west-1,index=One,target=50.5"),
        answers=[("UpdateTableReplicaAutoScaling", SCALED)],
    )
    assert "" == ran.err
    tracking: AwsDict = {
        "DisableScaleIn": True,
        "ScaleInCooldown": 60,
        "ScaleOutCooldown": 30,
        "TargetValue": 70.0,
    }
    index: AwsDict = {
        "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.5}}
    }
    assert [
        (
            "UpdateTableReplicaAutoScaling",
            {
                "TableName": "Music",
                "ProvisionedWriteCapacityAutoScalingUpdate": {
                    "MinimumUnits": 5,
                    "MaximumUnits": 50,
                    "AutoScalingRoleArn": "arn:aws:iam::1:role/a/b",
                    "ScalingPolicyUpdate": {
                        "PolicyName": "P",
                        "TargetTrackingScalingPolicyConfiguration": tracking,
                    },
                },
                "GlobalSecondaryIndexUpdates": [
                    {
                        "IndexName": "One",
                        "ProvisionedWriteCapacityAutoScalingUpdate": {
                            "MaximumUnits": 9,
                            "AutoScalingDisabled": False,
                        },
                    }
                ],
                "ReplicaUpdates": [
                    {
                        "RegionName": "eu-west-1",
                        "ReplicaProvisionedReadCapacityAutoScalingUpdate": {"MinimumUnits": 1},
                        "ReplicaGlobalSecondaryIndexUpdates": [
                            {"IndexName": "One", "ProvisionedReadCapacityAutoScalingUpdate": index}
                        ],
                    },
                    {
                        "RegionName": "eu-west-3",
                        "ReplicaProvisionedReadCapacityAutoScalingUpdate": {"MinimumUnits": 2},
                    },
                ],
            },
        )
    ] == ran.asked
