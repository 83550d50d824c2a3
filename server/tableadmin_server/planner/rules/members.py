"""What each member of a spec has to be by itself: AWS's constraints as data.

Lengths and numbers are those of AWS's service model and of
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from tableadmin_server.planner.rules.constraint import (
    Choice,
    Constraint,
    Listed,
    Number,
    Structure,
    Switch,
    Text,
)

NAME = Text(3, 255, "[a-zA-Z0-9_.-]")
_ATTRIBUTE = Text(1, 255)
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
        "NonKeyAttributes": Listed(_ATTRIBUTE, most=20),
    },
    ("ProjectionType",),
)
_THROUGHPUT = Structure(
    {"ReadCapacityUnits": _UNITS, "WriteCapacityUnits": _UNITS}, ("ReadCapacityUnits", "WriteCapacityUnits")
)
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
        "KeySchema": _keys(8),
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
                    "AttributeName": Text(1, 65535),
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
        "RegionName": Text(1, 64),
        "KMSMasterKeyId": Text(1, 2048),
        "ProvisionedThroughputOverride": _READ_OVERRIDE,
        "OnDemandThroughputOverride": _CEILING_OVERRIDE,
        "TableClassOverride": _TABLE_CLASS,
        "GlobalSecondaryIndexes": Listed(_REPLICA_INDEX),
    },
    ("RegionName",),
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
        "LocalSecondaryIndexes": Listed(_LOCAL_INDEX, most=5),
        "GlobalSecondaryIndexes": Listed(_GLOBAL_INDEX, most=20),
        "VectorIndexes": Listed(_VECTOR_INDEX),
        "BillingMode": Choice(("PROVISIONED", "PAY_PER_REQUEST")),
        "ProvisionedThroughput": _THROUGHPUT,
        "OnDemandThroughput": _ON_DEMAND,
        "WarmThroughput": _WARM,
        "StreamSpecification": Structure(
            {
                "StreamEnabled": Switch(),
                "StreamViewType": Choice(("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")),
            },
            ("StreamEnabled",),
        ),
        "SSESpecification": Structure(
            {"Enabled": Switch(), "SSEType": Choice(("KMS",)), "KMSMasterKeyId": Text(1, 2048)}
        ),
        "TableClass": _TABLE_CLASS,
        "DeletionProtectionEnabled": Switch(),
        "ResourcePolicy": Text(1, 20480),
        "Tags": Listed(Structure({"Key": Text(1), "Value": Text()}, ("Key", "Value")), most=50),
        "TimeToLiveSpecification": Structure(
            {"Enabled": Switch(), "AttributeName": _ATTRIBUTE}, ("Enabled",)
        ),
        "PointInTimeRecoverySpecification": Structure(
            {"PointInTimeRecoveryEnabled": Switch(), "RecoveryPeriodInDays": Number(1, 35)},
            ("PointInTimeRecoveryEnabled",),
        ),
        "ContributorInsightsSpecification": Structure(
            {"Enabled": Switch(), "Mode": Choice(("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"))},
            ("Enabled",),
        ),
        "KinesisStreamSpecification": Structure(
            {
                "StreamArn": Text(37, 1024),
                "ApproximateCreationDateTimePrecision": Choice(("MILLISECOND", "MICROSECOND")),
            },
            ("StreamArn",),
        ),
        "Replicas": Listed(_REPLICA),
    },
    ("TableName", "AttributeDefinitions", "KeySchema"),
)
