"""Modules of the registry that are read without their files: what the inputs of each configure.

The inputs and the values that they have by default are those of all versions, old names included.
https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws
"""

import re
from collections.abc import Mapping
from typing import NamedTuple


class Published(NamedTuple):
    """A published module: its name for people, and a configuration that its inputs stand for."""

    name: str
    text: str


# What the three resources of the module have in common, of which it makes one.
_TABLE = """
  name                        = var.name
  region                      = var.region
  billing_mode                = var.billing_mode
  hash_key                    = var.hash_key
  range_key                   = var.range_key
  read_capacity               = var.read_capacity
  write_capacity              = var.write_capacity
  stream_enabled              = var.stream_enabled
  stream_view_type            = var.stream_view_type
  table_class                 = var.table_class
  deletion_protection_enabled = var.deletion_protection_enabled
  restore_date_time           = var.restore_date_time
  restore_source_table_arn    = var.restore_source_table_arn
  restore_source_name         = var.restore_source_name
  restore_to_latest_time      = var.restore_to_latest_time
  tags                        = merge(var.tags, { Name = var.name })
  attribute                   = var.attributes
  import_table                = var.import_table == {} ? [] : [var.import_table]
  on_demand_throughput        = var.on_demand_throughput == {} ? [] : [var.on_demand_throughput]
  warm_throughput             = var.warm_throughput == {} ? [] : [var.warm_throughput]
  local_secondary_index       = var.local_secondary_indexes
  global_secondary_index      = var.global_secondary_indexes
  replica                     = var.replica_regions
  ttl {
    enabled        = var.ttl_enabled
    attribute_name = var.ttl_attribute_name
  }
  point_in_time_recovery {
    enabled                 = var.point_in_time_recovery_enabled
    recovery_period_in_days = var.point_in_time_recovery_period_in_days
  }
  server_side_encryption {
    enabled     = var.server_side_encryption_enabled
    kms_key_arn = var.server_side_encryption_kms_key_arn
  }
"""
_DYNAMODB_TABLE = """
variable "create_table" { default = true }
variable "name" {}
variable "attributes" { default = [] }
variable "hash_key" { default = null }
variable "range_key" { default = null }
variable "billing_mode" { default = "PAY_PER_REQUEST" }
variable "read_capacity" { default = null }
variable "write_capacity" { default = null }
variable "point_in_time_recovery_enabled" { default = false }
variable "point_in_time_recovery_period_in_days" { default = null }
variable "ttl_enabled" { default = false }
variable "ttl_attribute_name" { default = "" }
variable "global_secondary_indexes" { default = [] }
variable "local_secondary_indexes" { default = [] }
variable "replica_regions" { default = [] }
variable "stream_enabled" { default = false }
variable "stream_view_type" { default = null }
variable "server_side_encryption_enabled" { default = false }
variable "server_side_encryption_kms_key_arn" { default = null }
variable "tags" { default = {} }
variable "timeouts" { default = {} }
variable "autoscaling_enabled" { default = false }
variable "autoscaling_defaults" { default = {} }
variable "autoscaling_read" { default = {} }
variable "autoscaling_write" { default = {} }
variable "autoscaling_indexes" { default = {} }
variable "table_class" { default = null }
variable "deletion_protection_enabled" { default = null }
variable "import_table" { default = {} }
variable "ignore_changes_global_secondary_index" { default = false }
variable "on_demand_throughput" { default = {} }
variable "warm_throughput" { default = {} }
variable "restore_date_time" { default = null }
variable "restore_source_table_arn" { default = null }
variable "restore_source_name" { default = null }
variable "restore_to_latest_time" { default = null }
variable "resource_policy" { default = null }
variable "region" { default = null }

resource "aws_dynamodb_table" "this" {
  count = var.create_table && !var.autoscaling_enabled ? 1 : 0
  (table)
}

resource "aws_dynamodb_table" "autoscaled" {
  count = var.create_table && var.autoscaling_enabled && !var.ignore_changes_global_secondary_index ? 1 : 0
  (table)
}

resource "aws_dynamodb_table" "autoscaled_gsi_ignore" {
  count = var.create_table && var.autoscaling_enabled && var.ignore_changes_global_secondary_index ? 1 : 0
  (table)
  lifecycle {
    ignore_changes = [global_secondary_index]
  }
}

locals {
  targets = [
    for each in [
      { of = var.autoscaling_read, least = var.read_capacity, units = "Read" },
      { of = var.autoscaling_write, least = var.write_capacity, units = "Write" },
    ] : each if var.autoscaling_enabled && length(each.of) > 0
  ]
  index_targets = flatten([
    for name, settings in var.autoscaling_indexes : [
      {
        name = name, units = "Read"
        least = settings["read_min_capacity"], most = settings["read_max_capacity"]
      },
      {
        name = name, units = "Write"
        least = settings["write_min_capacity"], most = settings["write_max_capacity"]
      },
    ] if var.autoscaling_enabled
  ])
}

resource "aws_appautoscaling_target" "table" {
  count              = length(local.targets)
  region             = var.region
  min_capacity       = lookup(local.targets[count.index].of, "min_capacity", local.targets[count.index].least)
  max_capacity       = local.targets[count.index].of["max_capacity"]
  resource_id        = "table/${var.name}"
  scalable_dimension = "dynamodb:table:${local.targets[count.index].units}CapacityUnits"
  service_namespace  = "dynamodb"
}

resource "aws_appautoscaling_target" "index" {
  count              = length(local.index_targets)
  region             = var.region
  min_capacity       = local.index_targets[count.index].least
  max_capacity       = local.index_targets[count.index].most
  resource_id        = "table/${var.name}/index/${local.index_targets[count.index].name}"
  scalable_dimension = "dynamodb:index:${local.index_targets[count.index].units}CapacityUnits"
  service_namespace  = "dynamodb"
}

resource "aws_dynamodb_resource_policy" "this" {
  count        = var.create_table && var.resource_policy != null ? 1 : 0
  resource_arn = "arn:aws:dynamodb:::table/${var.name}"
  policy = (
    strcontains(var.resource_policy, "__DYNAMODB_TABLE_ARN__")
    ? replace(var.resource_policy, "__DYNAMODB_TABLE_ARN__", aws_dynamodb_table.this[0].arn)
    : var.resource_policy
  )
}

output "dynamodb_table_id" { value = var.name }
output "dynamodb_table_name" { value = var.name }
output "dynamodb_table_arn" { value = aws_dynamodb_table.this[0].arn }
output "dynamodb_table_stream_arn" { value = aws_dynamodb_table.this[0].stream_arn }
output "dynamodb_table_stream_label" { value = aws_dynamodb_table.this[0].stream_label }
""".replace("(table)", _TABLE)

# How sources write where a module is: in the registry, in Terragrunt's scheme, or in Git.
_PUBLISHED: Mapping[str, Published] = {
    r"(?:(?:tfr:///)?(?:registry\.(?:terraform\.io|opentofu\.org)/)?terraform-aws-modules/dynamodb-table/aws(?:\?.*)?"
    r"|.*[/:]terraform-aws-modules/terraform-aws-dynamodb-table(?:\.git)?(?:\?.*)?)": Published(
        "terraform-aws-modules/dynamodb-table/aws", _DYNAMODB_TABLE
    )
}


def published_module(source: str) -> Published | None:
    """The published module at SOURCE, None for one that is not known here."""
    return next((found for pattern, found in _PUBLISHED.items() if re.fullmatch(pattern, source)), None)
