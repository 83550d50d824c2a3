"""Hypothesis strategies of valid specs, of few names, so that two of them have much in common."""

import json
from typing import TypeVar

from hypothesis import strategies as st

from tests.planner.model.table import Data

T = TypeVar("T")

NAME = "Music"
_TYPES = ("S", "N")
_UNITS = st.integers(1, 4)
_VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
_KEYS = tuple(f"arn:aws:kms:us-west-2:000000000000:key/{number}" for number in (1, 2))
_STREAMS = tuple(f"arn:aws:kinesis:us-west-2:000000000000:stream/{name}" for name in ("one", "two"))
_POLICIES = tuple(
    json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "dynamodb:GetItem"}]}, indent=1
    )
    for effect in ("Allow", "Deny")
)
_ALL = {"ProjectionType": "ALL"}
_PROJECTIONS = (
    _ALL,
    {"ProjectionType": "KEYS_ONLY"},
    {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Label", "Year"]},
    {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Year", "Label"]},
)


def _throughput() -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries({"ReadCapacityUnits": _UNITS, "WriteCapacityUnits": _UNITS})


def _ceilings() -> st.SearchStrategy[Data]:
    ceilings = st.sampled_from([-1, 100, 200])
    return st.fixed_dictionaries(
        {"MaxReadRequestUnits": ceilings}, optional={"MaxWriteRequestUnits": ceilings}
    )


def _warm() -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {"ReadUnitsPerSecond": st.sampled_from([12000, 13000, 14000])},
        optional={"WriteUnitsPerSecond": st.sampled_from([4000, 5000])},
    )


def _maybe(draw: st.DrawFn, spec: Data, member: str, values: st.SearchStrategy[T]) -> None:
    if draw(st.booleans()):
        spec[member] = draw(values)


def _key(hash_key: str, *range_keys: str) -> list[Data]:
    ranges = [{"AttributeName": name, "KeyType": "RANGE"} for name in range_keys]
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, *ranges]


@st.composite
def _index(draw: st.DrawFn, name: str, mode: str) -> Data:
    index: Data = {
        "IndexName": name,
        "KeySchema": draw(st.sampled_from([_key("Genre"), _key("Genre", "Price"), _key("Price", "Artist")])),
        "Projection": draw(st.sampled_from(_PROJECTIONS)),
    }
    _maybe(draw, index, "WarmThroughput", _warm())
    if mode == "PROVISIONED":
        index["ProvisionedThroughput"] = draw(_throughput())
    else:
        _maybe(draw, index, "OnDemandThroughput", _ceilings())
    return index


@st.composite
def specs(draw: st.DrawFn, *, replaced: bool = False) -> Data:
    """A valid spec of the table Music; two differ in key or local indexes only where REPLACED is true."""
    mode = draw(st.sampled_from(["PROVISIONED", "PAY_PER_REQUEST"]))
    spec: Data = {"TableName": NAME, "BillingMode": mode, "KeySchema": _key("Artist", "Song")}
    if replaced and draw(st.booleans()):
        spec["KeySchema"] = _key("Artist", "Price")
    if replaced:
        projection = draw(st.sampled_from(_PROJECTIONS))
        local = {"IndexName": "Local", "KeySchema": _key("Artist", "Genre"), "Projection": projection}
        _maybe(draw, spec, "LocalSecondaryIndexes", st.just([local]))
    names = draw(st.lists(st.sampled_from(["One", "Two", "Three", "Four"]), unique=True))
    if names:
        spec["GlobalSecondaryIndexes"] = [draw(_index(name, mode)) for name in names]
    if mode == "PROVISIONED":
        spec["ProvisionedThroughput"] = draw(_throughput())
    else:
        _maybe(draw, spec, "OnDemandThroughput", _ceilings())
    _add_settings(draw, spec)
    spec["AttributeDefinitions"] = _definitions(draw, spec)
    return spec


def _add_settings(draw: st.DrawFn, spec: Data) -> None:
    _maybe(draw, spec, "WarmThroughput", _warm())
    regions = draw(st.sampled_from([(), (), ("eu-west-1",), ("us-east-1",), ("us-east-1", "eu-west-1")]))
    if regions:
        spec["Replicas"] = [draw(_replica(region, spec["BillingMode"])) for region in regions]
    views = ("NEW_AND_OLD_IMAGES",) if "Replicas" in spec else _VIEWS
    stream = st.sampled_from([{"StreamEnabled": True, "StreamViewType": view} for view in views])
    _maybe(draw, spec, "StreamSpecification", stream)
    encryption: list[Data] = [{"Enabled": False}, {"Enabled": True}]
    encryption += [{"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key} for key in _KEYS]
    _maybe(draw, spec, "SSESpecification", st.sampled_from(encryption))
    # A replica of a table with a key of its own has one, too.
    if "KMSMasterKeyId" in spec.get("SSESpecification", {}):
        for replica in spec.get("Replicas", []):
            replica["KMSMasterKeyId"] = f"arn:aws:kms:{replica['RegionName']}:000000000000:key/1"
    _maybe(draw, spec, "TableClass", st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]))
    _maybe(draw, spec, "DeletionProtectionEnabled", st.booleans())
    _maybe(draw, spec, "ResourcePolicy", st.sampled_from(_POLICIES))
    tags = draw(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "x", "y"])))
    if draw(st.integers(0, 9)) == 0:
        tags |= {f"{draw(st.sampled_from('pq'))}{number}": "" for number in range(50 - len(tags))}
    spec["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    expiry = st.sampled_from(["Expires", "Until"]).map(lambda name: {"Enabled": True, "AttributeName": name})
    _maybe(draw, spec, "TimeToLiveSpecification", expiry)
    recovery: list[Data] = [{"PointInTimeRecoveryEnabled": False}, {"PointInTimeRecoveryEnabled": True}]
    recovery.append({"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7})
    _maybe(draw, spec, "PointInTimeRecoverySpecification", st.sampled_from(recovery))
    insights = [{"Enabled": True}, {"Enabled": False}, {"Enabled": True, "Mode": "THROTTLED_KEYS"}]
    _maybe(draw, spec, "ContributorInsightsSpecification", st.sampled_from(insights))
    kinesis: list[Data] = [{"StreamArn": arn} for arn in _STREAMS]
    kinesis += [{**each, "ApproximateCreationDateTimePrecision": "MICROSECOND"} for each in kinesis]
    _maybe(draw, spec, "KinesisStreamSpecification", st.sampled_from(kinesis))


@st.composite
def _replica(draw: st.DrawFn, region: str, mode: str) -> Data:
    replica: Data = {"RegionName": region}
    if mode == "PROVISIONED":
        override = st.fixed_dictionaries({"ReadCapacityUnits": _UNITS})
        _maybe(draw, replica, "ProvisionedThroughputOverride", override)
    _maybe(draw, replica, "TableClassOverride", st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]))
    return replica


def _definitions(draw: st.DrawFn, spec: Data) -> list[Data]:
    holders = [spec, *spec.get("LocalSecondaryIndexes", []), *spec.get("GlobalSecondaryIndexes", [])]
    names = dict.fromkeys(key["AttributeName"] for holder in holders for key in holder["KeySchema"])
    in_table = {key["AttributeName"] for key in spec["KeySchema"]}
    # Another type of an attribute of indexes is another key of each of them.
    types = {name: "S" if name in in_table else draw(st.sampled_from(_TYPES)) for name in names}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
