"""`.tf` and `.tf.json` files, and folders of them."""

import json
from pathlib import Path

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, SpecError, load, read, write
from tableadmin.v1 import TableSpec
from tests.formats.refusing import KEPT, left_alone, refusal

ORDERS = """
resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
%s
}
"""


def tables(text: str, name: str = "main.tf", **parameters: str) -> dict[str, TableSpec]:
    """The specs in TEXT by table name."""
    return {spec.table_name: spec for spec in read(text, name=name, parameters=parameters)}


def test_an_own_resource() -> None:
    """A resource in the native syntax is read, from a file and from standard input alike."""
    here, piped = (tables(ORDERS % "", name=name)["orders"] for name in ("main.tf", "standard input"))

    assert here == piped
    assert {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Unmanaged": [
            {"Path": "PointInTimeRecoverySpecification", "Reason": KEPT},
            {"Path": "SSESpecification", "Reason": KEPT},
            {"Path": "TimeToLiveSpecification", "Reason": KEPT},
            {"Path": "VectorIndexes", "Reason": "Terraform has no attribute for it"},
        ],
    } == to_aws(here)


def test_blocks_that_are_not_there() -> None:
    """Terraform turns off what a block says, and keeps what a block that is not there would say."""
    off = """
  ttl {
    enabled = false
  }
  dynamic "point_in_time_recovery" {
    for_each = []
    content {
      enabled = true
    }
  }
  server_side_encryption {
    enabled = false
  }
"""
    spec = tables(ORDERS % off)["orders"]

    assert ["PointInTimeRecoverySpecification"] == [
        member.path for member in spec.unmanaged if member.reason == KEPT
    ]
    assert not spec.HasField("time_to_live_specification")


MANY = """
variable "env" { type = string }
variable "tables" {
  type = map(object({
    hash_key  = string
    range_key = optional(string)
    indexes   = optional(list(object({ name = string, hash_key = string })), [])
  }))
  default = {
    orders   = { hash_key = "id", range_key = "at", indexes = [{ name = "byAt", hash_key = "at" }] }
    sessions = { hash_key = "sid" }
  }
}
locals {
  tags = { team = "shop" }
}
resource "aws_dynamodb_table" "this" {
  for_each     = var.tables
  name         = "${var.env}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = each.value.hash_key
  range_key    = each.value.range_key

  dynamic "attribute" {
    for_each = toset(compact([each.value.hash_key, each.value.range_key]))
    content {
      name = attribute.value
      type = "S"
    }
  }
  dynamic "global_secondary_index" {
    for_each = each.value.indexes
    iterator = index
    content {
      name            = index.value.name
      hash_key        = index.value["hash_key"]
      projection_type = "ALL"
    }
  }
  tags = merge(local.tags, { Name = "${var.env}-${each.key}" })
}
resource "aws_dynamodb_table" "off" {
  count    = var.env == "prod" ? 1 : 0
  name     = "off"
  hash_key = "id"
}
"""


def test_for_each_dynamic_blocks_and_count() -> None:
    """for_each, dynamic blocks and count are unfolded, with variables, locals and optional attributes."""
    found = tables(MANY, env="dev")

    assert {"dev-orders", "dev-sessions"} == set(found)
    orders = found["dev-orders"]
    assert ["byAt"] == [index.index_name for index in orders.global_secondary_indexes]
    assert {"at", "id"} == {attribute.attribute_name for attribute in orders.attribute_definitions}
    assert {"team": "shop", "Name": "dev-orders"} == {tag.key: tag.value for tag in orders.tags}
    assert 1 == len(found["dev-sessions"].key_schema)


BESIDE = """
variable "x" {}
resource "aws_dynamodb_table" "b" {
  name     = var.x
  hash_key = "i"
}
"""


def test_a_variable_without_a_value() -> None:
    """A variable without a value is named with what to type; it concerns only the tables that need it."""
    said = refusal(MANY)
    assert "main.tf" not in said
    assert "var.env has no value; give --param env=VALUE" in said

    two = ORDERS % "" + BESIDE
    (chosen,) = read(two, name="main.tf", select=["orders"])
    assert "orders" == chosen.table_name


