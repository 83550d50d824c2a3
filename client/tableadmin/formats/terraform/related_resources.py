"""Resources that are part of a table, or about one, and have a block of their own."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tableadmin.formats.error import SpecError
from tableadmin.formats.terraform.resources import Resource
from tableadmin.formats.terraform.shown import instance_of, module_of
from tableadmin.formats.terraform.table import (
    CEILINGS,
    ON_DEMAND,
    WARM,
    block,
    blocks,
    projection,
    renamed,
)
from tableadmin.formats.terraform.unmanaged import Unmanaged
from tableadmin.formats.text.tree import Record, Tree, below, records

TABLE = "aws_dynamodb_table"
_AUTO_SCALING = "Application Auto Scaling"
_CAPACITY = re.compile(r"dynamodb:(?P<of>table|index):(?P<units>Read|Write)CapacityUnits")
_SCALED = re.compile(r"table/(?P<table>[^/]+)(?:/index/(?P<index>[^/]+))?")


class Draft(NamedTuple):
    """A table as it is being read: its resource, the members of its spec, what it leaves alone, and notes."""

    table: Resource
    data: Record
    unmanaged: Unmanaged
    notes: list[str]


class RelatedType(NamedTuple):
    """A type of resources that belong to tables: the attribute that names the table, and how one is read.

    `attributes` are those that are read or need not be.
    """

    attribute: str
    read: Callable[[Resource, Draft], None]
    attributes: frozenset[str]


def _kinesis(resource: Resource, draft: Draft) -> None:
    values = resource.values
    draft.data["KinesisStreamSpecification"] = {
        "StreamArn": values.get("stream_arn"),
        "ApproximateCreationDateTimePrecision": values.get("approximate_creation_date_time_precision")
        or None,
    }


def _insights(resource: Resource, draft: Draft) -> None:
    if resource.values.get("index_name"):
        draft.notes.append(
            f"{resource.address}: Contributor Insights of an index are not part of a spec and left out"
        )
        return
    mode = resource.values.get("mode") or None
    draft.data["ContributorInsightsSpecification"] = {"Enabled": True, "Mode": mode}


def _policy(resource: Resource, draft: Draft) -> None:
    draft.data["ResourcePolicy"] = resource.values.get("policy")


def _tag(resource: Resource, draft: Draft) -> None:
    key = resource.values.get("key")
    draft.unmanaged.only_others("Tags")
    others = [tag for tag in records(draft.data["Tags"], "tags") if tag.get("Key") != key]
    draft.data["Tags"] = [*others, {"Key": key, "Value": resource.values.get("value")}]


def _replica(resource: Resource, draft: Draft) -> None:
    values, path = resource.values, resource.address
    if not resource.region:
        raise SpecError("its region is not known", path=path, needs=("--unmanaged Replicas",))
    draft.notes.extend(
        f"{path}: {name} of a replica is not part of a spec and left out"
        for name in ("point_in_time_recovery", "deletion_protection_enabled", "tags")
        if values.get(name)
    )
    replica: Record = {
        "RegionName": resource.region,
        "KMSMasterKeyId": values.get("kms_key_arn") or None,
        "TableClassOverride": values.get("table_class_override") or None,
    }
    draft.unmanaged.only_others("Replicas")
    before = records(draft.data["Replicas"], "replica")
    others = [each for each in before if each.get("RegionName") != resource.region]
    draft.data["Replicas"] = [*others, replica]


def _index(resource: Resource, draft: Draft) -> None:
    values, path = resource.values, resource.address
    schema = blocks(values, "key_schema", path)
    on_demand = draft.data["BillingMode"] == ON_DEMAND
    names = {"read_capacity_units": "ReadCapacityUnits", "write_capacity_units": "WriteCapacityUnits"}
    units = renamed(block(values, "provisioned_throughput", path), names)
    ceilings = renamed(block(values, "on_demand_throughput", path), CEILINGS)
    index: Record = {
        "IndexName": values.get("index_name"),
        "KeySchema": [
            {"AttributeName": key.get("attribute_name"), "KeyType": key.get("key_type")} for key in schema
        ],
        "Projection": projection(block(values, "projection", path)),
        "ProvisionedThroughput": {} if on_demand else units,
        "OnDemandThroughput": ceilings if on_demand else {},
        "WarmThroughput": renamed(block(values, "warm_throughput", path), WARM)
        if resource.configured("warm_throughput")
        else {},
    }
    draft.unmanaged.only_others("GlobalSecondaryIndexes")
    before = records(draft.data["GlobalSecondaryIndexes"], "global_secondary_index")
    others = [each for each in before if each.get("IndexName") != values.get("index_name")]
    draft.data["GlobalSecondaryIndexes"] = [*others, index]
    _define(schema, draft)


def _define(schema: Sequence[Record], draft: Draft) -> None:
    """Add the attributes of an index's SCHEMA to the definitions of the table."""
    before = records(draft.data["AttributeDefinitions"], "attribute")
    defined = {str(each.get("AttributeName")) for each in before}
    draft.data["AttributeDefinitions"] = [
        *before,
        *(
            {"AttributeName": key.get("attribute_name"), "AttributeType": key.get("attribute_type")}
            for key in schema
            if str(key.get("attribute_name")) not in defined
        ),
    ]


