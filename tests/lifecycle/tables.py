"""Requests in AWS's own shapes, the way they are sent here, and what each engine is known not to do."""

import re
import time
from collections.abc import Callable, Mapping
from typing import cast

from google.protobuf.message import Message

from tableadmin import Client, NotFound, v1
from tableadmin.awsshape import AwsDict, AwsValue, from_aws, to_aws

# Operations that the engine does not have.
MISSING: Mapping[str, frozenset[str]] = {
    "ministack": frozenset(),
    "dynamodb-local": frozenset(
        {"DescribeEndpoints", "ListBackups", "ListTagsOfResource", "TagResource", "UntagResource"}
    ),
    "dynalite": frozenset({"DescribeEndpoints", "DescribeLimits", "ListBackups", "UpdateTimeToLive"}),
}
# Members of requests that the engine accepts and does nothing about.
IGNORED: Mapping[str, frozenset[str]] = {
    "ministack": frozenset(),
    "dynamodb-local": frozenset(),
    "dynalite": frozenset(
        {"DeletionProtectionEnabled", "GlobalSecondaryIndexUpdates", "StreamSpecification"}
    ),
}

ON_DEMAND: AwsDict = {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": None}
THROUGHPUT: AwsDict = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
ALL: AwsDict = {"ProjectionType": "ALL"}
GENRE_AND_PRICE = "GenreAndPriceIndex"


def key(hash_key: str, range_key: str | None = None) -> list[AwsDict]:
    """A key schema."""
    hashed: list[AwsDict] = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return hashed if range_key is None else [*hashed, {"AttributeName": range_key, "KeyType": "RANGE"}]


def attributes(*names: str) -> list[AwsDict]:
    """Definitions of attributes: Price is a number, all others are strings."""
    return [{"AttributeName": name, "AttributeType": "N" if name == "Price" else "S"} for name in names]


def table(name: str, **members: AwsValue) -> AwsDict:
    """A CreateTable request for a table like Music with these MEMBERS; None leaves one out."""
    request: AwsDict = {
        "TableName": name,
        "KeySchema": key("Artist", "SongTitle"),
        "AttributeDefinitions": attributes("Artist", "SongTitle"),
        "ProvisionedThroughput": THROUGHPUT,
        **members,
    }
    return {member: value for member, value in request.items() if value is not None}


def index(name: str = GENRE_AND_PRICE, **members: AwsValue) -> AwsDict:
    """A global secondary index on Genre and Price with these MEMBERS; None leaves one out."""
    request: AwsDict = {
        "IndexName": name,
        "KeySchema": key("Genre", "Price"),
        "Projection": ALL,
        "ProvisionedThroughput": THROUGHPUT,
        **members,
    }
    return {member: value for member, value in request.items() if value is not None}


def local_index(name: str = "GenreIndex", **members: AwsValue) -> AwsDict:
    """A local secondary index on Genre with these MEMBERS."""
    return {"IndexName": name, "KeySchema": key("Artist", "Genre"), "Projection": ALL, **members}


def index_creation(name: str, to: AwsDict) -> AwsDict:
    """An UpdateTable request that creates the index TO of the table NAME."""
    definitions = attributes("Artist", "SongTitle", "Genre", "Price")
    return {
        "TableName": name,
        "AttributeDefinitions": definitions,
        "GlobalSecondaryIndexUpdates": [{"Create": to}],
    }


def send(client: Client, operation: str, request: AwsDict) -> AwsDict:
    """What the service answers to OPERATION; raises TableAdminError."""
    message = from_aws(request, cast("type[Message]", getattr(v1, f"{operation}Request")))
    method = re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()
    call: Callable[[Message], Message] = getattr(client, method)
    return to_aws(call(message))


def described(client: Client, name: str) -> AwsDict:
    """The table as DescribeTable has it; raises NotFound."""
    return cast("AwsDict", send(client, "DescribeTable", {"TableName": name})["Table"])


def settled(client: Client, name: str, seconds: float = 60) -> AwsDict:
    """The table as soon as it and all its indexes are ACTIVE."""
    deadline = time.monotonic() + seconds
    while _statuses(seen := described(client, name)) != {"ACTIVE"}:
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def deleted(client: Client, name: str, seconds: float = 60) -> None:
    """Delete the table, if there is one, and return as soon as it is deleted."""
    deadline = time.monotonic() + seconds
    try:
        if settled(client, name).get("DeletionProtectionEnabled"):
            client.update_table(table_name=name, deletion_protection_enabled=False)
            settled(client, name)
        client.delete_table(table_name=name)
        while described(client, name):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    except NotFound:
        return


def members(described_: AwsDict, *names: str) -> AwsDict:
    """Those members of what was described, and of what is nested in it by a dot."""
    return {name: _member(described_, name) for name in names}


def index_names(described_: AwsDict) -> set[str]:
    """The names of the global secondary indexes."""
    return {cast("str", each["IndexName"]) for each in _indexes(described_)}


def _member(value: AwsValue, name: str) -> AwsValue:
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _indexes(described_: AwsDict) -> list[AwsDict]:
    return cast("list[AwsDict]", described_.get("GlobalSecondaryIndexes", []))


def _statuses(described_: AwsDict) -> set[AwsValue]:
    return {described_["TableStatus"], *(each["IndexStatus"] for each in _indexes(described_))}