def test_the_region_of_a_provider() -> None:
    """The data source of the region is the provider's; other data sources are not known."""
    source = 'data "aws_region" "here" {}\n'
    text = (ORDERS % "").replace('"orders"\n  b', '"orders-${data.aws_region.here.name}"\n  b')
    provider = 'provider "aws" {\n  region = "eu-west-1"\n}\n'

    assert {"orders-eu-west-1"} == set(tables(text + source + provider))
    assert "name: data.aws_region.here.name can't be evaluated here; give --param " in refusal(text + source)
    given = {"data.aws_region.here.name": "us-east-1"}
    assert "orders-us-east-1" == read(text + source, name="main.tf", parameters=given)[0].table_name


def test_a_variable_of_another_file() -> None:
    """A variable whose block is in another file of the folder may be given too."""
    text = (ORDERS % "").replace('"orders"\n  b', "var.name\n  b")

    said = "var.name is not in the files that were given; give --param name=VALUE or the folder"
    assert f"aws_dynamodb_table.orders.name: {said}" in refusal(text)
    (spec,) = read(text, name="main.tf", parameters={"name": "dev"})
    assert "dev" == spec.table_name


def test_a_value_that_is_an_expression() -> None:
    """A variable that is no text takes an expression, as Terraform's -var does."""
    text = (ORDERS % "").replace('"orders"\n  b', "var.names[1]\n  b")
    variable = 'variable "names" {\n  type = list(string)\n}\n'

    assert {"b"} == set(tables(text + variable, names='["a", "b"]'))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "  server_side_encryption {\n    enabled     = true\n    kms_key_arn = aws_kms_key.k.arn\n  }",
            (
                "server_side_encryption[0].kms_key_arn: aws_kms_key.k.arn can't be evaluated here; "
                "give --param 'aws_kms_key.k.arn=VALUE', "
                "--unmanaged SSESpecification.KMSMasterKeyId or what `terraform show -json` prints"
            ),
        ),
        (
            '  tags = yamldecode(file("tags.yaml"))',
            "tags: file(): tags.yaml is not among the files that were given; give --param",
        ),
    ],
)
def test_what_the_files_do_not_decide(line: str, said: str) -> None:
    """What can't be evaluated names itself, the line and what to do; it may be declared unmanaged."""
    text = ORDERS % line
    shown = refusal(text)

    assert f"f:2: table orders: aws_dynamodb_table.orders.{said}" in shown
    member = shown.rsplit("--unmanaged ", 1)[1].split(" or ")[0]
    (orders,) = read(text, name="main.tf", unmanaged=[member])
    assert [member] == [each.path for each in left_alone(orders)]


def test_a_value_that_is_given() -> None:
    """An attribute of another resource can be given by its address."""
    block = "server_side_encryption {\n    enabled     = true\n    kms_key_arn = aws_kms_key.k.arn\n  }"
    text = f'{ORDERS % block}\nresource "aws_kms_key" "k" {{}}\n'

    (orders,) = read(text, name="main.tf", parameters={"aws_kms_key.k.arn": "arn:aws:kms:eu-west-1:1:key/2"})

    assert "arn:aws:kms:eu-west-1:1:key/2" == orders.sse_specification.kms_master_key_id


def test_json_syntax() -> None:
    """Terraform's JSON syntax is read, with templates in text and one block written as an object."""
    table = {
        "name": "${var.env}-orders",
        "hash_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "attribute": [{"name": "id", "type": "S"}],
        "ttl": {"attribute_name": "expires", "enabled": True},
    }
    document = {
        "variable": {"env": {"default": "dev"}},
        "resource": {"aws_dynamodb_table": {"orders": table}, "aws_s3_bucket": {"b": {}}},
    }
    found = tables(json.dumps(document), name="main.tf.json")

    assert {"AttributeName": "expires", "Enabled": True} == to_aws(
        found["dev-orders"].time_to_live_specification
    )


def test_ignored_changes() -> None:
    """What lifecycle.ignore_changes names is left alone."""
    lifecycle = '  lifecycle {\n    ignore_changes = [ttl, tags["Owner"]]\n  }'

    assert {"TimeToLiveSpecification", "Tags"} == {
        member.path for member in left_alone(tables(ORDERS % lifecycle)["orders"])
    }


NAMED_BY_CALLER = (ORDERS % "").replace('"orders"\n  b', "var.name\n  b")
TABLE_MODULE = f"""
variable "name" {{}}
{NAMED_BY_CALLER}
output "arn" {{
  value = aws_dynamodb_table.orders.arn
}}
"""


