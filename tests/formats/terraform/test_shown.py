"""`terraform show -json`, and what is written for Terraform."""

import json

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import read, write
from tests.formats.conftest import DOCUMENTS, Reading
from tests.formats.refusing import refusal

PLAN = (DOCUMENTS / "terraform-plan.json").read_text(encoding="utf-8")


def test_a_state(reading: Reading) -> None:
    """A state's tables are read from all modules, with the tags that the provider adds."""
    films = to_aws(reading("terraform-state.json")["films"])

    assert [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "year", "KeyType": "RANGE"},
    ] == to_aws(reading("terraform-state.json")["films"].local_secondary_indexes[0])["KeySchema"]
    assert [
        {
            "IndexName": "ByYear",
            "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
            "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
        }
    ] == films["GlobalSecondaryIndexes"]
    assert {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1} == films["ProvisionedThroughput"]
    assert {"Enabled": True, "KMSMasterKeyId": "arn:aws:kms:eu-west-1:012345678901:key/1111"} == films[
        "SSESpecification"
    ]
    assert [{"Key": "team", "Value": "films"}, {"Key": "managed-by", "Value": "terraform"}] == films["Tags"]
    assert '{"Version":"2012-10-17","Statement":[]}' == films["ResourcePolicy"]
    assert {"StreamSpecification", "WarmThroughput", "Replicas"}.isdisjoint(films)


def test_a_state_with_modules(reading: Reading) -> None:
    """What is off in a state is absent, resources of their own are joined, and what is lost is noted."""
    notes: list[str] = []
    audit = to_aws(reading("terraform-state.json", notes=notes)["audit"])

    assert {"MaxReadRequestUnits": 100} == audit["OnDemandThroughput"]
    assert {
        "StreamArn": "arn:aws:kinesis:eu-west-1:012345678901:stream/audit",
        "ApproximateCreationDateTimePrecision": "MILLISECOND",
    } == audit["KinesisStreamSpecification"]
    assert {
        "ProvisionedThroughput",
        "TimeToLiveSpecification",
        "PointInTimeRecoverySpecification",
        "Tags",
    }.isdisjoint(audit)
    assert 1 == len(notes)
    assert "point_in_time_recovery is not part of a spec" in notes[0]


def test_a_plan(reading: Reading) -> None:
    """A plan's tables are as they will be; what is unknown and nobody configured is left alone."""
    spec = reading("terraform-plan.json")["films"]
    films = to_aws(spec)

    assert {
        ("PointInTimeRecoverySpecification", "is known only after the apply"),
        ("SSESpecification.KMSMasterKeyId", "is known only after the apply"),
    } <= {(member.path, member.reason) for member in spec.unmanaged}
    assert {"Enabled": True} == films["SSESpecification"]
    assert {"ReadUnitsPerSecond": 15000, "WriteUnitsPerSecond": 5000} == films["WarmThroughput"]
    assert [{"RegionName": "us-east-1"}] == films["Replicas"]


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        (
            '"server_side_encryption": [{"kms_key_arn": {"references": ["aws_kms_key.k.arn"]}}]',
            "server_side_encryption[0].kms_key_arn",
        ),
        ('"replica": [{"kms_key_arn": {"references": ["aws_kms_key.k.arn"]}}]', "replica[0].kms_key_arn"),
        ('"read_capacity": {"references": ["random_integer.r"]}', "read_capacity"),
    ],
)
def test_unknown_after_apply(expression: str, path: str) -> None:
    """What is configured and known only after the apply is refused by its address."""
    plan = json.loads(PLAN)
    module = plan["configuration"]["root_module"]["module_calls"]["films"]["module"]
    module["resources"][0]["expressions"] |= json.loads(f"{{{expression}}}")
    values = plan["planned_values"]["root_module"]["child_modules"][0]["resources"][0]["values"]
    values["billing_mode"] = "PROVISIONED"
    address = 'module.films.aws_dynamodb_table.this["a.b"]'

    assert f"f: table films: {address}.{path}: is known only after the apply" in refusal(json.dumps(plan))


