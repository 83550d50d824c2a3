"""serverless.yml: its resources, and its variables."""

from pathlib import Path

import pytest

from tableadmin.formats import Inputs, find, load, read
from tests.formats.refusing import refusal

KEYS = (
    "BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], "
    "KeySchema: [{AttributeName: id, KeyType: HASH}]"
)
TABLE = "{Type: AWS::DynamoDB::Table, Properties: {TableName: %s}}"
SERVICE = """\
service: shop
frameworkVersion: '3'
provider:
  name: aws
  stage: ${opt:stage, 'dev'}
  region: ${opt:region, 'eu-west-1'}
  stackTags: {cost-center: "42"}
custom:
  table: orders-${self:provider.stage}
  names: {dev: development, prod: production}
  capacity: {dev: 1, prod: 10}
  key: {AttributeName: id, KeyType: HASH}
  bad: {a: 1, a: 2}
params:
  default: {domain: example.org}
  prod: {domain: shop.org}
resources:
  Resources:
    T:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: %s
        <<: {%s}
"""


@pytest.mark.parametrize(
    ("written", "given", "name"),
    [
        ("'${self:custom.table}'", {}, "orders-dev"),
        ("'${self:custom.table}'", {"stage": "prod"}, "orders-prod"),
        ("'${self:custom.table}'", {"opt:stage": "prod"}, "orders-prod"),
        ("'orders-${sls:stage}'", {}, "orders-dev"),
        ("'orders-${sls:stage}'", {"sls:stage": "qa"}, "orders-qa"),
        ("'${self:custom.names.${sls:stage}}-orders'", {}, "development-orders"),
        ("'${self:custom.names.${opt:stage, self:provider.stage}}'", {"stage": "prod"}, "production"),
        ("'${self:service}-${aws:region}'", {}, "shop-eu-west-1"),
        ("'${env:TABLE}'", {"env:TABLE": "mine"}, "mine"),
        ("'${env:TABLE, \"fallback\"}'", {}, "fallback"),
        ("'${param:domain}'", {}, "example.org"),
        ("'${param:domain}'", {"stage": "prod"}, "shop.org"),
        ("!Sub '${AWS::StackName}-${self:custom.table}-${AWS::Region}'", {}, "shop-dev-orders-dev-eu-west-1"),
        ("${self:custom.table}", {}, "orders-dev"),
    ],
)
def test_variables(written: str, given: dict[str, str], name: str) -> None:
    """Variables are replaced: those of the file by themselves, and the others by parameters."""
    (spec,) = read(SERVICE % (written, KEYS), name="serverless.yml", parameters=given)

    assert name == spec.table_name


def test_variables_that_are_no_text() -> None:
    """A variable may stand for a number or an object."""
    members = (
        "KeySchema: ['${self:custom.key}'], AttributeDefinitions: [], ProvisionedThroughput: "
        "{ReadCapacityUnits: '${self:custom.capacity.${sls:stage}}', WriteCapacityUnits: 2}"
    )
    (spec,) = read(SERVICE % ("orders", members), name="f", parameters={"stage": "prod"})

    assert ("id", 10) == (
        spec.key_schema[0].attribute_name,
        spec.provisioned_throughput.read_capacity_units,
    )


def test_the_region_and_the_tags_of_the_stack() -> None:
    """The provider's region is the table's, and tags of the stack are left alone."""
    (table,) = find(SERVICE % ("orders", KEYS), name="f", inputs=Inputs()).tables

    assert "eu-west-1" == table.region
    assert table.spec is not None
    assert ["Tags[cost-center]"] == [member.path for member in table.spec.unmanaged]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("'${env:TABLE}'", "the variable '${env:TABLE}' is resolved by the Serverless Framework only"),
        ("!Sub 'x-${ssm:/a/b}'", "give ssm:/a/b=VALUE"),
        ("'${file(names.yml):table}'", "give file(names.yml):table=VALUE"),
        ("'${self:custom.gone}'", "give self:custom.gone=VALUE"),
        ("'${self:custom.names}'", "TableName: must evaluate to text"),
    ],
)
def test_variables_that_are_not_known(written: str, said: str) -> None:
    """A variable that is not known is asked for, with the line of the file."""
    refused = refusal(SERVICE % (written, KEYS))

    assert refused.startswith("f:22: table T: resources.Resources.T.Properties.TableName: ")
    assert said in refused


def test_a_list_of_resources() -> None:
    """`resources` may be a list, in which files are named: those are noted."""
    head, _, body = SERVICE.partition("resources:\n")
    inner = "".join(f"  {line}\n" for line in (body % ("orders", KEYS)).splitlines())
    text = f"{head}resources:\n  - ${{file(resources/other.yml)}}\n  - Conditions: {{}}\n  -{inner[3:]}"
    notes: list[str] = []

    assert ["orders"] == [spec.table_name for spec in read(text, name="f", notes=notes)]
    assert ["f: resources[0]: ${file(resources/other.yml)} is not read; give that file too"] == notes
    assert "f: resources: has no AWS::DynamoDB::Table" in refusal(
        "service: a\nprovider: {name: aws}\n"
    ).replace("f:1:", "f:")


