"""Hypothesis strategies: specs that are much like valid ones."""

import json
from typing import Any, cast

from hypothesis import strategies as st

from tableadmin.awsshape import AwsDict, AwsValue, from_aws
from tableadmin.v1 import TableSpec

_NAMES = st.from_regex(r"[a-zA-Z0-9_.-]{3,12}", fullmatch=True)
# Attribute names and tags may be any text; all of it has to survive.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.sampled_from(
    [
        "NO",
        "on",
        "~",
        "null",
        "<<",
        "=",
        "1.10",
        "0123",
        "2024-01-01",
        "true",
        " ",
        "${x}",
        "a: b",
        "# c",
        "'",
        '"',
        "\n",
    ]
)
_UNITS = st.integers(1, 2**63 - 1)
_ARNS = _NAMES.map("arn:aws:x:eu-west-1:012345678901:{}".format)
_PRECISIONS = st.sampled_from(["MILLISECOND", "MICROSECOND"])
_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")
_POLICIES = st.dictionaries(
    _TEXT, st.text(max_size=4) | st.booleans() | st.integers() | st.lists(_TEXT), min_size=1
)


@st.composite
def specs(draw: st.DrawFn) -> TableSpec:
    """Any spec of members that templates can hold, and none at a default that they leave out."""
    provisioned = draw(st.booleans())
    replicas = draw(st.lists(_NAMES, unique=True, max_size=2))
    data: AwsDict = {
        "TableName": draw(_NAMES),
        "KeySchema": draw(_key_schema()),
        **_capacity(draw, provisioned=provisioned),
        **draw(st.fixed_dictionaries({}, optional=_OPTIONAL)),
    }
    names = draw(st.lists(_NAMES, unique=True, max_size=3))
    if names:
        data["GlobalSecondaryIndexes"] = [
            {**_index(draw, name), **_capacity(draw, provisioned=provisioned)} for name in names
        ]
    if replicas:
        data["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        data["Replicas"] = [_replica(draw, region, data.get("TableClass")) for region in replicas]
    else:
        data["BillingMode"] = "PROVISIONED" if provisioned else "PAY_PER_REQUEST"
    data["AttributeDefinitions"] = [
        {"AttributeName": name, "AttributeType": draw(st.sampled_from("SNB"))} for name in _key_names(data)
    ]
    return from_aws(data, TableSpec)


def _key_names(data: AwsDict) -> list[str]:
    """The names of the attributes in the keys of the table DATA and its indexes, each once."""
    indexes: list[Any] = []
    for member in ("GlobalSecondaryIndexes", "VectorIndexes"):
        indexes += cast("list[Any]", data.get(member, []))
    schemas: list[Any] = [data["KeySchema"]]
    schemas += [index.get("KeySchema") or index.get("SearchSchema") for index in indexes]
    return list(dict.fromkeys(key["AttributeName"] for schema in schemas for key in schema))


@st.composite
def _key_schema(draw: st.DrawFn) -> list[AwsValue]:
    names = draw(st.lists(_TEXT, unique=True, min_size=1, max_size=2))
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)]


def _index(draw: st.DrawFn, name: str) -> AwsDict:
    return {"IndexName": name, "KeySchema": draw(_key_schema()), "Projection": draw(_PROJECTIONS)}


def _capacity(draw: st.DrawFn, *, provisioned: bool) -> AwsDict:
    if provisioned:
        return {
            "ProvisionedThroughput": {"ReadCapacityUnits": draw(_UNITS), "WriteCapacityUnits": draw(_UNITS)}
        }
    ceilings = st.fixed_dictionaries(
        {"MaxReadRequestUnits": _UNITS}, optional={"MaxWriteRequestUnits": _UNITS}
    )
    return {"OnDemandThroughput": draw(ceilings)} if draw(st.booleans()) else {}


def _replica(draw: st.DrawFn, region: str, own_class: AwsValue) -> AwsDict:
    replica: AwsDict = {"RegionName": region}
    if draw(st.booleans()):
        replica["KMSMasterKeyId"] = draw(_ARNS)
    if draw(st.booleans()):
        replica["TableClassOverride"] = next(name for name in _CLASSES if name != (own_class or "STANDARD"))
    return replica


_PROJECTIONS = st.sampled_from(["ALL", "KEYS_ONLY"]).map(lambda kind: {"ProjectionType": kind}) | st.lists(
    _TEXT, min_size=1, max_size=3
).map(lambda names: {"ProjectionType": "INCLUDE", "NonKeyAttributes": names})
_VECTOR_INDEX: st.SearchStrategy[AwsValue] = st.fixed_dictionaries(
    {
        "IndexName": _NAMES,
        "VectorAttribute": st.fixed_dictionaries({"AttributeName": _TEXT}),
        "SearchSchema": _TEXT.map(
            lambda name: [{"AttributeName": name, "SearchSchemaElementType": "INLINE_FILTER"}]
        ),
        "Projection": _PROJECTIONS,
        "Dimensions": st.integers(1, 4096),
        "DistanceFunction": st.sampled_from(["COSINE", "EUCLIDEAN"]),
    }
)
_OPTIONAL: dict[str, st.SearchStrategy[AwsValue]] = {
    "ContributorInsightsSpecification": st.fixed_dictionaries(
        {"Enabled": st.booleans()},
        optional={"Mode": st.sampled_from(["THROTTLED_KEYS", "ACCESSED_AND_THROTTLED_KEYS"])},
    ),
    "DeletionProtectionEnabled": st.booleans(),
    "KinesisStreamSpecification": st.fixed_dictionaries(
        {"StreamArn": _ARNS}, optional={"ApproximateCreationDateTimePrecision": _PRECISIONS}
    ),
    "PointInTimeRecoverySpecification": st.fixed_dictionaries(
        {"PointInTimeRecoveryEnabled": st.booleans()}, optional={"RecoveryPeriodInDays": st.integers(1, 35)}
    ),
    "ResourcePolicy": _POLICIES.map(
        lambda policy: json.dumps(policy, ensure_ascii=False, separators=(",", ":"))
    ),
    "SSESpecification": st.fixed_dictionaries(
        {"Enabled": st.booleans()}, optional={"SSEType": st.just("KMS"), "KMSMasterKeyId": _ARNS}
    ),
    "StreamSpecification": st.sampled_from(["KEYS_ONLY", "NEW_IMAGE"]).map(
        lambda view: {"StreamEnabled": True, "StreamViewType": view}
    ),
    "TableClass": st.sampled_from(_CLASSES),
    "Tags": st.dictionaries(_TEXT, st.just("") | _TEXT, min_size=1, max_size=3).map(
        lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    "TimeToLiveSpecification": st.fixed_dictionaries({"AttributeName": _TEXT, "Enabled": st.booleans()}),
    "VectorIndexes": st.lists(_VECTOR_INDEX, min_size=1, max_size=2),
    "WarmThroughput": st.fixed_dictionaries({"ReadUnitsPerSecond": _UNITS, "WriteUnitsPerSecond": _UNITS}),
}