def test_a_policy_of_a_table_to_come() -> None:
    """A policy is joined by its reference to a table; one of any table leaves policies alone."""
    plan = json.loads(PLAN)
    policy = "aws_dynamodb_resource_policy.this"
    in_module = plan["configuration"]["root_module"]["module_calls"]["films"]["module"]["resources"]
    references = {"references": ["aws_dynamodb_table.this.arn", "aws_dynamodb_table.this"]}
    in_module.append({"address": policy, "expressions": {"resource_arn": references}})
    planned = plan["planned_values"]["root_module"]["child_modules"][0]["resources"]
    kind = {"address": f"module.films.{policy}", "mode": "managed", "type": "aws_dynamodb_resource_policy"}
    planned.append({**kind, "values": {"policy": "{}"}})

    assert "{}" == read(json.dumps(plan), name="f")[0].resource_policy
    references["references"] = ["data.x.y"]
    (films,) = read(json.dumps(plan), name="f")
    assert not films.HasField("resource_policy")
    (unmanaged,) = (member for member in films.unmanaged if member.path == "ResourcePolicy")
    assert f"module.films.{policy} may set it: its table is not known" == unmanaged.reason


def test_what_a_dynamic_block_hides() -> None:
    """What is unknown in a block that the configuration does not show is left alone."""
    plan = json.loads(PLAN)
    module = plan["configuration"]["root_module"]["module_calls"]["films"]["module"]
    del module["resources"][0]["expressions"]["replica"]
    (films,) = read(json.dumps(plan), name="f")

    assert "Replicas[us-east-1].KMSMasterKeyId" in {member.path for member in films.unmanaged}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("aws_dynamodb_table_replica", "f: has no aws_dynamodb_table"),
        ("aws_s3_bucket", "f: has no aws_dynamodb_table"),
    ],
)
def test_what_is_refused(kind: str, said: str) -> None:
    """A state without a table is refused, also one with related resources of tables that are elsewhere."""
    resource = {"address": "t", "mode": "managed", "type": kind, "values": {}}
    state = {
        "format_version": "1.0",
        "terraform_version": "1.9.5",
        "values": {"root_module": {"resources": [resource]}},
    }

    assert said in refusal(json.dumps(state))


def test_documents_close_by() -> None:
    """A state file is told from what `terraform show -json` prints."""
    assert "give what `terraform show -json` prints" in refusal(
        '{"version": 4, "lineage": "x", "resources": []}'
    )


def test_hcl(reading: Reading) -> None:
    """Written resources are formatted as `terraform fmt` does, and templates in text are escaped."""
    films = reading("global_table.yaml", {"AWS::Region": "eu-west-1"})["films"]
    films.tags.add(key="odd", value='${x} "%{y}"')
    written = write([films], "terraform")

    assert written.text.startswith(
        'resource "aws_dynamodb_table" "films" {\n'
        '  name                        = "films"\n'
        '  billing_mode                = "PAY_PER_REQUEST"\n'
        '  hash_key                    = "id"\n'
    )
    assert (
        "  global_secondary_index {\n"
        '    name            = "ByGenre"\n'
        '    hash_key        = "genre"\n'
        '    projection_type = "ALL"\n'
        "\n"
        "    on_demand_throughput {\n"
        "      max_read_request_units  = 200\n"
        "      max_write_request_units = 50\n"
        "    }\n"
        "  }\n"
    ) in written.text
    assert '    "odd"  = "$${x} \\"%%{y}\\""\n' in written.text
    assert (
        "table films: aws_dynamodb_table has no attribute for Replicas of us-east-1: TableClassOverride"
        in written.notes
    )


def test_hcl_of_what_has_a_resource_of_its_own(reading: Reading) -> None:
    """Insights, Kinesis destinations and policies get resources that name the table's."""
    text = write([reading("films.yaml")["Films"]], "terraform").text

    assert 'resource "aws_dynamodb_contributor_insights" "Films" {\n' in text
    assert "  table_name = aws_dynamodb_table.Films.name\n" in text
    assert 'resource "aws_dynamodb_kinesis_streaming_destination" "Films" {' in text
    assert "  resource_arn = aws_dynamodb_table.Films.arn\n" in text
