"""The provider's schema, walked: nothing of a table is dropped in silence.

provider_schema.json has the field names of hashicorp/aws 6: attributes and blocks of resources about tables,
and the members of blocks.
"""

import json
from pathlib import Path

import pytest

from tableadmin.formats import Found, Inputs, find
from tableadmin.formats.terraform.table import SHOWN_ONLY
from tableadmin.formats.text.tree import Record, Tree

SCHEMA: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "provider_schema.json").read_text(encoding="utf-8")
)
TABLE = "aws_dynamodb_table"
# A table with something in each place, so that another value of one attribute is seen.
VALUES: Record = {
    "name": "orders",
    "billing_mode": "PAY_PER_REQUEST",
    "hash_key": "id",
    "attribute": [{"name": "id", "type": "S"}, {"name": "other", "type": "S"}],
}
# What shows an attribute: a value that differs from the table's, with what it needs beside it.
SHOWN: dict[str, Record] = {
    "attribute": {"attribute": [{"name": "id", "type": "N"}, {"name": "other", "type": "S"}]},
    "billing_mode": {"billing_mode": "PROVISIONED"},
    "global_secondary_index": {
        "global_secondary_index": [{"name": "i", "hash_key": "other", "projection_type": "ALL"}]
    },
    "global_table_witness": {"global_table_witness": [{"region_name": "us-east-2"}]},
    "hash_key": {"hash_key": "other"},
    "import_table": {"import_table": [{"input_format": "CSV"}]},
    "local_secondary_index": {
        "local_secondary_index": [{"name": "i", "range_key": "other", "projection_type": "ALL"}]
    },
    "name": {"name": "renamed"},
    "on_demand_throughput": {"on_demand_throughput": [{"max_read_request_units": 5}]},
    "point_in_time_recovery": {"point_in_time_recovery": [{"enabled": True}]},
    "range_key": {"range_key": "other"},
    "read_capacity": {"read_capacity": 5, "billing_mode": "PROVISIONED"},
    "region": {"region": "eu-west-1"},
    "replica": {"replica": [{"region_name": "us-east-1"}]},
    "restore_backup_arn": {"restore_backup_arn": "arn"},
    "restore_date_time": {"restore_date_time": "2026-01-01T00:00:00Z", "restore_source_name": "a"},
    "restore_source_name": {"restore_source_name": "a"},
    "restore_source_table_arn": {"restore_source_table_arn": "arn"},
    "restore_to_latest_time": {"restore_to_latest_time": True, "restore_source_name": "a"},
    "server_side_encryption": {"server_side_encryption": [{"enabled": True}]},
    "stream_enabled": {"stream_enabled": True, "stream_view_type": "KEYS_ONLY"},
    "stream_view_type": {"stream_enabled": True, "stream_view_type": "NEW_IMAGE"},
    "table_class": {"table_class": "STANDARD_INFREQUENT_ACCESS"},
    "tags": {"tags": {"a": "b"}},
    "tags_all": {"tags_all": {"a": "b"}},
    "ttl": {"ttl": [{"attribute_name": "e", "enabled": True}]},
    "warm_throughput": {"warm_throughput": [{"read_units_per_second": 15000}]},
    "write_capacity": {"write_capacity": 5, "billing_mode": "PROVISIONED"},
    "deletion_protection_enabled": {"deletion_protection_enabled": True},
}


def found(*resources: Record) -> Found:
    """What is found in a plan that creates RESOURCES."""
    changes: list[Tree] = [
        {"address": resource["address"], "change": {"before": None}} for resource in resources
    ]
    plan = {
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [*resources]}},
        "resource_changes": changes,
    }
    return find(json.dumps(plan), name="f", inputs=Inputs())


def resource(kind: str, values: Record) -> Record:
    """A resource called x."""
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "values": values}


def seen(*resources: Record) -> tuple[str, ...]:
    """All that is told of the first table among RESOURCES."""
    all_found = found(*resources)
    table = all_found.tables[0]
    shown = (table.spec, table.refusal, table.must_exist, table.region, table.notes, all_found.notes)
    return tuple(map(str, shown))


