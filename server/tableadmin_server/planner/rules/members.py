"""The constraints on each single member of a spec: AWS's service model as data."""

from tableadmin_server.planner.rules import limits
from tableadmin_server.planner.rules.constraint import (
    Boolean,
    Choice,
    Constraint,
    Listed,
    Number,
    Structure,
    Text,
    Time,
)

NAME = Text(*limits.TABLE_OR_INDEX_NAME, "[a-zA-Z0-9_.-]")
_ATTRIBUTE = Text(*limits.ATTRIBUTE_NAME)
_UNITS = Number(1)
_CEILING = Number(1, besides=(-1,))
_TABLE_CLASS = Choice(("STANDARD", "STANDARD_INFREQUENT_ACCESS"))


def _keys(most: int) -> Constraint:
    element = Structure(
        {"AttributeName": _ATTRIBUTE, "KeyType": Choice(("HASH", "RANGE"))}, ("AttributeName", "KeyType")
    )
    return Listed(element, 1, most)


_PROJECTION = Structure(
    {
        "ProjectionType": Choice(("ALL", "KEYS_ONLY", "INCLUDE")),
        "NonKeyAttributes": Listed(_ATTRIBUTE, most=limits.MAX_PROJECTED_BY_INDEX),
    },
    ("ProjectionType",),
)
# `rules.throughput` requires the units, unless the spec does not manage them.
_THROUGHPUT = Structure({"ReadCapacityUnits": _UNITS, "WriteCapacityUnits": _UNITS})
_ON_DEMAND = Structure({"MaxReadRequestUnits": _CEILING, "MaxWriteRequestUnits": _CEILING}, some=True)
_WARM = Structure({"ReadUnitsPerSecond": _UNITS, "WriteUnitsPerSecond": _UNITS}, some=True)
_READ_OVERRIDE = Structure({"ReadCapacityUnits": _UNITS}, some=True)
_CEILING_OVERRIDE = Structure({"MaxReadRequestUnits": _CEILING}, some=True)
_REPLICA_INDEX = Structure(
    {
        "IndexName": NAME,
        "ProvisionedThroughputOverride": _READ_OVERRIDE,
        "OnDemandThroughputOverride": _CEILING_OVERRIDE,
    },
    ("IndexName",),
)

_LOCAL_INDEX = Structure(
    {"IndexName": NAME, "KeySchema": _keys(2), "Projection": _PROJECTION},
    ("IndexName", "KeySchema", "Projection"),
)
_GLOBAL_INDEX = Structure(
    {
        "IndexName": NAME,
        "KeySchema": _keys(2 * limits.MAX_INDEX_KEY_ATTRIBUTES),
        "Projection": _PROJECTION,
        "ProvisionedThroughput": _THROUGHPUT,
        "OnDemandThroughput": _ON_DEMAND,
        "WarmThroughput": _WARM,
    },
    ("IndexName", "KeySchema", "Projection"),
)
_VECTOR_INDEX = Structure(
    {
        "IndexName": NAME,
        "VectorAttribute": Structure({"AttributeName": _ATTRIBUTE}, ("AttributeName",)),
        "SearchSchema": Listed(
            Structure(
                {
                    "AttributeName": Text(*limits.SEARCHED_ATTRIBUTE_NAME),
                    "SearchSchemaElementType": Choice(("HASH", "INLINE_FILTER")),
                },
                ("AttributeName", "SearchSchemaElementType"),
            )
        ),
        "Projection": _PROJECTION,
        "Dimensions": _UNITS,
        "DistanceFunction": Choice(("COSINE", "DOT_PRODUCT", "EUCLIDEAN")),
    },
    ("IndexName", "VectorAttribute", "Projection", "Dimensions", "DistanceFunction"),
)
_REPLICA = Structure(
    {
        "RegionName": Text(*limits.REGION_NAME),
        "KMSMasterKeyId": Text(*limits.KMS_KEY_ID),
        "ProvisionedThroughputOverride": _READ_OVERRIDE,
        "OnDemandThroughputOverride": _CEILING_OVERRIDE,
        "TableClassOverride": _TABLE_CLASS,
        "GlobalSecondaryIndexes": Listed(_REPLICA_INDEX),
    },
    ("RegionName",),
)
_TAG = Structure(
    {
        "Key": Text(*limits.TAG_KEY, unit="characters"),
        "Value": Text(*limits.TAG_VALUE, unit="characters"),
    },
    ("Key", "Value"),
)
_UNMANAGED = Structure(
    {
        "Path": Text(*limits.UNMANAGED_PATH),
        "Reason": Text(*limits.UNMANAGED_REASON, unit="characters"),
        "Minimum": _UNITS,
        "Maximum": _UNITS,
    },
    ("Path",),
)

SPEC = Structure(
    {
        "TableName": NAME,
        "AttributeDefinitions": Listed(
            Structure(
                {"AttributeName": _ATTRIBUTE, "AttributeType": Choice(("S", "N", "B"))},
                ("AttributeName", "AttributeType"),
            )
        ),
        "KeySchema": _keys(2),
        "LocalSecondaryIndexes": Listed(_LOCAL_INDEX, most=limits.MAX_LOCAL_INDEXES),
        "GlobalSecondaryIndexes": Listed(_GLOBAL_INDEX, most=limits.MAX_GLOBAL_INDEXES),
        "VectorIndexes": Listed(_VECTOR_INDEX),
        "BillingMode": Choice(("PROVISIONED", "PAY_PER_REQUEST")),
        "ProvisionedThroughput": _THROUGHPUT,
        "OnDemandThroughput": _ON_DEMAND,
        "WarmThroughput": _WARM,
        "StreamSpecification": Structure(
            {
                "StreamEnabled": Boolean(),
                "StreamViewType": Choice(("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")),
            },
            ("StreamEnabled",),
        ),
        "SSESpecification": Structure(
            {"Enabled": Boolean(), "SSEType": Choice(("KMS",)), "KMSMasterKeyId": Text(*limits.KMS_KEY_ID)}
        ),
        "TableClass": _TABLE_CLASS,
        "DeletionProtectionEnabled": Boolean(),
        "ResourcePolicy": Text(*limits.RESOURCE_POLICY),
        "Tags": Listed(_TAG, most=limits.MAX_TAGS),
        "TimeToLiveSpecification": Structure(
            {"Enabled": Boolean(), "AttributeName": _ATTRIBUTE}, ("Enabled",)
        ),
        "PointInTimeRecoverySpecification": Structure(
            {
                "PointInTimeRecoveryEnabled": Boolean(),
                "RecoveryPeriodInDays": Number(*limits.RECOVERY_PERIOD),
            },
            ("PointInTimeRecoveryEnabled",),
        ),
        "ContributorInsightsSpecification": Structure(
            {"Enabled": Boolean(), "Mode": Choice(("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"))},
            ("Enabled",),
        ),
        "KinesisStreamSpecification": Structure(
            {
                "StreamArn": Text(*limits.KINESIS_STREAM_ARN),
                "ApproximateCreationDateTimePrecision": Choice(("MILLISECOND", "MICROSECOND")),
            },
            ("StreamArn",),
        ),
        "Replicas": Listed(_REPLICA),
        "RestoreSource": Structure(
            {
                "BackupArn": Text(*limits.BACKUP_ARN),
                "SourceTableName": NAME,
                "UseLatestRestorableTime": Boolean(),
                "RestoreDateTime": Time(),
            }
        ),
        "Unmanaged": Listed(_UNMANAGED, most=limits.MAX_UNMANAGED),
    },
    ("TableName", "AttributeDefinitions", "KeySchema"),
)
