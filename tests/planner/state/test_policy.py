"""Resource policies are compared by what they mean for IAM."""

import json
from collections.abc import Mapping

import pytest

from tableadmin_server.planner.state.policy import canonical

ROOT = "arn:aws:iam::123456789012:root"
TABLE = "arn:aws:dynamodb:us-west-2:123456789012:table/Music"


def policy(*statements: Mapping[str, object], **members: object) -> str:
    """A policy of STATEMENTS, and MEMBERS."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members})


def statement(**members: object) -> dict[str, object]:
    """A statement that lets an account read, but for MEMBERS."""
    read = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}
    return {**read, "Principal": {"AWS": ROOT}, **members}


WRITE = statement(Action="dynamodb:PutItem")
CONDITION = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(statement()), policy(statement(Principal={"AWS": "123456789012"}))),
        (policy(statement()), policy(statement(Principal={"AWS": [ROOT, "123456789012"]}))),
        (policy(statement()), policy(statement(Principal={"AWS": "arn:aws-cn:iam::123456789012:root"}))),
        (policy(statement(Principal="*")), policy(statement(Principal={"AWS": "*"}))),
        (policy(statement()), policy(statement(Action=["dynamodb:GetItem"], Resource=[TABLE]))),
        (policy(statement()), policy(statement(Action="DynamoDB:getitem"))),
        (policy(statement(Action=["a:B", "a:C"])), policy(statement(Action=["a:C", "a:B"]))),
        (policy(statement(), WRITE), policy(WRITE, statement())),
        (policy(statement()), json.dumps({"Statement": statement()}, indent=2)),
        (policy(statement()), policy(statement(), Version="2008-10-17")),
        (
            policy(statement(Condition=CONDITION)),
            policy(
                statement(
                    Condition={
                        "Bool": {"AWS:SecureTransport": [True]},
                        "StringEquals": {"aws:principalorgid": ["o-1"]},
                    }
                )
            ),
        ),
    ],
)
def test_equal(one: str, other: str) -> None:
    """Accounts, single values and lists, order, case of actions and the version are no difference."""
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    "other",
    [
        policy(statement(Principal={"AWS": "123456789013"})),
        policy(statement(Principal={"AWS": "arn:aws:iam::123456789012:user/root"})),
        policy(statement(Principal={"Service": "123456789012"})),
        policy(statement(Effect="Deny")),
        policy(statement(Action="dynamodb:PutItem")),
        policy(statement(Resource=TABLE.lower())),
        policy(statement(Condition=CONDITION)),
        policy(statement(), WRITE),
        policy(),
    ],
)
def test_different(other: str) -> None:
    """Who, what, where and when are differences."""
    assert canonical(policy(statement())) != canonical(other)


def test_version_of_variables() -> None:
    """Only version 2012-10-17 has variables, so there the version is a difference."""
    varied = statement(Resource=f"{TABLE}/${{aws:username}}")
    assert canonical(policy(varied)) != canonical(policy(varied, Version="2008-10-17"))
    assert canonical(json.dumps({"Statement": varied})) == canonical(policy(varied, Version="2008-10-17"))


@pytest.mark.parametrize(
    "text", ["no JSON", "[]", '{"Statement": [1, "a", null]}', '{"Statement": {"Condition": 1}}']
)
def test_what_is_no_policy(text: str) -> None:
    """What is no policy is compared all the same."""
    assert canonical(text) == canonical(text)