def test_lifecycle_in_json() -> None:
    """In JSON too, lifecycle is no attribute, and resources may stand in a list."""
    table = {
        "name": "orders",
        "hash_key": "id",
        "attribute": {"name": "id", "type": "S"},
        "lifecycle": {"ignore_changes": ["tags", "${ttl}"]},
        "provisioner": [{"local-exec": {"command": "x"}}],
    }
    notes: list[str] = []
    document = json.dumps({"resource": [{"aws_dynamodb_table": {"x": table}}]})
    (spec,) = read(document, name="main.tf.json", notes=notes)

    assert {"Tags", "TimeToLiveSpecification"} == {member.path for member in left_alone(spec)}
    assert [] == notes


def test_replicas_of_their_own_resources() -> None:
    """Where a table ignores replicas, those with resources of their own are managed, others are not."""
    text = (
        (ORDERS % "  lifecycle {\n    ignore_changes = [replica, tags]\n  }")
        + """
provider "aws" {
  region = "eu-west-1"
}
provider "aws" {
  alias  = "far"
  region = "us-east-2"
}
resource "aws_dynamodb_table_replica" "far" {
  provider           = aws.far
  global_table_arn   = aws_dynamodb_table.orders.arn
  table_class_override = "STANDARD"
}
resource "aws_dynamodb_tag" "of_the_replica" {
  provider     = aws.far
  resource_arn = replace(aws_dynamodb_table.orders.arn, "eu-west-1", "us-east-2")
  key          = "a"
  value        = "b"
}
"""
    )
    notes: list[str] = []
    (spec,) = read(text, name="main.tf", notes=notes)

    assert ["us-east-2"] == [replica.region_name for replica in spec.replicas]
    assert ["Replicas[*]", "Tags"] == sorted(member.path for member in left_alone(spec))
    assert ["main.tf: aws_dynamodb_tag.of_the_replica: is about no table here and left out"] == notes


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("prod.tfvars", 'env = "prod"\n', "gives values to variables only; give the folder"),
        (
            "terragrunt.hcl",
            'include "root" {}\ninputs = { a = 1 }\n',
            "is a configuration of Terragrunt",
        ),
        ("config.json", '{"data": {}, "kind": "ConfigMap"}', "is in no format that is read"),
        ("log.json", '{"@level": "info", "type": "version"}', "is a log of Terraform; give what"),
        ("empty.json", '{"format_version": "1.0"}', "has no aws_dynamodb_table"),
    ],
)
def test_what_looks_familiar(name: str, text: str, said: str) -> None:
    """Files that stand beside a configuration are named, with what to give instead."""
    with pytest.raises(SpecError, match=said):
        read(text, name=name)


