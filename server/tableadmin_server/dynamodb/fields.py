"""Finds the fields of a request that a validation text is about, as paths of the contract.

Texts of AWS's framework and of botocore have the path. DynamoDB's own texts only describe the field, so a
table maps them to members. Other texts give no field violation: a wrong field would be worse than none.
"""

import re
from collections.abc import Collection, Iterator
from typing import cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from tableadmin.awsshape import member_name

# AWS's framework says: Value '0' at 'keySchema.1.member.keyType' failed to satisfy constraint: ...
_CONSTRAINT = re.compile(r"at '([\w.]+)' failed to satisfy constraint: (.+?)(?=; Value |$)")
# botocore says: Invalid length for parameter KeySchema[0].AttributeName, value: 0, valid min length: 1
_PARAMETER = re.compile(r"Invalid \w+ for parameter ([\w.\[\]]+), ([^;]+)")
# or: Missing required parameter in KeySchema[0]: "AttributeName"
_MISSING = re.compile(r"(Missing required|Unknown) parameter in ([\w.\[\]]+): \"(\w+)\"")

_GSIS = ("GlobalSecondaryIndexes", "GlobalSecondaryIndexUpdates")
_INDEXES = (*_GSIS, "LocalSecondaryIndexes")

# Texts of DynamoDB and the engines: (text, members that it may be about). The first row counts that matches
# and has a member of the request. Of its members the first that the request sets counts, else the first.
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # The text lists all members that can be updated. The request has none of them.
    (r"At least one of", ()),
    (r"[Tt]able/index name|^TableName |[Tt]able name", ("TableName",)),
    (
        r"AttributeDefinitions|[Aa]ttribute [Dd]efinition|[Kk]ey not specified|have no definition",
        ("AttributeDefinitions",),
    ),
    (
        r"[Ll]ocal ?[Ss]econdary ?[Ii]nd|does not have a range key|leading hash key",
        ("LocalSecondaryIndexes",),
    ),
    (r"[Gg]lobal ?[Ss]econdary ?[Ii]nd", _GSIS),
    (r"[Dd]uplicate index|index which already exists|NonKeyAttributes|[Pp]rojection", _INDEXES),
    (r"for (the )?index", _INDEXES),
    (r"KeySchema|[Kk]ey [Ss]chema", ("KeySchema", *_GSIS)),
    (r"StreamViewType|[Ss]tream", ("StreamSpecification",)),
    (r"TimeToLive", ("TimeToLiveSpecification",)),
    (r"OnDemandThroughput", ("OnDemandThroughput",)),
    (r"WarmThroughput", ("WarmThroughput",)),
    (r"[Tt]hroughput|CapacityUnits", ("ProvisionedThroughput",)),
    (r"BillingMode", ("BillingMode",)),
    (r"\b[Tt]ag", ("Tags", "TagKeys")),
    (r"\bARN\b|Arn\b", ("ResourceArn",)),
    (r"^Limit ", ("Limit",)),
)


def violations(message: str, request: Message) -> list[tuple[str, str]]:
    """Return the fields of REQUEST that MESSAGE is about, each with its problem."""
    descriptor = cast("Descriptor", request.DESCRIPTOR)
    named = [(field_path(path, descriptor), problem) for path, problem in _named(message)]
    found = [(field, problem) for field, problem in named if field]
    given = {field.name for field, _ in request.ListFields()}
    return found or [(field, message) for field in _described(message, descriptor, given)]


def field_path(aws_path: str, descriptor: Descriptor) -> str:
    """Return the proto path of `keySchema.1.member.keyType` or `KeySchema[0].KeyType`, "" if none exists."""
    indexed = re.sub(r"\.(\d+)\.member", lambda match: f"[{int(match[1]) - 1}]", aws_path)
    path: list[str] = []
    current: Descriptor | None = descriptor
    for part in indexed.split("."):
        name, bracket, index = part.partition("[")
        by_member = {member_name(field).lower(): field for field in (current.fields if current else ())}
        field = by_member.get(name.lower())
        if field is None:
            break
        path.append(field.name + bracket + index)
        current = field.message_type
    return ".".join(path)


def _named(message: str) -> Iterator[tuple[str, str]]:
    for path, problem in (*_CONSTRAINT.findall(message), *_PARAMETER.findall(message)):
        yield path, problem
    for what, where, member in _MISSING.findall(message):
        path = member if where == "input" else f"{where}.{member}"
        yield path, f"{what.lower()} parameter" if what == "Unknown" else "is required"


def _described(message: str, descriptor: Descriptor, given: Collection[str]) -> list[str]:
    fields = {member_name(field): field.name for field in descriptor.fields}
    for text, members in _TEXTS:
        possible = [fields[member] for member in members if member in fields]
        if re.search(text, message) and (possible or not members):
            return [field for field in possible if field in given][:1] or possible[:1]
    return []
