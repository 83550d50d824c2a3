"""CloudFormation templates."""

import json

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import read
from tests.formats.conftest import DOCUMENTS, Reading
from tests.formats.refusing import refusal

HERE = {"AWS::Region": "eu-west-1", "AWS::AccountId": "012345678901", "AWS::Partition": "aws"}
TABLE = (
    "Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {TableName: A1b, %s}}, K: {Type: AWS::KMS::Key}}"
)


def test_a_template_with_defaults(reading: Reading) -> None:
    """Parameters' defaults count, functions are worked out, and CloudFormation's names become a spec's."""
    notes: list[str] = []
    specs = reading("template.yaml", HERE, notes)

    assert {"dev-films"} == specs.keys()
    films = to_aws(specs["dev-films"])
    assert {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1} == films["ProvisionedThroughput"]
    assert {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"} == films["StreamSpecification"]
    assert "SSESpecification" not in films
    assert films["DeletionProtectionEnabled"] is False
    assert {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 14} == films[
        "PointInTimeRecoverySpecification"
    ]
    assert {"StreamArn": "arn:aws:kinesis:eu-west-1:012345678901:stream/films"} == films[
        "KinesisStreamSpecification"
    ]
    assert [{"Key": "stage", "Value": "dev"}, {"Key": "year", "Value": "2024"}] == films["Tags"]
    policy = json.loads(specs["dev-films"].resource_policy)
    assert {"AWS": "arn:aws:iam::012345678901:root"} == policy["Statement"][0]["Principal"]
    left_out = "Resources.Films.Properties.GlobalSecondaryIndexes[0].ContributorInsightsSpecification"
    assert [f"template.yaml: table Films: {left_out} is not part of a spec and left out"] == notes


def test_a_template_with_parameters(reading: Reading) -> None:
    """Given parameters go before defaults, and what only CloudFormation knows may be given by its name."""
    prod = {"Stage": "prod", "ReadUnits": "20", "Key.Arn": "arn:aws:kms:eu-west-1:012345678901:key/1"}
    films = to_aws(reading("template.yaml", HERE | prod)["prod-films"])

    assert {"ReadCapacityUnits": 20, "WriteCapacityUnits": 50} == films["ProvisionedThroughput"]
    assert {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": prod["Key.Arn"]} == films["SSESpecification"]
    assert films["DeletionProtectionEnabled"] is True


def test_a_resource_whose_condition_holds() -> None:
    """A resource is there if its condition holds, and may then be the only one; else it is left out."""
    text = (
        "Parameters: {Stage: {Type: String}}\nConditions: {Test: !Equals [!Ref Stage, test]}\n"
        "Resources: {T: {Type: AWS::DynamoDB::Table, Condition: Test, Properties: {TableName: A1b}}}"
    )

    assert ["A1b"] == [spec.table_name for spec in read(text, name="f", parameters={"Stage": "test"})]
    assert [] == read(text, name="f", parameters={"Stage": "prod"})


def test_json_with_long_forms() -> None:
    """A template in JSON says the same with long forms, numbers and truth values as text or not."""
    template = {
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "a, b"}},
        "Resources": {
            "T": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": {"Fn::Join": ["-", {"Ref": "Names"}]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": 6},
                    "DeletionProtectionEnabled": "true",
                    "Tags": [{"Key": "n", "Value": 5}, {"Key": "t", "Value": True}, {"Ref": "AWS::NoValue"}],
                },
            }
        },
    }

    assert {
        "TableName": "a-b",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "n", "Value": "5"}, {"Key": "t", "Value": "true"}],
    } == to_aws(read(json.dumps(template), name="f")[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Select [1, !Split [',', 'a,b,c']]", "b"),
        ("!Base64 abc", "YWJj"),
        ("!Sub ['${a}-${!b}-${P}', {a: !Ref P}]", "p-${b}-p"),
        ("!FindInMap [M, nope, k, {DefaultValue: d}]", "d"),
        ("!FindInMap [M, !Ref P, k]", "v"),
        ("!If [Both, yes, !If [Either, either, no]]", "either"),
        ("!Join ['', [a, !If [Both, b, !Ref AWS::NoValue], c]]", "ac"),
        ("!ToJsonString {a: !Ref P}", '{"a":"p"}'),
        ("!ImportValue shared-name", "imported"),
        ("!Sub 'x${Other.Arn}'", "xarn"),
        ("!Join ['', [!Length [1, 2]]]", "2"),
    ],
)
def test_functions(value: str, expected: str) -> None:
    """Each function gives what CloudFormation gives."""
    text = (
        "Parameters: {P: {Type: String, Default: p}}\nMappings: {M: {p: {k: v}}}\n"
        "Conditions:\n"
        "  P: !Equals [!Ref P, p]\n"
        "  Both: !And [!Condition P, !Not [!Condition P]]\n"
        "  Either: !Or [!Condition P, !Condition Both]\n" + TABLE % f"Tags: [{{Key: k, Value: {value}}}]"
    )
    (spec,) = read(text, name="f", parameters={"shared-name": "imported", "Other.Arn": "arn"})

    assert expected == spec.tags[0].value


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            "Tags: [{Key: k, Value: !GetAtt K.Arn}]",
            "Tags[0].Value: GetAtt of K.Arn is known to CloudFormation only; give K.Arn=VALUE",
        ),
        (
            "Tags: [{Key: k, Value: !ImportValue x}]",
            "ImportValue of x is known to CloudFormation only; give x=VALUE",
        ),
        (
            "TableClass: !Ref AWS::Region",
            "TableClass: AWS::Region is known where the template is deployed; give AWS::Region=VALUE",
        ),
        ("TableClass: !Ref T", "TableClass: 'A1b' is not a TableClass"),
        ("TableClass: !Ref K", "TableClass: Ref of K is known once CloudFormation has made that resource"),
        ("TableClass: !Ref Nope", "TableClass: Ref names Nope, which is neither a parameter nor a resource"),
        ("TableClass: !Sub '${Nope}'", "Ref names Nope"),
        ("TableClass: !If [Nope, a, b]", "there is no condition 'Nope'"),
        ("TableClass: !If [a]", "takes a list of 3"),
        ("TableClass: !FindInMap [a, b, c]", "the Mappings have no a.b.c"),
        ("TableClass: !Select [3, [a]]", "Fn::Select takes item 3 of 1"),
        ("TableClass: !Cidr [a, 1, 2]", "Fn::Cidr cannot be evaluated here"),
        ("TableClass: '{{resolve:ssm:x}}'", "is resolved by CloudFormation only"),
        (
            "TableClas: STANDARD",
            "Resources.T.Properties.TableClas: unknown member of TableSpec, did you mean 'TableClass'?",
        ),
        ("SSESpecification: {SSEEnabled: maybe}", 'must be true or false, not "maybe"'),
    ],
)
def test_what_is_refused(members: str, said: str) -> None:
    """What can't be worked out is named, with its place and, where one can help, what to give."""
    refused = refusal(TABLE % members)

    assert refused.startswith("f:1: table ")
    assert said in refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Resources: {T: {Type: AWS::DynamoDB::Table}}",
            "Resources.T.Properties.TableName: is required: CloudFormation would make up a name",
        ),
        (
            "Resources: {T: {Type: AWS::S3::Bucket}}",
            "f:1: Resources: has no AWS::DynamoDB::Table and no AWS::DynamoDB::GlobalTable",
        ),
        (
            "Resources: {'Fn::ForEach::T': [a, b, {}]}",
            "Resources.Fn::ForEach::T: must evaluate to a list; the resources that it makes are left out",
        ),
        ("Resources: {T: {Properties: {}}}", "Resources.T.Type: must be text"),
        (
            """Conditions: {A: !Condition B, B: !Condition A}
Resources: {T: {Type: AWS::DynamoDB::Table, Condition: A}}""",
            "the condition 'A' refers to itself",
        ),
        (
            "Parameters: {P: {Type: String, AllowedValues: [a, b]}}\n" + TABLE % "TableClass: !Ref P",
            "P may be a, b, not c",
        ),
        (
            "Parameters: {K: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /k}}\n"
            + TABLE % "TableClass: !Ref K",
            "the parameter K has no default that is known here; give K=VALUE",
        ),
    ],
)
def test_templates_that_are_refused(text: str, said: str) -> None:
    """A template is refused for what would leave a table in doubt."""
    assert said in refusal(text, P="c")


