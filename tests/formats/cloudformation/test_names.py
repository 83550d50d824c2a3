"""Tables whose names only the deployed stack knows, and values that only the caller knows."""

import json

import pytest

from tableadmin.formats import Inputs, SpecError, find, join_refusals, read, stack_resources

KEYS = """\
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
ONE_WITHOUT = f"""\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
{KEYS}
  Sessions:
    Type: AWS::DynamoDB::Table
    Properties:
{KEYS}
"""
THREE_WITHOUT = f"""\
Parameters: {{Stage: {{Type: String}}}}
Resources:
  Orders: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: !Sub 'orders-${{Stage}}'}}}}
  Carts: {{Type: AWS::DynamoDB::Table}}
  Sessions:
    Type: AWS::DynamoDB::Table
    Properties:
      SSESpecification: {{SSEEnabled: true, KMSMasterKeyId: !GetAtt Key.Arn}}
      Tags: [{{Key: stage, Value: !Ref Stage}}, {{Key: key, Value: !GetAtt Key.Arn}}]
{KEYS}
"""


def test_a_name_by_logical_id() -> None:
    """A name that is given for a logical ID is the table's; it goes before the name in the template."""
    names = {"Sessions": "my-sessions"}
    assert ["orders", "my-sessions"] == table_names(ONE_WITHOUT, names=names)
    assert ["new", "my-sessions"] == table_names(ONE_WITHOUT, names=names | {"Orders": "new"})


def test_without_a_name() -> None:
    """The error names what to type; the named table can be selected."""
    with pytest.raises(SpecError) as unnamed:
        read(ONE_WITHOUT, name="f")

    assert (
        "f:13: table Sessions: Resources.Sessions.Properties.TableName: is required: CloudFormation would "
        "make up a name; give --name Sessions=NAME, or --stack-resources FILE"
    ) == str(unnamed.value)
    assert ["orders"] == [spec.table_name for spec in read(ONE_WITHOUT, name="f", select=["orders"])]


def test_everything_that_is_needed_is_said_at_once() -> None:
    """One error says all that has to be given for all tables, each thing once."""
    tables = find(THREE_WITHOUT, name="f", inputs=Inputs()).tables
    error = join_refusals(tables)

    assert error is not None
    assert (
        "--param Stage=VALUE",
        "--name Carts=NAME",
        "--name Sessions=NAME",
        "--param Key.Arn=VALUE",
    ) == error.needs
    given = {"Stage": "dev", "Key.Arn": "arn:aws:kms:eu-west-1:111122223333:key/1"}
    names = {"Carts": "carts", "Sessions": "sessions"}
    specs = read(THREE_WITHOUT, name="f", parameters=given, names=names)
    assert ["orders-dev", "carts", "sessions"] == [spec.table_name for spec in specs]


@pytest.mark.parametrize("member", ["StackResourceSummaries", "StackResources"])
def test_names_of_a_deployed_stack(member: str) -> None:
    """The listing of a stack gives names that the template does not, values of Ref, and the region."""
    stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-dev/0a1b"
    resources = [
        {
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": kind,
            "ResourceStatus": "CREATE_COMPLETE",
            **({"StackId": stack} if member == "StackResources" else {}),
        }
        for logical, physical, kind in (
            ("Orders", "shop-dev-Orders-1ABC", "AWS::DynamoDB::Table"),
            ("Sessions", "shop-dev-Sessions-2DEF", "AWS::DynamoDB::Table"),
            ("Key", "0123-4567", "AWS::KMS::Key"),
        )
    ]
    deployed = stack_resources(json.dumps({member: resources}), name="stack.json")
    tags = "      Tags: [{Key: key, Value: !Ref Key}]\n"
    found = find(ONE_WITHOUT + tags, name="f", inputs=Inputs(deployed=deployed))

    assert [None, None] == [table.refusal for table in found.tables]
    assert ["orders", "shop-dev-Sessions-2DEF"] == [table.name for table in found.tables]
    sessions = found.tables[1].spec
    assert sessions is not None
    assert "0123-4567" == sessions.tags[0].value
    assert {"eu-west-1" if member == "StackResources" else ""} == {table.region for table in found.tables}


def test_no_listing_of_a_stack() -> None:
    """Another document is no listing, and a listing is no template."""
    said = "s: has no resources of a stack; give what `aws cloudformation list-stack-resources --stack-name"
    with pytest.raises(SpecError, match=said):
        stack_resources("{}", name="s")
    with pytest.raises(SpecError, match="f: lists the resources of a stack; give it with --stack-resources"):
        read('{"StackResources": []}', name="f")


@pytest.mark.parametrize("as_text", [False, True])
def test_the_template_of_a_deployed_stack(as_text: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """What get-template prints is read, whether the template in it is an object or text."""
    keys = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    properties = {"TableName": "orders", **keys}
    template = {"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    answer = {"TemplateBody": ONE_WITHOUT if as_text else template, "StagesAvailable": ["Original"]}

    assert "orders" in table_names(json.dumps(answer), names={"Sessions": "s"})


def test_a_reference_to_a_table() -> None:
    """Ref of a table is its name, whether the template or the caller gives it."""
    text = (
        ONE_WITHOUT
        + "      Tags: [{Key: beside, Value: !Ref Orders}, {Key: own, Value: !Sub '${Sessions}!'}]\n"
    )
    _, sessions = read(text, name="f", names={"Sessions": "mine"})

    assert ["orders", "mine!"] == [tag.value for tag in sessions.tags]


def test_a_key_of_the_same_template() -> None:
    """A key that the stack makes is given, or declared unmanaged; the error says both."""
    text = ONE_WITHOUT + "      SSESpecification: {SSEEnabled: true, KMSMasterKeyId: !GetAtt Key.Arn}\n"
    names = {"Sessions": "s"}
    advice = "give Key.Arn=VALUE, or --unmanaged SSESpecification.KMSMasterKeyId"
    with pytest.raises(SpecError, match=advice):
        read(text, name="f", names=names)
    _, given = read(text, name="f", names=names, parameters={"Key.Arn": "arn:key"})
    _, unmanaged = read(text, name="f", names=names, unmanaged=["SSESpecification.KMSMasterKeyId"])

    assert "arn:key" == given.sse_specification.kms_master_key_id
    assert (True, "") == (
        unmanaged.sse_specification.enabled,
        unmanaged.sse_specification.kms_master_key_id,
    )
    assert ["SSESpecification.KMSMasterKeyId"] == [member.path for member in unmanaged.unmanaged]


def test_the_arn_of_a_table() -> None:
    """GetAtt of a table's Arn follows from its name, the region and the account, which are asked for."""
    tags = "[{Key: arn, Value: !GetAtt Orders.Arn}, {Key: sub, Value: !Sub '${Orders.Arn}'}]"
    text = ONE_WITHOUT + f"      Tags: {tags}\n"
    names = {"Sessions": "s"}
    here = {"AWS::Region": "cn-north-1", "AWS::AccountId": "111122223333"}
    _, sessions = read(text, name="f", names=names, parameters=here)
    (error,) = [
        each.refusal for each in find(text, name="f", inputs=Inputs(names=names)).tables if each.refusal
    ]

    assert 2 * ["arn:aws-cn:dynamodb:cn-north-1:111122223333:table/orders"] == [
        tag.value for tag in sessions.tags
    ]
    assert error is not None
    assert {"--param AWS::Region=VALUE", "--param AWS::AccountId=VALUE"} < set(error.needs)


def table_names(text: str, names: dict[str, str]) -> list[str]:
    """The names of the tables in TEXT."""
    return [spec.table_name for spec in read(text, name="f", names=names)]