def _older_global_table(resource: Resource, draft: Draft) -> None:
    draft.notes.append(
        f"{resource.address}: a global table of version 2017.11.29 is not part of a spec and left as it is"
    )
    draft.unmanaged.add("Replicas", "a global table of version 2017.11.29 has them")


def _scaling(resource: Resource, draft: Draft) -> None:
    values = resource.values
    capacity = _CAPACITY.fullmatch(str(values.get("scalable_dimension")))
    scaled = _SCALED.fullmatch(str(values.get("resource_id")))
    if not capacity or not scaled:
        raise SpecError("is no capacity of a table or an index", path=below(resource.address, "resource_id"))
    if draft.data["BillingMode"] == ON_DEMAND:
        draft.notes.append(f"{resource.address}: the table is on demand: auto scaling does nothing")
        return
    path = f"ProvisionedThroughput.{capacity['units']}CapacityUnits"
    index = f"GlobalSecondaryIndexes[{scaled['index']}]." if scaled["index"] else ""
    bounds = {
        name: value
        for name, value in (("Minimum", values.get("min_capacity")), ("Maximum", values.get("max_capacity")))
        if value is not None
    }
    draft.unmanaged.add(f"{index}{path}", _AUTO_SCALING, **bounds)


RELATED_TYPES: Mapping[str, RelatedType] = {
    "aws_appautoscaling_target": RelatedType(
        "resource_id",
        _scaling,
        frozenset(
            {
                *("arn", "id", "max_capacity", "min_capacity", "region", "resource_id", "role_arn"),
                *("scalable_dimension", "service_namespace", "suspended_state", "tags", "tags_all"),
            }
        ),
    ),
    "aws_dynamodb_contributor_insights": RelatedType(
        "table_name", _insights, frozenset({"id", "index_name", "mode", "region", "table_name", "timeouts"})
    ),
    "aws_dynamodb_global_secondary_index": RelatedType(
        "table_name",
        _index,
        frozenset(
            {
                *("arn", "id", "index_name", "key_schema", "on_demand_throughput", "projection"),
                *("provisioned_throughput", "region", "table_name", "timeouts", "warm_throughput"),
            }
        ),
    ),
    "aws_dynamodb_global_table": RelatedType(
        "name", _older_global_table, frozenset({"arn", "id", "name", "region", "replica", "timeouts"})
    ),
    "aws_dynamodb_kinesis_streaming_destination": RelatedType(
        "table_name",
        _kinesis,
        frozenset({"approximate_creation_date_time_precision", "id", "region", "stream_arn", "table_name"}),
    ),
    "aws_dynamodb_resource_policy": RelatedType(
        "resource_arn",
        _policy,
        frozenset(
            {"confirm_remove_self_resource_access", "id", "policy", "region", "resource_arn", "revision_id"}
        ),
    ),
    "aws_dynamodb_table_replica": RelatedType(
        "global_table_arn",
        _replica,
        frozenset(
            {
                *("arn", "deletion_protection_enabled", "global_table_arn", "id", "kms_key_arn"),
                *("point_in_time_recovery", "region", "table_class_override", "tags", "tags_all", "timeouts"),
            }
        ),
    ),
    "aws_dynamodb_tag": RelatedType(
        "resource_arn", _tag, frozenset({"id", "key", "region", "resource_arn", "value"})
    ),
}
# What the unmanaged member of a table is called when its related resource can't be read.
MEMBERS: Mapping[str, str] = {
    "aws_appautoscaling_target": "ProvisionedThroughput",
    "aws_dynamodb_contributor_insights": "ContributorInsightsSpecification",
    "aws_dynamodb_global_secondary_index": "GlobalSecondaryIndexes",
    "aws_dynamodb_global_table": "Replicas",
    "aws_dynamodb_kinesis_streaming_destination": "KinesisStreamSpecification",
    "aws_dynamodb_resource_policy": "ResourcePolicy",
    "aws_dynamodb_table_replica": "Replicas",
    "aws_dynamodb_tag": "Tags",
}
# A replica is in another region than its table.
_OF_OTHER_REGIONS = frozenset({"aws_dynamodb_global_table", "aws_dynamodb_table_replica"})
# What tells that a resource of a type that is not read may be about a table.
_ABOUT_TABLES = ("aws_dynamodb_", "awscc_dynamodb_", "aws_cloudformation_stack")
_ANY_TYPE = "aws_cloudcontrolapi_resource"


