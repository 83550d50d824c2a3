"""AWS::Serverless::SimpleTable: a table with one key attribute, as SAM makes it."""

from tableadmin.formats.cloudformation.properties import Resource, check_members, rename_properties
from tableadmin.formats.error import SpecError
from tableadmin.formats.text.fitting import as_text
from tableadmin.formats.text.tree import Record, Tree, pick, record
from tableadmin.v1 import TableSpec

_PASSED = ("TableName", "PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification")
_TYPES = {"String": "S", "Number": "N", "Binary": "B"}


def read(resource: Resource) -> TableSpec:
    """The spec of the simple table RESOURCE: on demand, unless ProvisionedThroughput is given."""
    properties = resource.properties()
    check_members(properties, {*_PASSED, "PrimaryKey", "Tags"}, resource.path)
    path = f"{resource.path}.PrimaryKey"
    key = record(properties.get("PrimaryKey"), path)
    check_members(key, ("Name", "Type"), path)
    name, kind = key.get("Name", "id"), as_text(_scalar(key.get("Type", "String"), f"{path}.Type"))
    if kind not in _TYPES:
        raise SpecError(f"may be {', '.join(_TYPES)}, not {kind}", path=f"{path}.Type")
    data: Record = {
        **rename_properties(pick(properties, *_PASSED), resource),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": _TYPES[kind]}],
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        "BillingMode": "PROVISIONED" if properties.get("ProvisionedThroughput") else "PAY_PER_REQUEST",
        "Tags": [
            {"Key": tag, "Value": value}
            for tag, value in record(properties.get("Tags"), f"{resource.path}.Tags").items()
        ],
    }
    return resource.specified(data)


def _scalar(tree: Tree, path: str) -> str | int | float | bool:
    if isinstance(tree, str | int | float | bool):
        return tree
    raise SpecError("must be text", path=path)
