"""Data models of NoSQL Workbench."""

from collections.abc import Iterator

from tableadmin.formats import spec
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.tree import Record, Tree, below, pruned_record, record, records
from tableadmin.v1 import TableSpec

# What a model says, beside tables' names and keys; facets and data are no part of a table.
_NO_PART = frozenset(
    {
        *("NonKeyAttributes", "TableData", "TableFacets", "DataAccess", "AccessPatterns"),
        "SampleDataFormats",
    }
)
_READ = frozenset(
    {
        *("TableName", "KeyAttributes", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"),
        *("BillingMode", "ProvisionedCapacitySettings"),
    }
)
_NOT_IN_A_MODEL = (
    *("StreamSpecification", "SSESpecification", "TableClass", "DeletionProtectionEnabled", "Tags"),
    *("ResourcePolicy", "TimeToLiveSpecification", "PointInTimeRecoverySpecification", "OnDemandThroughput"),
    *("ContributorInsightsSpecification", "KinesisStreamSpecification", "Replicas", "VectorIndexes"),
)
_REASON = "not in the data model"
_KEYS = (("PartitionKey", "HASH"), ("PartitionKeys", "HASH"), ("SortKey", "RANGE"), ("SortKeys", "RANGE"))
# What NoSQL Workbench itself proposes for a table whose model says no capacity.
_USUAL: Record = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
_UNSAID = "the data model says no capacity; 5 units each for a new table, as NoSQL Workbench proposes"


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is a data model."""
    return isinstance(document, dict) and "DataModel" in document and "ModelName" in document


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables of the data model DOCUMENT. Raises SpecError."""
    del inputs
    model = records(record(document, "")["DataModel"], "DataModel")
    return Found([_found(table, f"DataModel[{number}]") for number, table in enumerate(model)])


def _found(table: Record, path: str) -> FoundTable:
    name = table.get("TableName")
    described = FoundTable(address=path, name=name if isinstance(name, str) else "")
    return with_spec(lambda notes: _spec(table, path, notes), described)


def _spec(table: Record, path: str, notes: list[str]) -> TableSpec:
    billing = table.get("BillingMode")
    settings = record(table.get("ProvisionedCapacitySettings"), below(path, "ProvisionedCapacitySettings"))
    provisioned = billing == "PROVISIONED"
    units = record(settings.get("ProvisionedThroughput"), path)
    capacity = (units or _USUAL) if provisioned else {}
    definitions: dict[str, Tree] = {}
    data: Record = {
        "TableName": table.get("TableName"),
        "KeySchema": _keys(table, path, definitions),
        "BillingMode": billing or "PAY_PER_REQUEST",
        "ProvisionedThroughput": {**capacity},
        **{
            member: _indexes(table, member, path, definitions, capacity)
            for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        },
        "Unmanaged": [*_scaled(settings, path)] if provisioned else [],
    }
    data["AttributeDefinitions"] = [
        {"AttributeName": name, "AttributeType": kind} for name, kind in definitions.items()
    ]
    notes += [
        f"{below(path, name)} is not known here and left out"
        for name in table
        if name not in _READ | _NO_PART
    ]
    made = spec.spec_of_data(pruned_record(data), path=path)
    spec.leave_unmanaged(made, _NOT_IN_A_MODEL, _REASON)
    if not billing:
        spec.leave_unmanaged(made, ["BillingMode"], _REASON)
    elif provisioned and not units:
        _leave_capacity(made)
    return made


def _leave_capacity(made: TableSpec) -> None:
    indexes = [f"GlobalSecondaryIndexes[{index.index_name}]." for index in made.global_secondary_indexes]
    spec.leave_unmanaged(made, [f"{of}ProvisionedThroughput" for of in ("", *indexes)], _UNSAID)


def _keys(of: Record, path: str, definitions: dict[str, Tree]) -> list[Tree]:
    """The key schema of a table or an index; its attributes are added to DEFINITIONS.

    A key of a global index may have several attributes, as a list.
    """
    attributes = record(of.get("KeyAttributes"), below(path, "KeyAttributes"))
    schema: list[Tree] = []
    for name, kind in _KEYS:
        value, place = attributes.get(name), below(path, f"KeyAttributes.{name}")
        for key in records(value, place) if isinstance(value, list) else [record(value, place)]:
            if key:
                schema.append({"AttributeName": key.get("AttributeName"), "KeyType": kind})
                definitions.setdefault(str(key.get("AttributeName")), key.get("AttributeType"))
    return schema


def _indexes(
    table: Record, member: str, path: str, definitions: dict[str, Tree], capacity: Record
) -> list[Tree]:
    indexes = records(table.get(member), below(path, member))
    return [
        {
            "IndexName": index.get("IndexName"),
            "KeySchema": _keys(index, below(path, f"{member}[{number}]"), definitions),
            "Projection": index.get("Projection"),
            "ProvisionedThroughput": {**capacity} if member == "GlobalSecondaryIndexes" else {},
        }
        for number, index in enumerate(indexes)
    ]


def _scaled(settings: Record, path: str) -> Iterator[Record]:
    """The capacity that auto scaling moves, with its bounds."""
    for name, units in (("AutoScalingRead", "ReadCapacityUnits"), ("AutoScalingWrite", "WriteCapacityUnits")):
        scaling = record(settings.get(name), below(path, name))
        bounds = record(scaling.get("ScalableTargetRequest"), below(path, name))
        if bounds:
            yield {
                "Path": f"ProvisionedThroughput.{units}",
                "Reason": "Application Auto Scaling",
                "Minimum": bounds.get("MinCapacity"),
                "Maximum": bounds.get("MaxCapacity"),
            }
