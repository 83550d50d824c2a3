"""The IAM policy documents as data: what each feature calls, and what AWS asks for beside the calls.

deploy/iam/ and docs/reference/iam.md are made from FEATURES. Tests run each feature and compare the calls.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from tableadmin.v1 import table_admin_pb2
from tableadmin.v1.permission_pb2 import ACTION_GROUP_LIST, ACTION_GROUP_READ, permission
from tableadmin_server.config import EndpointConfig
from tableadmin_server.tables.parts import ROWS

Json: TypeAlias = dict[str, Any]

_TABLES = "arn:aws:dynamodb:*:*:table/"
# The resources of the documents, by kind. People replace the stars by what they permit.
ARNS: Mapping[str, str] = {
    "table": f"{_TABLES}*",
    "index": f"{_TABLES}*/index/*",
    "stream": f"{_TABLES}*/stream/*",
    "backup": f"{_TABLES}*/backup/*",
    "export": f"{_TABLES}*/export/*",
    "import": f"{_TABLES}*/import/*",
    "bulk operation": f"{_TABLES}*/bulk-operation/*",
    "global table": "arn:aws:dynamodb::*:global-table/*",
    "operations table": _TABLES + EndpointConfig().operations_table,
    "operations index": f"{_TABLES}{EndpointConfig().operations_table}/index/*",
    "account": "*",
    "key": "arn:aws:kms:*:*:key/*",
    "Kinesis stream": "arn:aws:kinesis:*:*:stream/*",
    "bucket": "arn:aws:s3:::*",
    "object": "arn:aws:s3:::*/*",
    "log group": "arn:aws:logs:*:*:log-group:/aws-dynamodb/*",
    "log stream": "arn:aws:logs:*:*:log-group:/aws-dynamodb/*:log-stream:*",
    "scalable target": "arn:aws:application-autoscaling:*:*:scalable-target/*",
    "role": "arn:aws:iam::*:role/tableadmin",
}
# What each operation of DynamoDB is about. All others are about a table.
_KINDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *("DescribeEndpoints", "DescribeLimits", "ListBackups", "ListBulkOperations"),
            *("ListContributorInsights", "ListExports", "ListGlobalTables", "ListImports", "ListTables"),
        ),
        ("account",),
    ),
    **dict.fromkeys(("DeleteBackup", "DescribeBackup"), ("backup",)),
    **dict.fromkeys(("CancelBulkOperation", "DescribeBulkOperation"), ("bulk operation",)),
    "RestoreTableFromBackup": ("backup", "table"),
    "DescribeExport": ("export",),
    "DescribeImport": ("import",),
    **dict.fromkeys(("DescribeContributorInsights", "UpdateContributorInsights"), ("table", "index")),
    **dict.fromkeys(("DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"), ("table", "stream")),
    **dict.fromkeys(("DescribeGlobalTable", "DescribeGlobalTableSettings"), ("global table",)),
    **dict.fromkeys(
        ("CreateGlobalTable", "UpdateGlobalTable", "UpdateGlobalTableSettings"), ("global table", "table")
    ),
}


@dataclass(frozen=True)
class Need:
    """ACTIONS on resources of KINDS that AWS asks for beside a call, with the REASON, in a statement SID.

    No test can see them: AWS alone checks them. A service-linked role needs the name of its SERVICE.
    """

    sid: str
    actions: tuple[str, ...]
    kinds: tuple[str, ...]
    reason: str
    service: str = ""


@dataclass(frozen=True)
class Feature:
    """What the role of a server needs for a feature: the operations of DynamoDB that it CALLS, and NEEDS.

    OTHERS are calls to other services, with the kind of their resource. OWN is set where the calls are about
    the operations table.
    """

    name: str
    purpose: str
    calls: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    others: Mapping[str, str] | None = None
    own: bool = False


def _linked_role(of: str, service: str, reason: str) -> Need:
    """The creation of the service-linked role of SERVICE, which is for OF."""
    return Need(f"RoleOf{of}", ("iam:CreateServiceLinkedRole",), ("linked role",), reason, service)


def _reads() -> tuple[str, ...]:
    """The operations of the RPCs that read, by the contract."""
    methods = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods
    return tuple(
        each.name
        for each in methods
        if each.GetOptions().Extensions[permission].group in {ACTION_GROUP_READ, ACTION_GROUP_LIST}
    )


# What plans and watches read of a table.
_PARTS = ("DescribeTable", *dict.fromkeys(row.operation for row in ROWS.values()))
_DATA = (
    *("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
    *("dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
)
_KINESIS_READ = Need(
    "ReadKinesisStreams",
    ("kinesis:DescribeStream", "kinesis:DescribeStreamSummary"),
    ("Kinesis stream",),
    "AWS documents them for DescribeKinesisStreamingDestination.",
)
_KINESIS_LIST = Need(
    "ListKinesisStreams",
    ("kinesis:ListStreams",),
    ("account",),
    "AWS documents it for EnableKinesisStreamingDestination.",
)
_KINESIS_WRITE = Need(
    "WriteToKinesisStreams",
    ("kinesis:PutRecords",),
    ("Kinesis stream",),
    "AWS documents it for EnableKinesisStreamingDestination.",
)
_KINESIS_ROLE = _linked_role(
    "Kinesis",
    "kinesisreplication.dynamodb.amazonaws.com",
    "The first table that sends changes to a Kinesis stream makes AWS create the role.",
)
_SETTINGS_AT_CREATION = Need(
    "SettingsAtCreation",
    ("dynamodb:PutResourcePolicy", "dynamodb:TagResource"),
    ("table",),
    "CreateTable with tags or with a resource policy.",
)
_READ_SCALING = Need(
    "ReadAutoScaling",
    ("application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"),
    ("account",),
    "AWS does not document what DescribeTableReplicaAutoScaling needs. The server does without auto scaling "
    "that it cannot read.",
)
_WRITE_RESTORED = Need(
    "WriteRestoredItems",
    _DATA,
    ("table",),
    "AWS documents read and write permissions on the table that is restored.",
)
_LOGS = "ImportTable writes errors of items to CloudWatch Logs."
_CHANGES = (
    *("CreateTable", "UpdateTable", "TagResource", "UntagResource", "UpdateTimeToLive"),
    *("UpdateContinuousBackups", "PutResourcePolicy", "DeleteResourcePolicy", "UpdateContributorInsights"),
    *("EnableKinesisStreamingDestination", "UpdateKinesisStreamingDestination"),
    "DisableKinesisStreamingDestination",
)
_INSIGHTS_ROLE = _linked_role(
    "ContributorInsights",
    "contributorinsights.dynamodb.amazonaws.com",
    "The first table with Contributor Insights makes AWS create the role.",
)

FEATURES: tuple[Feature, ...] = (
    Feature("read", "All RPCs of `TableAdmin` that only read.", _reads(), (_KINESIS_READ, _READ_SCALING)),
    Feature(
        "watch",
        "Watches and waits, also waits for backups, exports and imports.",
        ("ListTables", *_PARTS, "DescribeBackup", "DescribeExport", "DescribeImport"),
        (_KINESIS_READ, _READ_SCALING),
    ),
    Feature(
        "plan", "`PlanTables` and `ExportTables`.", ("ListTables", *_PARTS), (_KINESIS_READ, _READ_SCALING)
    ),
    Feature(
        "apply",
        "`ApplyPlan`: reads as plans, and all changes that a plan can have. The server needs "
        "`operations-table` "
        "too. Specs with replicas need `replicas` too, and specs with keys of customers `encryption-keys`.",
        (*_PARTS, *_CHANGES),
        (_KINESIS_READ, _KINESIS_LIST, _KINESIS_WRITE, _KINESIS_ROLE, _INSIGHTS_ROLE, _READ_SCALING),
    ),
    Feature(
        "apply-restores",
        "Plans and operations for specs with `RestoreSource`, beside `plan` and `apply`. Plans read backups, "
        "operations restore.",
        ("DescribeBackup", "RestoreTableFromBackup", "RestoreTableToPointInTime"),
        (_WRITE_RESTORED,),
    ),
    Feature(
        "operations-table",
        "Operations, which are kept in a table. Each server with `ApplyPlan` needs it.",
        (
            *("BatchGetItem", "CreateTable", "DeleteItem", "DescribeTable", "DescribeTimeToLive", "GetItem"),
            *("PutItem", "Query", "UpdateItem", "UpdateTable", "UpdateTimeToLive"),
        ),
        own=True,
    ),
    Feature(
        "kms-aliases",
        "Plans for tables with keys of customers that specs name by alias. Without it, plans warn that they "
        "cannot compare the keys.",
        others={"kms:DescribeKey": "key"},
    ),
    Feature(
        "consumed-capacity",
        "`GetConsumedCapacity`, which `--rates-from-cloudwatch` of tablectl needs.",
        ("DescribeTable",),
        others={"cloudwatch:GetMetricData": "account"},
    ),
    Feature(
        "policies",
        "Cedar policies that look at the tags or the size of a table.",
        ("DescribeTable", "ListTagsOfResource"),
    ),
    Feature(
        "endpoint-health",
        "Health checks of an endpoint (`tableadmin.endpoint.NAME`).",
        ("ListTables",),
    ),
    Feature(
        "assume-role",
        "An endpoint with `role_arn`. The role that is named there needs the other documents. This one is "
        "for the role of the server.",
        others={"sts:AssumeRole": "role"},
    ),
    Feature(
        "tables",
        "The RPCs that create, change and delete tables, with indexes and streams.",
        ("CreateTable", "DeleteTable", "UpdateTable"),
        (_SETTINGS_AT_CREATION,),
    ),
    Feature("tags", "The RPCs of tags.", ("ListTagsOfResource", "TagResource", "UntagResource")),
    Feature("time-to-live", "The RPCs of time to live.", ("DescribeTimeToLive", "UpdateTimeToLive")),
    Feature(
        "point-in-time-recovery",
        "The RPCs of point-in-time recovery.",
        ("DescribeContinuousBackups", "UpdateContinuousBackups"),
    ),
    Feature(
        "resource-policies",
        "The RPCs of resource policies.",
        ("DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"),
    ),
    Feature(
        "contributor-insights",
        "The RPCs of Contributor Insights.",
        ("DescribeContributorInsights", "ListContributorInsights", "UpdateContributorInsights"),
        (_INSIGHTS_ROLE,),
    ),
    Feature(
        "kinesis",
        "The RPCs that send the changes of tables to Kinesis streams.",
        (
            *("DescribeKinesisStreamingDestination", "DisableKinesisStreamingDestination"),
            *("EnableKinesisStreamingDestination", "UpdateKinesisStreamingDestination"),
        ),
        (_KINESIS_READ, _KINESIS_LIST, _KINESIS_WRITE, _KINESIS_ROLE),
    ),
    Feature(
        "auto-scaling",
        "The RPCs of auto scaling.",
        ("DescribeTableReplicaAutoScaling", "UpdateTableReplicaAutoScaling"),
        (
            Need(
                "ReadAutoScaling",
                (
                    "application-autoscaling:DescribeScalableTargets",
                    "application-autoscaling:DescribeScalingActivities",
                    "application-autoscaling:DescribeScalingPolicies",
                    "application-autoscaling:DescribeScheduledActions",
                ),
                ("account",),
                "AWS documents them for UpdateTableReplicaAutoScaling, in all regions with replicas.",
            ),
            Need(
                "ChangeAutoScaling",
                (
                    "application-autoscaling:DeleteScalingPolicy",
                    "application-autoscaling:DeleteScheduledAction",
                    "application-autoscaling:DeregisterScalableTarget",
                    "application-autoscaling:PutScalingPolicy",
                    "application-autoscaling:PutScheduledAction",
                    "application-autoscaling:RegisterScalableTarget",
                ),
                ("scalable target",),
                "AWS documents them for UpdateTableReplicaAutoScaling, in all regions with replicas.",
            ),
            _linked_role(
                "AutoScaling",
                "dynamodb.application-autoscaling.amazonaws.com",
                "The first table with auto scaling makes AWS create the role.",
            ),
        ),
    ),
    Feature(
        "replicas",
        "Replicas of tables in other regions (global tables, version 2019.11.21).",
        ("UpdateTable",),
        (
            Need(
                "Replicas",
                (
                    *_DATA,
                    "dynamodb:CreateTable",
                    "dynamodb:CreateTableReplica",
                    "dynamodb:DeleteTable",
                    "dynamodb:DeleteTableReplica",
                ),
                ("table",),
                "AWS documents them for UpdateTable with replicas, in the regions of the replicas.",
            ),
            Need(
                "Witnesses",
                ("dynamodb:CreateGlobalTableWitness", "dynamodb:DeleteGlobalTableWitness"),
                ("table",),
                "UpdateTable with a witness, for strong consistency across regions.",
            ),
            _linked_role(
                "Replication",
                "replication.dynamodb.amazonaws.com",
                "The first replica makes AWS create the role.",
            ),
        ),
    ),
    Feature(
        "global-tables-2017",
        "The RPCs of global tables of the version 2017.11.29.",
        (
            *("CreateGlobalTable", "DescribeGlobalTable", "DescribeGlobalTableSettings", "ListGlobalTables"),
            *("UpdateGlobalTable", "UpdateGlobalTableSettings"),
        ),
        (
            Need(
                "LimitsOfAccount",
                ("dynamodb:DescribeLimits",),
                ("account",),
                "AWS documents it for UpdateGlobalTableSettings.",
            ),
            Need(
                "ChangeAutoScaling",
                (
                    "application-autoscaling:DeleteScalingPolicy",
                    "application-autoscaling:DeregisterScalableTarget",
                ),
                ("scalable target",),
                "AWS documents them for UpdateGlobalTableSettings.",
            ),
            _linked_role(
                "Replication",
                "replication.dynamodb.amazonaws.com",
                "The first global table makes AWS create the role.",
            ),
        ),
    ),
    Feature(
        "backups",
        "The RPCs of backups, without restoring.",
        ("CreateBackup", "DeleteBackup", "DescribeBackup", "ListBackups"),
    ),
    Feature(
        "restore",
        "The RPCs that restore tables, from backups and to a point in time.",
        ("RestoreTableFromBackup", "RestoreTableToPointInTime"),
        (_WRITE_RESTORED,),
    ),
    Feature(
        "export-to-s3",
        "The RPCs that export tables to Amazon S3.",
        ("DescribeExport", "ExportTableToPointInTime", "ListExports"),
        (
            Need(
                "WriteToBuckets",
                ("s3:AbortMultipartUpload", "s3:PutObject", "s3:PutObjectAcl"),
                ("object",),
                "AWS documents them for ExportTableToPointInTime.",
            ),
        ),
    ),
    Feature(
        "import-from-s3",
        "The RPCs that import tables from Amazon S3.",
        ("DescribeImport", "ImportTable", "ListImports"),
        (
            Need("ListBuckets", ("s3:ListBucket",), ("bucket",), "AWS documents it for ImportTable."),
            Need("ReadBuckets", ("s3:GetObject",), ("object",), "AWS documents it for ImportTable."),
            Need("FindLogs", ("logs:DescribeLogGroups",), ("account",), _LOGS),
            Need(
                "LogGroups",
                ("logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:PutRetentionPolicy"),
                ("log group",),
                _LOGS,
            ),
            Need("LogStreams", ("logs:CreateLogStream", "logs:PutLogEvents"), ("log stream",), _LOGS),
        ),
    ),
    Feature(
        "bulk-operations",
        "The RPCs that write items of files in Amazon S3 to existing tables. AWS's reference of permissions "
        "does not list their actions yet: the document has the names of the operations.",
        (
            *("CancelBulkOperation", "DescribeBulkOperation", "ListBulkOperations"),
            "StartBulkPutItems",
        ),
        (
            Need(
                "ListBuckets",
                ("s3:ListBucket",),
                ("bucket",),
                "StartBulkPutItems reads files, as ImportTable does.",
            ),
            Need(
                "ReadBuckets",
                ("s3:GetObject",),
                ("object",),
                "StartBulkPutItems reads files, as ImportTable does.",
            ),
            Need(
                "WriteItems",
                ("dynamodb:BatchWriteItem", "dynamodb:PutItem"),
                ("table",),
                "StartBulkPutItems writes items.",
            ),
        ),
    ),
    Feature(
        "copy-items",
        "Copies of items to tables with other keys (`CopyItems`), which `copy_max_items` enables. Name the "
        "tables that may be copied.",
        ("DescribeTable", "PutItem", "Scan"),
    ),
    Feature(
        "encryption-keys",
        "Tables that are encrypted with keys of customers. The policies of the keys must permit the same.",
        needs=(
            Need(
                "KeysThroughDynamoDB",
                (
                    *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
                    *("kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
                ),
                ("key",),
                "DynamoDB uses the key with the permissions of the role.",
                "dynamodb.*.amazonaws.com",
            ),
        ),
    ),
)

# Calls that need no permission, with the reason.
WITHOUT_PERMISSION: Mapping[str, str] = {
    "sts:GetCallerIdentity": "With policies and without `account`, the server asks STS for the account. AWS "
    "requires no permission for this call.",
}


def document(feature: Feature) -> Json:
    """The policy document of FEATURE."""
    return {"Version": "2012-10-17", "Statement": list(_statements(feature))}


def _statements(feature: Feature) -> Iterator[Json]:
    yield from _of_calls(feature)
    for action, kind in (feature.others or {}).items():
        yield _statement("".join(word.capitalize() for word in feature.name.split("-")), [action], [kind])
    for need in feature.needs:
        yield _of_need(need)


def _of_calls(feature: Feature) -> Iterator[Json]:
    """A statement for all calls that are about resources of the same kinds."""

    def kinds(operation: str) -> tuple[str, ...]:
        if feature.own:
            return ("operations table", "operations index") if operation == "Query" else ("operations table",)
        return _KINDS.get(operation, ("table",))

    for of, operations in groupby(sorted(feature.calls, key=lambda each: (kinds(each), each)), kinds):
        sid = "".join(f"{word[:1].upper()}{word[1:]}" for kind in of for word in kind.split())
        yield _statement(sid, [f"dynamodb:{operation}" for operation in operations], of)


def _of_need(need: Need) -> Json:
    if need.kinds == ("linked role",):
        return {
            **_statement(need.sid, need.actions, ()),
            "Resource": [f"arn:aws:iam::*:role/aws-service-role/{need.service}/*"],
            "Condition": {"StringLike": {"iam:AWSServiceName": need.service}},
        }
    condition = {"Condition": {"StringLike": {"kms:ViaService": need.service}}} if need.service else {}
    return {**_statement(need.sid, need.actions, need.kinds), **condition}


def _statement(sid: str, actions: Iterable[str], kinds: Iterable[str]) -> Json:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": [ARNS[kind] for kind in kinds],
    }


_PAGE = """# Permissions at AWS