def about_tables(resource: Resource) -> bool:
    """Whether RESOURCE is about a table, whether it is read or not."""
    if resource.type.startswith("aws_appautoscaling_"):
        namespace = resource.values.get("service_namespace")
        return namespace == "dynamodb" or str(resource.values.get("resource_id")).startswith("table/")
    if resource.type == _ANY_TYPE:
        return str(resource.values.get("type_name")).startswith("AWS::DynamoDB::")
    return resource.type.startswith(_ABOUT_TABLES)


def owners(related: Resource, tables: Sequence[Resource]) -> list[Resource]:
    """Those of TABLES that RELATED names or refers to; several where its own values don't tell."""
    attribute = RELATED_TYPES[related.type].attribute
    named = related.values.get(attribute)
    tables = [table for table in tables if is_in_region(related, table)]
    if named:
        return [table for table in tables if _is_called(table, str(named))]
    references = related.references.get(attribute, frozenset())
    found = [table for table in tables if any(_refers(each, table) for each in references)]
    exact = [table for table in found if any(each.startswith(f"{table.address}.") for each in references)]
    same_key = [table for table in found if _key(table.address) == _key(related.address)]
    return next((chosen for chosen in (exact, same_key) if len(chosen) == 1), found)


def is_in_region(related: Resource, table: Resource) -> bool:
    """Whether RELATED can be about TABLE: a tag or a policy of another region is about a replica."""
    if related.type in _OF_OTHER_REGIONS or not (related.region and table.region):
        return True
    return related.region == table.region


def _is_called(table: Resource, named: str) -> bool:
    name = table.values.get("name")
    scaled = _SCALED.fullmatch(named)
    arn = re.fullmatch(r"arn:[^:]*:dynamodb:[^:]*:[^:]*:table/([^/]+)", named)
    return bool(name) and name in (named, scaled and scaled["table"], arn and arn[1])


def _refers(reference: str, table: Resource) -> bool:
    """Whether REFERENCE is to TABLE, to all of its instances, or to the module that it is in."""
    module = re.fullmatch(
        r"((?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*module\.[^.\[]+)(?:\[[^\]]*\])?\.[^.]+", reference
    )
    if module:
        return instance_of(module_of(table.address).removesuffix(".")) == module[1]
    return reference in (table.address, instance_of(table.address)) or reference.startswith(
        (f"{table.address}.", f"{instance_of(table.address)}.")
    )


def _key(address: str) -> str:
    return address.removeprefix(instance_of(address))


def lost_attributes(related: Resource) -> list[str]:
    """A line for each attribute of RELATED that is set and not known here."""
    known = RELATED_TYPES[related.type].attributes
    return [
        f"{below(related.address, name)} is not known here and left out"
        for name, value in related.values.items()
        if name not in known and value not in _NOTHING
    ]


_NOTHING: tuple[Tree, ...] = (None, "", [], {}, False)
