"""The tables of the soak: each has a key, a read capacity that says its version, and perhaps an index."""

from collections.abc import Mapping
from typing import Any

from tableadmin import v1
from tableadmin.awsshape import from_aws

_INDEX_KEY = [{"AttributeName": "Genre", "KeyType": "HASH"}]


def spec(name: str, capacity: int, index: str = "") -> Mapping[str, Any]:
    """The parameters of CreateTable for a table of this CAPACITY, with INDEX where there is one."""
    attributes = ["Artist", *(["Genre"] if index else [])]
    made: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in attributes],
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": throughput(capacity),
    }
    if index:
        made["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": _INDEX_KEY,
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": throughput(5),
            }
        ]
    return made


def throughput(capacity: int) -> dict[str, int]:
    """A capacity of CAPACITY reads and 5 writes."""
    return {"ReadCapacityUnits": capacity, "WriteCapacityUnits": 5}


def message(params: Mapping[str, Any]) -> v1.TableSpec:
    """The spec as a message."""
    return from_aws(params, v1.TableSpec)
