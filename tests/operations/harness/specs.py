"""A table as it is before an apply of eight steps, and as it is to be afterwards."""

from tests.planner.model.table import Data

_UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
_MORE = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 7}
STEPS = 8


def before(name: str) -> Data:
    """The table NAME, without indexes, time to live, recovery or protection."""
    return {
        "TableName": name,
        "BillingMode": "PROVISIONED",
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
        "ProvisionedThroughput": _UNITS,
        "Tags": [{"Key": "team", "Value": "music"}],
    }


def after(name: str, **members: object) -> Data:
    """The same with three indexes, more capacity, other tags, and everything on; and MEMBERS."""
    return {
        **before(name),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("Artist", "Genre", "Label", "Year")
        ],
        "ProvisionedThroughput": _MORE,
        "GlobalSecondaryIndexes": [index(name) for name in ("Genre", "Label", "Year")],
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "Expires"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "Tags": [{"Key": "team", "Value": "films"}, {"Key": "cost", "Value": "low"}],
        "DeletionProtectionEnabled": True,
        **members,
    }


def index(attribute: str) -> Data:
    """A global secondary index on ATTRIBUTE."""
    return {
        "IndexName": f"{attribute}Index",
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": _UNITS,
    }