def test_a_file_of_resources() -> None:
    """A template with variables of the Serverless Framework asks for them."""
    properties = f"{{TableName: 'a-${{self:custom.x}}', {KEYS}}}"
    text = f"Resources: {{T: {{Type: AWS::DynamoDB::Table, Properties: {properties}}}}}"

    assert "give self:custom.x=VALUE" in refusal(text)
    assert ["a-b"] == [spec.table_name for spec in read(text, name="f", parameters={"self:custom.x": "b"})]


def test_all_variables_are_asked_for_at_once() -> None:
    """One error names all variables that are not known."""
    (table,) = find(SERVICE % ("'${env:A}-${ssm:/b}'", KEYS), name="f", inputs=Inputs()).tables

    assert table.refusal is not None
    assert ("--param env:A=VALUE", "--param ssm:/b=VALUE") == table.refusal.needs


def test_the_default_stage() -> None:
    """A provider without a stage has the stage `dev`."""
    text = (
        "service: shop\nprovider: {name: aws}\nresources: {Resources: {T: "
        + TABLE % "'orders-${opt:stage, self:provider.stage}'"
        + "}}"
    )
    assert ["orders-dev"] == [spec.table_name for spec in read(text, name="f")]


def test_a_service_that_is_an_object() -> None:
    """The name of a service may be a member of it."""
    text = SERVICE.replace("service: shop", "service: {name: shop}") % ("'${self:service}-orders'", KEYS)

    assert ["shop-orders"] == [spec.table_name for spec in read(text, name="f")]


def test_files_that_a_service_includes(tmp_path: Path) -> None:
    """Files below the folder of the service are read where variables name them; others are noted."""
    service = """\
service: shop
provider: {name: aws}
custom: ${file(config/custom.yml)}
resources:
  - ${file(resources/tables.yml)}
  - Resources:
      Carts: ${file(resources/carts.yml):Carts}
      Other: ${file(../outside.yml):Other}
  - ${file(resources.js)}
"""
    files = {
        "serverless.yml": service,
        "config/custom.yml": "prefix: ${self:service}-${sls:stage}\n",
        "resources/tables.yml": "Resources: {Orders: %s}" % (TABLE % "orders"),
        "resources/carts.yml": "Carts: " + TABLE % "'${self:custom.prefix}-carts'",
        "resources.js": "module.exports = {}",
    }
    folder = tmp_path / "shop"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "outside.yml").write_text("Other: " + TABLE % "secret")
    found = load(folder / "serverless.yml", inputs=Inputs())

    assert ["orders", "shop-dev-carts"] == [table.name for table in found.tables]
    assert [
        "Resources.Other: ${file(../outside.yml):Other} is not read; give that file too",
        "resources[2]: ${file(resources.js)} is not read; give that file too",
    ] == [note.partition("serverless.yml: ")[2] for note in found.notes]


@pytest.mark.parametrize(
    "text",
    [
        "resources: {Resources: {T: {Type: x, Properties: '${self:resources}'}}}",
        "resources: {a: ['${self:resources.b}', '${self:resources.b}'], b: ['${self:resources.a}']}",
        "resources: {a: '%s', x: '${self:resources.a}'}" % ("${self:custom.l9}" * 10),
    ],
)
def test_variables_that_unfold_without_end(text: str) -> None:
    """Variables that hold themselves, or unfold to very much, are refused at once."""
    levels = ", ".join(f"l{n}: '{f'${{self:custom.l{n - 1}}}' * 10}'" for n in range(1, 10))

    assert "without end" in refusal(f"service: s\nprovider: {{}}\ncustom: {{l0: x, {levels}}}\n{text}\n")


def test_variables_without_end() -> None:
    """Variables that refer to each other are refused."""
    text = SERVICE.replace("table: orders-${self:provider.stage}", "table: 'x${self:custom.table}'")

    assert "without end" in refusal(text % ("'${self:custom.table}'", KEYS))


def test_variables_in_flow_style() -> None:
    """A variable without quotes may stand in flow style, where its braces would end the text."""
    text = """\
service: shop
provider: {name: aws, stage: ${opt:stage, 'dev'}}
custom: {table: orders-${sls:stage}, names: {dev: a-${self:custom.${sls:stage}}}, dev: deep}
resources: {Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {TableName: ${self:custom.names.dev}}}}}
"""
    assert ["a-deep"] == [spec.table_name for spec in read(text, name="f")]
    other = text.replace("custom.names.dev", "custom.table")
    assert ["orders-qa"] == [spec.table_name for spec in read(other, name="f", parameters={"stage": "qa"})]
    assert "not JSON" in refusal("{TableName: ${a}, \ue0000\ue001: ${\ue0000\ue001}")
