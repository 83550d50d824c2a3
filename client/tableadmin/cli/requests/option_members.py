"""What each option adds to a request: AWS members, from what was written on the command line.

A fragment is an AWS-shaped dict with the members that one option sets. `merged` puts fragments together, and
`overridden` lays them over the request of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from tableadmin.cli.requests import shorthand
from tableadmin.cli.requests.shorthand import KeyPart

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue

Make: TypeAlias = "Callable[[str], AwsDict]"

ATTRIBUTES = "AttributeDefinitions"
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
    """FRAGMENT as the member NAME; nothing where it is empty."""
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
    """`ALL`, `KEYS_ONLY` or `INCLUDE:a+b`: what an index copies."""
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
    """`NEW_IMAGE` and so on: the stream with that view, or `off`."""
    if text == "off":
        return {"StreamSpecification": {"StreamEnabled": False}}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": text}}


def encryption(text: str) -> AwsDict:
    """`aws-owned`, `kms` for the key that AWS manages in KMS, or a KMS key of one's own."""
    if text == "aws-owned":
        return {"SSESpecification": {"Enabled": False}}
    own: AwsDict = {} if text == "kms" else {"KMSMasterKeyId": text}
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS", **own}}


def global_index(text: str) -> AwsDict:
    """A global secondary index in the shorthand of indexes, to be made with its table."""
    found = shorthand.fields(text, _INDEX_FIELDS, ["name", "hash"])
    return _index(found, "GlobalSecondaryIndexes")


def local_index(text: str) -> AwsDict:
    """A local secondary index; its hash key is the table's, see `with_table_hash`."""
    found = shorthand.fields(text, _LOCAL_FIELDS, ["name", "range"])
    return _index(found, "LocalSecondaryIndexes")


def index_capacity(text: str) -> AwsDict:
    """`name=Genre,read=5,write=5`: other capacity for an index that exists."""
    found = shorthand.fields(text, _CAPACITY_FIELDS, _CAPACITY_FIELDS)
    update = {"IndexName": found["name"], **_fragments(found)}
    return {"GlobalSecondaryIndexUpdates": [{"Update": update}]}


def merged(*fragments: AwsDict) -> AwsDict:
    """All FRAGMENTS as one: objects are merged, lists joined.

    Raises ValueError for an attribute that has two types.
    """
    whole: AwsDict = {}
    for fragment in fragments:
        for name, value in fragment.items():
            whole[name] = _joined(whole[name], value) if name in whole else value
    return _tidied(whole)


def overridden(document: AwsDict, flags: AwsDict) -> AwsDict:
    """DOCUMENT with what FLAGS say in its place: objects are merged, lists replaced, attributes by name.

    Going on demand drops the document's provisioned throughput.
    """
    whole: AwsDict = dict(document)
    if flags.get("BillingMode") == "PAY_PER_REQUEST":
        whole.pop("ProvisionedThroughput", None)
    for name, value in flags.items():
        old = whole.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        whole[name] = _joined(old, value) if both else value
    whole.update(_attributes(document, flags))
    return whole


def with_table_hash(request: AwsDict) -> AwsDict:
    """REQUEST with the table's hash key put into its local indexes that have none."""
    hashes = [each for each in _objects(request, "KeySchema") if each.get("KeyType") == "HASH"]
    indexes = [_keyed(index, hashes) for index in _objects(request, "LocalSecondaryIndexes")]
    return {**request, "LocalSecondaryIndexes": indexes} if indexes else request


def split_attributes(request: AwsDict) -> tuple[AwsDict, AwsDict]:
    """The attribute definitions of REQUEST, as its own fragment, and the rest: an index to be created."""
    rest = {name: value for name, value in request.items() if name != ATTRIBUTES}
    return {ATTRIBUTES: request.get(ATTRIBUTES, [])}, rest


def _keyed(index: AwsDict, hashes: Sequence[AwsDict]) -> AwsDict:
    schema = _objects(index, "KeySchema")
    if any(each.get("KeyType") == "HASH" for each in schema):
        return index
    return {**index, "KeySchema": [*hashes, *schema]}


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
    return merged(*(_INDEX_MAKERS[name](text) for name, text in found.items() if name != "name"))


def _index(found: Mapping[str, str], listed: str) -> AwsDict:
    attributes, index = split_attributes(_fragments({"projection": "ALL", **found}))
    return {listed: [{"IndexName": found["name"], **index}], **attributes}


def _joined(old: AwsValue, new: AwsValue) -> AwsValue:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **new}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return new


def _tidied(request: AwsDict) -> AwsDict:
    """REQUEST with each attribute defined once, and hash keys before range keys as AWS wants them."""
    tidy = {**request, **_attributes(request)}
    ordered = sorted(_objects(tidy, "KeySchema"), key=_is_range)
    return {**tidy, "KeySchema": ordered} if ordered else tidy


def _is_range(element: AwsDict) -> bool:
    return element.get("KeyType") == "RANGE"


def _attributes(*requests: AwsDict) -> AwsDict:
    """Each attribute that REQUESTS define, once, with the type that the last of them gives it."""
    types: dict[str, str] = {}
    for request in requests:
        types.update(_types(request))
    named = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return {ATTRIBUTES: named} if named else {}


def _types(request: AwsDict) -> dict[str, str]:
    types: dict[str, str] = {}
    for each in _objects(request, ATTRIBUTES):
        name, kind = str(each.get("AttributeName")), str(each.get("AttributeType"))
        if types.setdefault(name, kind) != kind:
            raise ValueError(f"{name} is {types[name]} in one place and {kind} in another")
    return types


def _objects(request: AwsDict, name: str) -> list[AwsDict]:
    return cast("list[AwsDict]", request.get(name) or [])