Generated from `deploy/generate/iam.py` by `make deploy-files`: do not edit.

`deploy/iam` has a policy document of IAM for each feature of the server. Attach the documents of the
features that you use to the role of the server. The role is the bound for all callers. Which caller may do
what, the [policies of the service](../operate/security.md) decide.

| for | attach |
|---|---|
| a server that only shows tables | `read`, `watch`, `plan` |
| specs that are applied | `plan`, `apply`, `operations-table`; some also `replicas`, `encryption-keys` |
| the RPCs of a topic | the document of the topic |

The documents permit all tables of the account of the role, in all regions, because they do not know yours.
Replace the stars before you use them:

```bash
sed 's|dynamodb:\\*:\\*:table/\\*|dynamodb:eu-central-1:111122223333:table/music-*|' \\
    deploy/iam/apply.json > apply.json
aws iam put-role-policy --role-name tableadmin --policy-name apply --policy-document file://apply.json
```

A star in an ARN also stands for slashes: `table/*` includes the indexes, streams and backups of the tables.
`table/music` does not include them, so the documents name them where AWS asks for them. With another
`operations_table`, change `operations-table.json`. In China and GovCloud the ARNs begin with `arn:aws-cn`
and `arn:aws-us-gov`. A role can have 10 attached policies. Inline policies (`put-role-policy`) count by
their total size, 10,240 characters.

