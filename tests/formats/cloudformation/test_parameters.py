"""What a template's Parameters allow."""

import pytest

from tableadmin.formats import read
from tests.formats.refusing import refusal

TEMPLATE = """\
Parameters: {P: {Type: %s, %s}}
Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {TableName: orders, Tags: [{Key: k, Value: %s}]}}}
"""


@pytest.mark.parametrize(
    ("kind", "constraints", "given", "said"),
    [
        ("String", "AllowedPattern: '[a-z-]+'", "Dev1", "P must match [a-z-]+, and Dev1 does not"),
        (
            "String",
            "AllowedPattern: '[a-z]+', ConstraintDescription: lower case only",
            "x1",
            "P must match [a-z]+, and x1 does not (lower case only)",
        ),
        ("String", "AllowedValues: [dev, prod]", "test", "P may be dev, prod, not test"),
        ("String", "MinLength: 3", "ab", "P must have a length of at least 3, not ab"),
        ("String", "MaxLength: '3'", "abcd", "P must have a length of at most 3, not abcd"),
        ("Number", "MinValue: 5", "4", "P must be at least 5, not 4"),
        ("Number", "MaxValue: 5", "5.5", "P must be at most 5, not 5.5"),
        ("Number", "NoEcho: true", "many", "P must be a number, not many"),
        ("CommaDelimitedList", "AllowedValues: [a, b]", "a, c", "P may be a, b, not c"),
    ],
)
def test_values_that_are_not_allowed(kind: str, constraints: str, given: str, said: str) -> None:
    """A value that the parameter does not allow is refused, with what is allowed."""
    value = "!Join ['', !Ref P]" if "List" in kind else "!Ref P"

    assert said in refusal(TEMPLATE % (kind, constraints, value), P=given)


@pytest.mark.parametrize(
    ("constraints", "given"),
    [
        ("AllowedPattern: '[a-z-]+'", "dev"),
        ("MinLength: 3, MaxLength: 3, AllowedValues: [dev]", "dev"),
        # A pattern of Java's that is none of Python's.
        (r"AllowedPattern: '\p{Alpha}+'", "dev"),
    ],
)
def test_values_that_are_allowed(constraints: str, given: str) -> None:
    """A value that the parameter allows is taken."""
    (spec,) = read(TEMPLATE % ("String", constraints, "!Ref P"), name="f", parameters={"P": given})

    assert given == spec.tags[0].value
