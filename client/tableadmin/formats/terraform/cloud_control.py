"""Tables that have CloudFormation's properties: of Terraform's provider awscc, and of AWS Cloud Control.

Pulumi's aws-native is the same. Such a provider leaves alone the properties that nobody wrote.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tableadmin.awsshape import to_aws
from tableadmin.formats import spec
from tableadmin.formats.cloudformation import reading as cloudformation
from tableadmin.formats.error import SpecError, merge_errors
from tableadmin.formats.found import Found, FoundTable
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.terraform.resources import Resource, is_configured, unknown_leaves
from tableadmin.formats.terraform.unmanaged import path_text, refusal
from tableadmin.formats.text.tree import Record, Tree, pruned_record, record
from tableadmin.v1 import TableSpec

_TYPES: Mapping[str, str] = {
    "awscc_dynamodb_table": "AWS::DynamoDB::Table",
    "awscc_dynamodb_global_table": "AWS::DynamoDB::GlobalTable",
}
# A resource of any type, whose properties are a text of JSON.
ANY = "aws_cloudcontrolapi_resource"
_PROPERTIES = "desired_state"
_NAME = "table_name"
_LOGICAL_ID = "Table"
_PREFIX = f"Resources.{_LOGICAL_ID}.Properties"
# What the provider shows and nobody configures.
_SHOWN_ONLY = frozenset({"arn", "id", "region", "stream_arn", "table_id"})
# What AWS chooses where nobody configures it.
_CHOSEN = "WarmThroughput"
_ABBREVIATIONS = {"Sse": "SSE", "Kms": "KMS"}
_OPTIONAL = (
    *("ContributorInsightsSpecification", "DeletionProtectionEnabled", "GlobalSecondaryIndexes"),
    *("KinesisStreamSpecification", "OnDemandThroughput", "PointInTimeRecoverySpecification"),
    *("ResourcePolicy", "SSESpecification", "StreamSpecification", "TableClass", "Tags"),
    *("TimeToLiveSpecification", "VectorIndexes"),
)
_REASON = "not in the configuration, and the provider keeps what is set"


def is_table(resource: Resource) -> bool:
    """Whether RESOURCE is a table with CloudFormation's properties."""
    return bool(_type(resource))


def pascal(name: str) -> str:
    """CloudFormation's name of the property NAME: `SSEType` for sse_type or sseType."""
    joined = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    head = joined[:3]
    return _ABBREVIATIONS.get(head, head) + joined[3:]


def found(resource: Resource, inputs: Inputs) -> Found:
    """The table that RESOURCE is."""
    name = _name(resource)
    described = FoundTable(address=resource.address, name=name, region=resource.region, file=resource.file)
    try:
        properties = _properties(resource, inputs)
    except SpecError as error:
        return Found([replace(described, refusal=error.within(table=name, line=resource.line))])
    region = {"AWS::Region": resource.region} if resource.region else {}
    template: Record = {
        "Resources": {_LOGICAL_ID: {"Type": _type(resource), "Properties": properties}},
    }
    read = cloudformation.read(template, replace(inputs, deployed={**region, **inputs.deployed}))
    return Found([_placed(table, resource) for table in read.tables])


def _type(resource: Resource) -> str:
    if resource.type == ANY:
        named = resource.values.get("type_name")
        return str(named) if named in _TYPES.values() else ""
    return _TYPES.get(resource.type, "")


def _name(resource: Resource) -> str:
    return str(resource.values.get(_NAME) or "")


def _placed(table: FoundTable, resource: Resource) -> FoundTable:
    """TABLE with the address of RESOURCE in the place of those of the template."""
    refusal_of = table.refusal and table.refusal.within(line=resource.line)
    if refusal_of:
        refusal_of.path = refusal_of.path.replace(_PREFIX, resource.address, 1)
        refusal_of.table = _name(resource)
    if table.spec:
        _leave_what_is_not_said(table.spec)
    return replace(
        table,
        address=resource.address,
        logical_id="",
        name=table.name or _name(resource),
        region=resource.region,
        file=resource.file,
        refusal=refusal_of,
        notes=[note.replace(_PREFIX, resource.address) for note in table.notes],
    )


def _leave_what_is_not_said(made: TableSpec) -> None:
    said = to_aws(made).keys()
    spec.leave_unmanaged(made, [member for member in _OPTIONAL if member not in said], _REASON)


def _properties(resource: Resource, inputs: Inputs) -> Record:
    """The properties that are configured. Raises SpecError for those that are not known, all at once."""
    errors = [*_not_known(resource, inputs)]
    if errors:
        raise merge_errors(errors)
    values = resource.values
    if resource.type == ANY:
        properties = record(_from_json(values.get(_PROPERTIES)), f"{resource.address}.{_PROPERTIES}")
    else:
        kept = {name: value for name, value in values.items() if name not in _SHOWN_ONLY}
        properties = record(_renamed(pruned_record(kept), pascal), resource.address)
    if not properties.get("TableName"):
        path = f"{resource.address}.{_NAME}"
        given = inputs.parameter(path)
        if given is None:
            need = f"--param '{path}=VALUE'"
            raise SpecError(f"is required: AWS would make up a name; give {need}", path=path, needs=[need])
        properties = {**properties, "TableName": given}
    return properties if _is_configured(resource, "warm_throughput") else _without_chosen(properties)


def _not_known(resource: Resource, inputs: Inputs) -> Iterator[SpecError]:
    for name, unknown in resource.unknown.items():
        member = pascal(name)
        for steps, cause in unknown_leaves(unknown):
            path = f"{resource.address}.{path_text((name, *steps))}"
            if name in _SHOWN_ONLY or not _is_configured(resource, name) or inputs.leaves_alone(member):
                continue
            yield refusal(path, cause, member if member in _OPTIONAL else "")


def _is_configured(resource: Resource, name: str) -> bool:
    """Whether somebody wrote a value for the attribute NAME."""
    if resource.source == "plan":
        return is_configured(resource.expressions, [name])
    return resource.source == "configuration"


def _renamed(tree: Tree, rename: Callable[[str], str]) -> Tree:
    """TREE with the names that RENAME gives; texts of JSON in the place of objects are read."""
    if isinstance(tree, list):
        return [_renamed(item, rename) for item in tree]
    if not isinstance(tree, dict):
        return tree
    found_here: Record = {}
    for name, value in tree.items():
        to = rename(name)
        found_here[to] = _OF_JSON[to](value) if to in _OF_JSON else _renamed(value, rename)
    return found_here


def _from_json(value: Tree) -> Tree:
    """What VALUE is, which may be a text of JSON."""
    try:
        read: Tree = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return read


def _keys(value: Tree) -> Tree:
    return _renamed(_from_json(value), pascal)


# The schema of awscc has these properties as texts of JSON, since CloudFormation permits several forms.
_OF_JSON: Mapping[str, Callable[[Tree], Tree]] = {"KeySchema": _keys, "PolicyDocument": _from_json}


def _without_chosen(properties: Record) -> Record:
    """PROPERTIES without what AWS has chosen, of the table and of its indexes."""
    kept = {name: value for name, value in properties.items() if name != _CHOSEN}
    return {
        name: [_without_chosen(record(item, name)) for item in value]
        if name == "GlobalSecondaryIndexes" and isinstance(value, list)
        else value
        for name, value in kept.items()
    }
