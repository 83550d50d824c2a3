"""Rules between members of a spec: keys and the definitions of their attributes."""

from collections.abc import Iterator, Sequence

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, repetitions, structure, text
from tableadmin_server.planner.rules import limits
from tableadmin_server.planner.rules.constraint import Violation


def table_key(spec: AwsDict) -> Iterator[Violation]:
    """The key is one HASH attribute, then at most one RANGE attribute, which is a different one."""
    keys = elements(spec, "KeySchema")
    types = [text(key, "KeyType") for key in keys]
    if keys and types not in (["HASH"], ["HASH", "RANGE"]):
        yield Violation("KeySchema", "must be one HASH attribute, then at most one RANGE attribute")
    yield from _distinct(keys, "KeySchema")


def local_index_keys(spec: AwsDict) -> Iterator[Violation]:
    """The key is the table's HASH attribute, then one RANGE attribute. The table has one too."""
    table = elements(spec, "KeySchema")
    hashes = [text(key, "AttributeName") for key in table if text(key, "KeyType") == "HASH"]
    for number, index in enumerate(elements(spec, "LocalSecondaryIndexes")):
        path = f"LocalSecondaryIndexes[{number}].KeySchema"
        keys = elements(index, "KeySchema")
        if len(table) == 1:
            yield Violation(path, "requires a table key with a RANGE attribute")
        if keys and [text(key, "KeyType") for key in keys] != ["HASH", "RANGE"]:
            yield Violation(path, "must be the table's HASH attribute, then one RANGE attribute")
        elif keys and hashes and text(keys[0], "AttributeName") not in hashes:
            yield Violation(f"{path}[0]", f"must be the table's HASH attribute {hashes[0]}")
        yield from _distinct(keys, path)


def global_index_keys(spec: AwsDict) -> Iterator[Violation]:
    """The key is 1 or more HASH attributes, then RANGE attributes, with a maximum of each type."""
    most = limits.MAX_INDEX_KEY_ATTRIBUTES
    for number, index in enumerate(elements(spec, "GlobalSecondaryIndexes")):
        path = f"GlobalSecondaryIndexes[{number}].KeySchema"
        keys = elements(index, "KeySchema")
        types = [text(key, "KeyType") for key in keys]
        hashes, ranges = types.count("HASH"), types.count("RANGE")
        in_order = types == ["HASH"] * hashes + ["RANGE"] * ranges
        if keys and not (in_order and 1 <= hashes <= most and ranges <= most):
            yield Violation(path, f"must be 1 to {most} HASH attributes, then 0 to {most} RANGE attributes")
        yield from _distinct(keys, path)


def definitions(spec: AwsDict) -> Iterator[Violation]:
    """Every attribute of a key is defined once, and every defined attribute is in a key."""
    defined = [text(each, "AttributeName") for each in elements(spec, "AttributeDefinitions")]
    used = dict(_key_attributes(spec))
    known = set(defined)
    for name, path in used.items():
        if name and name not in known:
            yield Violation(path, f"{name} is not in AttributeDefinitions")
    searched = set(_searched(spec))
    repeated = set(repetitions(defined))
    for number, name in enumerate(defined):
        path = f"AttributeDefinitions[{number}]"
        if number in repeated:
            yield Violation(path, f"{name} is defined twice")
        elif name and name not in used and name not in searched:
            yield Violation(path, f"{name} is not used by any key of the table or its indexes")


def _key_attributes(spec: AwsDict) -> Iterator[tuple[str, str]]:
    """The attributes of all keys with the paths of their uses, the first use of each last."""
    holders: list[tuple[AwsDict, str]] = [(spec, "")]
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        holders += [(index, f"{member}[{n}].") for n, index in enumerate(elements(spec, member))]
    for holder, prefix in reversed(holders):
        for number, key in enumerate(elements(holder, "KeySchema")):
            yield text(key, "AttributeName"), f"{prefix}KeySchema[{number}].AttributeName"


def _searched(spec: AwsDict) -> Iterator[str]:
    """The attributes of vector indexes, which may be defined although they are in no key."""
    for index in elements(spec, "VectorIndexes"):
        yield text(structure(index, "VectorAttribute"), "AttributeName")
        yield from (text(each, "AttributeName") for each in elements(index, "SearchSchema"))


def _distinct(keys: Sequence[AwsDict], path: str) -> Iterator[Violation]:
    names = [text(key, "AttributeName") for key in keys]
    for number in repetitions(names):
        yield Violation(f"{path}[{number}].AttributeName", f"{names[number]} is already part of the key")
