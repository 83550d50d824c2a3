"""Override files of Terraform: what they say of a block replaces what other files say of the block."""

from pathlib import Path

import pytest

from tableadmin.formats import Found, Inputs, SpecError, load

MAIN = """
provider "aws" { region = "eu-west-1" }
provider "aws" {
  alias  = "west"
  region = "us-west-1"
}
variable "name" { default = "orders" }
locals {
  units = 5
  kept  = "id"
}
resource "aws_dynamodb_table" "t" {
  provider       = aws.west
  name           = var.name
  read_capacity  = local.units
  write_capacity = local.units
  hash_key       = local.kept
  dynamic "attribute" {
    for_each = ["id", "other"]
    content {
      name = attribute.value
      type = "S"
    }
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
  lifecycle {
    ignore_changes = [read_capacity]
  }
}
"""


def loaded(folder: Path, override: str, name: str = "override.tf") -> Found:
    """What FOLDER says with MAIN and the file NAME that has the text OVERRIDE."""
    (folder / "main.tf").write_text(MAIN)
    (folder / name).write_text(override)
    return load(folder, inputs=Inputs())


def test_arguments_and_blocks(tmp_path: Path) -> None:
    """An argument replaces the argument of its name, and a block all blocks of its type, dynamic ones too."""
    found = loaded(
        tmp_path,
        'variable "name" { default = "renamed" }\n'
        "locals { units = 7 }\n"
        'resource "aws_dynamodb_table" "t" {\n'
        '  write_capacity = 9\n  attribute {\n    name = "id"\n    type = "N"\n  }\n}\n',
    )

    (spec,) = (table.spec for table in found.tables)
    assert spec
    assert "renamed" == spec.table_name
    assert [("id", 2)] == [(each.attribute_name, each.attribute_type) for each in spec.attribute_definitions]
    units = spec.provisioned_throughput
    assert (7, 9) == (units.read_capacity_units, units.write_capacity_units)
    assert spec.time_to_live_specification.enabled
    assert "ProvisionedThroughput.ReadCapacityUnits" in [member.path for member in spec.unmanaged]


def test_lifecycle_and_providers(tmp_path: Path) -> None:
    """Arguments of lifecycle are replaced one by one; a provider is known by its alias."""
    found = loaded(
        tmp_path,
        'provider "aws" {\n  alias  = "west"\n  region = "us-west-2"\n}\n'
        'resource "aws_dynamodb_table" "t" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n',
    )

    (table,) = found.tables
    assert "us-west-2" == table.region
    assert table.spec
    assert "ProvisionedThroughput.ReadCapacityUnits" in [member.path for member in table.spec.unmanaged]


def test_json(tmp_path: Path) -> None:
    """The JSON syntax, in which blocks are written as arguments, overrides the native syntax."""
    text = (
        '{"resource": {"aws_dynamodb_table": {"t": {"ttl": [], "attribute": [{"name": "id", "type": "S"}]}}}}'
    )
    found = loaded(tmp_path, text, "dev_override.tf.json")

    (table,) = found.tables
    assert table.spec
    assert 1 == len(table.spec.attribute_definitions)
    assert not table.spec.HasField("time_to_live_specification")


def test_without_a_block(tmp_path: Path) -> None:
    """An override of what no other file has is refused, as Terraform refuses it."""
    text = 'resource "aws_dynamodb_table" "u" {}\n'
    with pytest.raises(SpecError, match=r"override\.tf: overrides resource\.aws_dynamodb_table\.u, which no"):
        loaded(tmp_path, text)