Tests run each feature against an endpoint, and compare the calls that reach the endpoint with the document:
no call lacks an action, and no action lacks a call. What AWS asks for beside the calls comes from the
documentation of AWS, and is listed with the reason. Action names and kinds of resources are compared with
AWS's service authorization reference. No test used AWS itself.
"""


def page() -> str:
    """The text of docs/reference/iam.md."""
    without = (f"- `{action}`: {reason}" for action, reason in WITHOUT_PERMISSION.items())
    return "\n".join([_PAGE, *map(_section, FEATURES), "## Calls without a permission\n", *without, ""])


def _section(feature: Feature) -> str:
    lines = [f"## {feature.name}\n", f"{feature.purpose}\n", f"Document: `deploy/iam/{feature.name}.json`\n"]
    called = [*(f"dynamodb:{each}" for each in sorted(feature.calls)), *(feature.others or {})]
    if called:
        lines.append("Calls: " + ", ".join(f"`{each}`" for each in called) + "\n")
    if feature.needs:
        lines += ["AWS also asks for:\n", "| actions | reason |", "|---|---|"]
        lines += [
            f"| {', '.join(f'`{action}`' for action in each.actions)} | {each.reason} |"
            for each in feature.needs
        ]
        lines.append("")
    return "\n".join(lines)
