"""Plans and states of real shapes, each with something that was read wrongly once."""

from pathlib import Path

import pytest

from tableadmin.formats import Found, FoundTable, Inputs, SpecError, load, select_tables
from tableadmin.formats.selection import check_distinct
from tableadmin.v1 import RestoreSource, TableSpec
from tests.formats.refusing import left_alone

DOCUMENTS = Path(__file__).parent / "documents"


def found(name: str, **inputs: object) -> Found:
    """What is found in the document NAME."""
    return load(DOCUMENTS / name, inputs=Inputs(**inputs))  # type: ignore[arg-type]  # tests give what fits


def only(name: str, **inputs: object) -> FoundTable:
    """The one table of the document NAME."""
    (table,) = found(name, **inputs).tables
    return table


def spec_of(name: str, **inputs: object) -> TableSpec:
    """The spec of the one table of the document NAME."""
    spec = only(name, **inputs).spec
    assert spec is not None
    return spec


def test_warm_throughput_that_aws_chose() -> None:
    """Warm throughput that a plan shows and nobody configured is not desired."""
    spec = spec_of("warm-throughput-of-aws.json")

    assert not spec.HasField("warm_throughput")


def test_tags_that_the_provider_adds() -> None:
    """Where the provider's own tags are not known, only the tags of the configuration are managed."""
    spec = spec_of("tags-of-the-provider.json")

    assert {"a": "1"} == {tag.key: tag.value for tag in spec.tags}
    assert ["Tags[*]"] == [member.path for member in left_alone(spec)]
    # The configuration says this one.
    assert spec.HasField("warm_throughput")


@pytest.mark.parametrize(
    ("name", "units"),
    [("scaled-state.json", "WriteCapacityUnits"), ("scaled-plan.json", "ReadCapacityUnits")],
)
def test_capacity_under_auto_scaling(name: str, units: str) -> None:
    """Capacity that a target of auto scaling names is left alone, with its bounds; the other is managed."""
    (scaled,) = left_alone(spec_of(name))

    assert (f"ProvisionedThroughput.{units}", "Application Auto Scaling", 5, 100) == (
        scaled.path,
        scaled.reason,
        scaled.minimum,
        scaled.maximum,
    )


def test_data_from_elsewhere() -> None:
    """A table whose data Terraform imports must exist."""
    assert "its data is to be imported from Amazon S3 (import_table)" == only("imported.json").must_exist


def test_a_restored_table() -> None:
    """A table that Terraform restores is restored by its spec too."""
    restored = only("restored.json")
    assert "" == restored.must_exist
    assert restored.spec
    source = RestoreSource(source_table_name="Orders", use_latest_restorable_time=True)
    assert source == restored.spec.restore_source


def test_a_key_of_the_same_plan() -> None:
    """A key that the same plan makes is refused by name; it may be given, or declared unmanaged."""
    name = "key-of-the-same-plan.json"
    refusal = only(name).refusal

    assert refusal is not None
    assert "give --param 'aws_kms_key.k.arn=VALUE' or --unmanaged SSESpecification.KMSMasterKeyId" in str(
        refusal
    )
    arn = "arn:aws:kms:us-east-1:111122223333:key/1"
    assert arn == spec_of(name, parameters={"aws_kms_key.k.arn": arn}).sse_specification.kms_master_key_id
    declared = spec_of(name, unmanaged=["SSESpecification.KMSMasterKeyId"])
    assert declared.sse_specification.enabled
    assert ["SSESpecification.KMSMasterKeyId"] == [member.path for member in left_alone(declared)]


def test_one_name_in_two_regions() -> None:
    """Two tables of one name are told apart by their regions and addresses, and one can be chosen."""
    tables = found("two-regions.json").tables

    with pytest.raises(SpecError, match=r"here in us-east-1 and aws_dynamodb_table\.there in eu-west-1"):
        check_distinct(tables)
    ((chosen,), _) = select_tables(tables, ["orders@eu-west-1"])
    assert "aws_dynamodb_table.there" == chosen.address


def test_a_binary_plan() -> None:
    """A binary plan is named, with the command that makes it readable."""
    with pytest.raises(SpecError, match=r"a binary Terraform plan; .*`terraform show -json"):
        found("tfplan")


def test_a_folder_without_configuration(tmp_path: Path) -> None:
    """A folder with neither .tf files nor documents is refused."""
    (tmp_path / "terraform.tfvars").write_text("a = 1\n", encoding="utf-8")
    with pytest.raises(SpecError, match="is a folder without"):
        load(tmp_path, inputs=Inputs())
