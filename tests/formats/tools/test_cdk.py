"""cdk.out: the templates of all stacks, with what the manifest says of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tableadmin.formats import Inputs, SpecError, load, read

KEYS = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def table(name: object, **members: object) -> dict[str, object]:
    """A table of a template."""
    return {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name, **KEYS}, **members}


def stack(file: str, environment: str = "aws://unknown-account/unknown-region") -> dict[str, object]:
    """An artifact of a stack."""
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": file},
        "displayName": file,
    }


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """A folder with three stacks, one of them in a stage, and a nested stack."""
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"Parameters": {"Prefix": "nested"}},
        "Metadata": {"aws:asset:path": "ShopNested.nested.template.json"},
    }
    files: dict[str, Any] = {
        "manifest.json": {
            "version": "36.0.0",
            "artifacts": {
                "Shop.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Shop.assets.json"}},
                "Shop": stack("Shop.template.json", "aws://111122223333/eu-west-1"),
                "Network": stack("Network.template.json"),
                "assembly-Prod": {
                    "type": "cdk:cloud-assembly",
                    "properties": {"directoryName": "assembly-Prod"},
                },
                "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
            },
        },
        "Shop.template.json": {
            "Resources": {
                "Orders": table(
                    {"Fn::Join": ["-", ["orders", {"Ref": "AWS::Region"}, {"Ref": "AWS::Partition"}]]}
                ),
                "Nested": nested,
            }
        },
        "ShopNested.nested.template.json": {
            "Parameters": {"Prefix": {"Type": "String"}},
            "Resources": {"Carts": table({"Fn::Sub": "${Prefix}-carts"})},
        },
        "Network.template.json": {"Resources": {"Vpc": {"Type": "AWS::EC2::VPC"}}},
        "assembly-Prod/manifest.json": {"artifacts": {"ProdShop": stack("ProdShop.template.json")}},
        "assembly-Prod/ProdShop.template.json": {"Resources": {"Sessions": {"Type": "AWS::DynamoDB::Table"}}},
        "tree.json": {"version": "tree-0.1"},
    }
    for name, document in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(document))
    return tmp_path


def test_all_stacks(assembly: Path) -> None:
    """The tables of stacks, nested stacks and stages are read, with the region and names that are fixed."""
    found = load(assembly, inputs=Inputs(names={"Sessions": "sessions"}))

    assert [
        ("Shop.Resources.Orders", "orders-eu-west-1-aws", "eu-west-1", f"{assembly}/Shop.template.json"),
        (
            "Shop.Nested.Resources.Carts",
            "nested-carts",
            "eu-west-1",
            f"{assembly}/ShopNested.nested.template.json",
        ),
        ("ProdShop.Resources.Sessions", "sessions", "", f"{assembly}/assembly-Prod/ProdShop.template.json"),
    ] == [(each.address, each.name, each.region, each.file) for each in found.tables]
    assert [] == found.notes


def test_a_table_that_cannot_be_read(assembly: Path) -> None:
    """A table without a name is refused by itself, with its file and line."""
    *_, sessions = load(str(assembly), inputs=Inputs()).tables

    assert sessions.refusal is not None
    assert (f"{assembly}/assembly-Prod/ProdShop.template.json", 1) == (
        sessions.refusal.file,
        sessions.refusal.line,
    )


def test_what_is_no_assembly(tmp_path: Path) -> None:
    """A folder without templates, a manifest by itself and a missing template are refused."""
    with pytest.raises(SpecError, match=r"is a folder without .*manifest.json \(CDK\)"):
        load(tmp_path, inputs=Inputs())
    with pytest.raises(SpecError, match="f: is the manifest of a folder that `cdk synth` writes"):
        read('{"version": "36.0.0", "artifacts": {}}', name="f")
    (tmp_path / "manifest.json").write_text('{"short_name": "web"}')
    with pytest.raises(SpecError, match="has no artifacts, so it is not a CDK cloud assembly"):
        load(tmp_path, inputs=Inputs())
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"S": stack("S.template.json")}}))
    with pytest.raises(SpecError, match=r"names S.template.json, which is not in the folder"):
        load(tmp_path, inputs=Inputs())
    (tmp_path / "S.template.json").write_text("{")
    with pytest.raises(SpecError, match=rf"^{tmp_path}/S.template.json:1: not JSON"):
        load(tmp_path, inputs=Inputs())
    (tmp_path / "S.template.json").write_text('{"Resources": {"V": {"Type": "AWS::EC2::VPC"}}}')
    with pytest.raises(SpecError, match="has no stack with a table"):
        load(tmp_path, inputs=Inputs())
