"""Convert the values of options to fragments of AWS requests.

A fragment is an AWS-shaped dict with the members that one option sets. `merging.py` merges fragments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tableadmin.cli.requests import shorthand
from tableadmin.cli.requests.merging import ATTRIBUTES, merge, split_attributes
from tableadmin.cli.requests.shorthand import KeyPart

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue

Make: TypeAlias = "Callable[[str], AwsDict]"

_INDEX_FIELDS = ("name", "hash", "range", "projection", "read", "write")
_LOCAL_FIELDS = ("name", "range", "projection")
_CAPACITY_FIELDS = ("name", "read", "write")


def member(name: str, convert: Callable[[str], AwsValue] = str) -> Make:
    """Sets the member NAME."""
    return lambda text: {name: convert(text)}


def flag(name: str) -> Callable[[bool], AwsDict]:
    """Sets the member NAME to true or false."""
    return lambda value: {name: value}


def within(name: str, fragment: AwsDict) -> AwsDict:
    """Return FRAGMENT as the member NAME, an empty fragment if FRAGMENT is empty."""
    return {name: fragment} if fragment else {}


def within_units(name: str, side: str) -> Make:
    """Sets the number SIDE in the member NAME."""
    return lambda text: {name: {side: shorthand.units(text)}}


def hash_key(text: str) -> AwsDict:
    """`Artist:S`: the hash key of the table or index."""
    return _keys(shorthand.key(text), "HASH")


def range_key(text: str) -> AwsDict:
    """`SongTitle:S`: the range key of the table or index."""
    return _keys(shorthand.key(text), "RANGE")


def capacity(side: str) -> Make:
    """Sets SIDE, `Read` or `Write`, of the provisioned throughput."""
    return within_units("ProvisionedThroughput", f"{side}CapacityUnits")


def on_demand_limit(side: str) -> Make:
    """Sets the ceiling of SIDE, `Read` or `Write`, of an on-demand table or index."""
    return within_units("OnDemandThroughput", f"Max{side}RequestUnits")


def warm_throughput(side: str) -> Make:
    """Sets SIDE, `Read` or `Write`, of the warm throughput."""
    return within_units("WarmThroughput", f"{side}UnitsPerSecond")


def projection(text: str) -> AwsDict:
    """`ALL`, `KEYS_ONLY` or `INCLUDE:a+b`: the attributes that an index copies."""
    kind, colon, attributes = text.partition(":")
    if kind not in ("ALL", "KEYS_ONLY", "INCLUDE"):
        raise ValueError(f"{text!r} is not ALL, KEYS_ONLY or INCLUDE:attribute+attribute")
    included: AwsDict = {"NonKeyAttributes": attributes.split("+")} if colon else {}
    return {"Projection": {"ProjectionType": kind, **included}}


def tag(text: str) -> AwsDict:
    """`KEY=VALUE`: one tag."""
    key, value = shorthand.pair(text)
    return {"Tags": [{"Key": key, "Value": value}]}


def stream(text: str) -> AwsDict:
    """A view type such as `NEW_IMAGE` turns the stream on, `off` turns it off."""
    if text == "off":
        return {"StreamSpecification": {"StreamEnabled": False}}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": text}}


def encryption(text: str) -> AwsDict:
    """`aws-owned`, `kms` for the AWS managed KMS key, or your own KMS key."""
    if text == "aws-owned":
        return {"SSESpecification": {"Enabled": False}}
    own: AwsDict = {} if text == "kms" else {"KMSMasterKeyId": text}
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS", **own}}


def global_index(text: str) -> AwsDict:
    """The shorthand of a global secondary index that is created with its table."""
    found = shorthand.fields(text, _INDEX_FIELDS, ["name", "hash"])
    return _index(found, "GlobalSecondaryIndexes")


def local_index(text: str) -> AwsDict:
    """The shorthand of a local secondary index. `with_table_hash` sets its hash key."""
    found = shorthand.fields(text, _LOCAL_FIELDS, ["name", "range"])
    return _index(found, "LocalSecondaryIndexes")


def index_capacity(text: str) -> AwsDict:
    """`name=Genre,read=5,write=5`: the new capacity of an existing index."""
    found = shorthand.fields(text, _CAPACITY_FIELDS, _CAPACITY_FIELDS)
    update = {"IndexName": found["name"], **_fragments(found)}
    return {"GlobalSecondaryIndexUpdates": [{"Update": update}]}


def _keys(parts: Sequence[KeyPart], kind: str) -> AwsDict:
    return {
        "KeySchema": [{"AttributeName": part.name, "KeyType": kind} for part in parts],
        ATTRIBUTES: [{"AttributeName": part.name, "AttributeType": part.type} for part in parts],
    }


_INDEX_MAKERS: Mapping[str, Make] = {
    "name": member("IndexName"),
    "hash": hash_key,
    "range": range_key,
    "projection": projection,
    "read": capacity("Read"),
    "write": capacity("Write"),
}


def _fragments(found: Mapping[str, str]) -> AwsDict:
    return merge(*(_INDEX_MAKERS[name](text) for name, text in found.items() if name != "name"))


def _index(found: Mapping[str, str], listed: str) -> AwsDict:
    attributes, index = split_attributes(_fragments({"projection": "ALL", **found}))
    return {listed: [{"IndexName": found["name"], **index}], **attributes}