def test_a_global_table_seen_from_home(reading: Reading) -> None:
    """What the replica at home says is the table's; of the others, what differs."""
    notes: list[str] = []
    films = to_aws(reading("global_table.yaml", {"AWS::Region": "eu-west-1"}, notes)["films"])

    assert {"MaxReadRequestUnits": 400, "MaxWriteRequestUnits": 100} == films["OnDemandThroughput"]
    assert {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/films-eu"} == films[
        "SSESpecification"
    ]
    assert "STANDARD_INFREQUENT_ACCESS" == films["TableClass"]
    assert films["DeletionProtectionEnabled"] is True
    assert {"PointInTimeRecoveryEnabled": True} == films["PointInTimeRecoverySpecification"]
    assert [
        {
            "IndexName": "ByGenre",
            "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "OnDemandThroughput": {"MaxReadRequestUnits": 200, "MaxWriteRequestUnits": 50},
        }
    ] == films["GlobalSecondaryIndexes"]
    assert [
        {
            "RegionName": "us-east-1",
            "KMSMasterKeyId": "alias/films-us",
            "OnDemandThroughputOverride": {"MaxReadRequestUnits": 40},
            "TableClassOverride": "STANDARD",
        }
    ] == films["Replicas"]
    left_out = "Resources.Films.Properties.Replicas[1].Tags"
    assert [f"global_table.yaml: table Films: {left_out} is not part of a spec and left out"] == notes


def test_a_global_table_without_a_home() -> None:
    """Of several replicas one has to be home."""
    text = (DOCUMENTS / "global_table.yaml").read_text(encoding="utf-8")

    assert "Replicas: the home Region is not known: AWS::Region is known where" in refusal(text)
    assert "Replicas: no replica is in us-west-2" in refusal(text, AWS__Region="us-west-2")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            "WriteProvisionedThroughputSettings: {WriteCapacityAutoScalingSettings: {Capacity: 9}}",
            "WriteCapacityAutoScalingSettings.Capacity: is not a known property",
        ),
        ("MultiRegionConsistency: STRONG", "MultiRegionConsistency: a spec can't ask for strong consistency"),
        (
            "GlobalTableWitnesses: [{Region: us-east-1}]",
            "GlobalTableWitnesses: a witness region is not part of a spec",
        ),
        ("BilingMode: PROVISIONED", "BilingMode: unknown member of TableSpec, did you mean 'BillingMode'?"),
    ],
)
def test_global_tables_that_are_refused(members: str, said: str) -> None:
    """What no spec can say is refused rather than dropped."""
    text = TABLE.replace("Table,", "GlobalTable,", 1) % f"Replicas: [{{Region: r}}], {members}"

    assert said in refusal(text)