def test_a_folder(tmp_path: Path) -> None:
    """A folder is one module: its files, the values that Terraform reads itself, and local modules."""
    files = {
        "main.tf": 'module "orders" {\n  source   = "./modules/table"\n  for_each = toset(["a", "b"])\n'
        '  name     = "${var.env}-${each.key}"\n  providers = { aws = aws.west }\n}\n'
        'output "x" {\n  value = module.orders["a"].arn\n}\n',
        "variables.tf": 'variable "env" {}\nvariable "region" {\n  default = "us-west-2"\n}\n',
        "providers.tf": 'provider "aws" {\n  region = "eu-west-1"\n}\nprovider "aws" {\n  alias = "west"\n'
        '  region = var.region\n  default_tags {\n    tags = { team = "shop" }\n  }\n}\n',
        "terraform.tfvars": 'env = "dev"\n',
        "modules/table/main.tf": TABLE_MODULE,
        "elsewhere/main.tf": "resource {",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = load(tmp_path, inputs=Inputs())

    assert [
        ('module.orders["a"].aws_dynamodb_table.orders', "dev-a", "us-west-2"),
        ('module.orders["b"].aws_dynamodb_table.orders', "dev-b", "us-west-2"),
    ] == [(table.address, table.name, table.region) for table in found.tables]
    (spec, _) = (table.spec for table in found.tables)
    assert spec is not None
    assert [{"Key": "team", "Value": "shop"}] == to_aws(spec)["Tags"]


MODULE_OF_A_REGISTRY = """
variable "name" {}
variable "scaling" {
  type    = map(string)
  default = {}
}
resource "aws_dynamodb_table" "this" {
  count    = length(var.scaling) > 0 ? 0 : 1
  name     = var.name
  hash_key = "id"
}
resource "aws_dynamodb_table" "scaled" {
  count          = length(var.scaling) > 0 ? 1 : 0
  name           = var.name
  hash_key       = "id"
  read_capacity  = "5"
  write_capacity = 5

  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = "false"
  }
  lifecycle {
    ignore_changes = ["write_capacity"]
  }
}
resource "aws_appautoscaling_target" "read" {
  count              = length(var.scaling) > 0 ? 1 : 0
  min_capacity       = var.scaling["min"]
  max_capacity       = var.scaling["max"]
  resource_id        = "table/${try(aws_dynamodb_table.this[0].name, aws_dynamodb_table.scaled[0].name)}"
  scalable_dimension = "dynamodb:table:ReadCapacityUnits"
  service_namespace  = "dynamodb"
}
"""


def test_a_module_that_terraform_fetched(tmp_path: Path) -> None:
    """A module of a registry is read where `terraform init` put it, and a JSON file that file() names."""
    files = {
        "main.tf": 'module "tables" {\n  for_each = jsondecode(file("${path.module}/tables.json"))\n'
        '  source   = "some/dynamodb/aws"\n  name     = each.key\n  scaling  = each.value\n}\n',
        "tables.json": '{"orders": {"min": "5", "max": 50}}',
        ".terraform/modules/modules.json": '{"Modules": [{"Key": "tables", "Dir": ".terraform/modules/t"}]}',
        ".terraform/modules/t/main.tf": MODULE_OF_A_REGISTRY,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (table,) = load(tmp_path, inputs=Inputs()).tables

    assert 'module.tables["orders"].aws_dynamodb_table.scaled[0]' == table.address
    assert table.spec is not None
    assert 5 == table.spec.provisioned_throughput.read_capacity_units
    assert not table.spec.HasField("point_in_time_recovery_specification")
    assert [
        ("ProvisionedThroughput.WriteCapacityUnits", 0, 0),
        ("ProvisionedThroughput.ReadCapacityUnits", 5, 50),
    ] == [(member.path, member.minimum, member.maximum) for member in left_alone(table.spec)]


def test_a_file_whose_tables_are_switched_off() -> None:
    """A file with a count of 0 has no table, and is no error."""
    notes: list[str] = []
    text = (ORDERS % "").replace('" {\n  name', '" {\n  count = 0\n  name', 1)

    assert [] == read(text, name="main.tf", notes=notes)
    assert ["main.tf: aws_dynamodb_table.orders: there is none of it"] == notes


def test_the_syntax_of_terraform_0_11() -> None:
    """Interpolations alone, tags in a block and attributes in a list are read."""
    text = """
variable "name" { default = "orders" }
resource "aws_dynamodb_table" "orders" {
  name      = "${var.name}"
  hash_key  = "id"
  attribute = [{ name = "id", type = "S" }]
  tags {
    team = "shop"
  }
}
"""
    assert ["team"] == [tag.key for tag in tables(text)["orders"].tags]


def test_a_module_that_is_not_here() -> None:
    """A module of a registry is noted; where it may hold the only tables, the error names it."""
    module = 'module "t" {\n  source = "cloudposse/dynamodb/aws"\n}\n'
    notes: list[str] = []
    read(ORDERS % "" + module, name="main.tf", notes=notes)

    assert 1 == len(notes)
    assert "module.t is not read: its source, cloudposse/dynamodb/aws, is not" in notes[0]
    assert "has no aws_dynamodb_table; module.t is not read" in refusal(module)


def test_not_terraform() -> None:
    """A file that is not in Terraform's language is refused with its line."""
    assert "f:3: not Terraform's language: " in refusal('resource "a" "b" {\n}\n}}\n')


def test_what_is_exported_is_read_back() -> None:
    """Resources that are written, also related ones, are read back as the spec that they are from."""
    spec = TableSpec(table_name="orders", resource_policy='{"Statement":"${x}"}')
    spec.kinesis_stream_specification.stream_arn = "arn:aws:kinesis:eu-west-1:1:stream/s"
    spec.contributor_insights_specification.enabled = True

    (back,) = read(write([spec], "terraform").text, name="main.tf")
    assert [] == left_alone(back)
    back.ClearField("unmanaged")
    assert spec == back