@pytest.mark.parametrize("attribute", sorted(SCHEMA[TABLE]))
def test_each_attribute_of_a_table(attribute: str) -> None:
    """An attribute is read, noted or refused; the others are what the provider alone sets."""
    if attribute in SHOWN_ONLY:
        assert seen(resource(TABLE, VALUES)) == seen(resource(TABLE, {**VALUES, attribute: "x"}))
    else:
        assert seen(resource(TABLE, VALUES)) != seen(resource(TABLE, {**VALUES, **SHOWN[attribute]}))


@pytest.mark.parametrize(
    ("block", "member"), [(block, member) for block, members in SCHEMA[TABLE].items() for member in members]
)
def test_each_member_of_a_block(block: str, member: str) -> None:
    """The members of blocks are known: none is noted as unknown."""
    _, *told = seen(resource(TABLE, {**VALUES, block: [{member: "x"}]}))

    assert not any(f"{member} is not known here" in each for each in told)


def test_an_attribute_of_tomorrow() -> None:
    """An attribute or a member of a block that the schema does not have yet is noted."""
    told = seen(resource(TABLE, {**VALUES, "novelty": True, "ttl": [{"novelty": 1}]}))[4]

    assert "aws_dynamodb_table.x.novelty is not known here and left out" in told
    assert "aws_dynamodb_table.x.ttl.novelty is not known here and left out" in told


@pytest.mark.parametrize("kind", sorted(SCHEMA.keys() - {TABLE}))
def test_each_related_type(kind: str) -> None:
    """A resource about a table changes what is told of the table, whether it is read or noted."""
    values: Record = {**dict.fromkeys(SCHEMA[kind]), **RELATED_TYPES.get(kind, {"table_name": "orders"})}
    table = resource(TABLE, {**VALUES, "billing_mode": "PROVISIONED"})

    assert seen(table) != seen(table, resource(kind, values))


RELATED_TYPES: dict[str, Record] = {
    "aws_appautoscaling_policy": {"resource_id": "table/orders", "service_namespace": "dynamodb"},
    "aws_appautoscaling_scheduled_action": {"resource_id": "table/orders", "service_namespace": "dynamodb"},
    "aws_appautoscaling_target": {
        "resource_id": "table/orders",
        "scalable_dimension": "dynamodb:table:ReadCapacityUnits",
        "service_namespace": "dynamodb",
        "min_capacity": 1,
        "max_capacity": 2,
    },
    "aws_dynamodb_global_secondary_index": {
        "table_name": "orders",
        "index_name": "i",
        "key_schema": [{"attribute_name": "z", "attribute_type": "S", "key_type": "HASH"}],
        "projection": [{"projection_type": "ALL"}],
    },
    "aws_dynamodb_global_table": {"name": "orders", "replica": [{"region_name": "us-east-1"}]},
    "aws_dynamodb_kinesis_streaming_destination": {"table_name": "orders", "stream_arn": "arn"},
    "aws_dynamodb_resource_policy": {
        "resource_arn": "arn:aws:dynamodb:us-east-1:1:table/orders",
        "policy": "{}",
    },
    "aws_dynamodb_table_replica": {
        "global_table_arn": "arn:aws:dynamodb:us-east-1:1:table/orders",
        "region": "us-east-2",
    },
    "aws_dynamodb_tag": {
        "resource_arn": "arn:aws:dynamodb:us-east-1:1:table/orders",
        "key": "a",
        "value": "b",
    },
}


def test_what_is_noted_of_a_related_resource() -> None:
    """What a spec can't hold of a related resource is noted, and so is what is not known."""
    replica: Record = {
        **RELATED_TYPES["aws_dynamodb_table_replica"],
        "point_in_time_recovery": True,
        "novelty": 1,
    }
    told = seen(resource(TABLE, VALUES), resource("aws_dynamodb_table_replica", replica))[4]

    assert "point_in_time_recovery of a replica is not part of a spec and left out" in told
    assert "aws_dynamodb_table_replica.x.novelty is not known here and left out" in told
