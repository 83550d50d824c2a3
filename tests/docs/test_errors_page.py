"""docs/operate/errors.md and the reasons of errors that there are."""

import re

from tableadmin_server.dynamodb.errors import STATUS_BY_CODE, reason_of
from tests.docs import reasons
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/operate/errors.md").read_text(encoding="utf-8")
OWN, OF_AWS = PAGE.split("## Errors of AWS")


def test_each_reason_has_an_entry() -> None:
    """The page has a heading for each reason of the service and of the client, once, and no others."""
    assert sorted(reasons.of_the_server() | reasons.of_the_client()) == sorted(
        re.findall(r"^### (\w+)$", OWN, re.MULTILINE)
    )


def test_each_entry_says_what_to_do() -> None:
    """Below a heading stand the code, the causes, and what to do."""
    entries = re.split(r"^### \w+$", OWN, flags=re.MULTILINE)[1:]
    form = re.compile(r"\n\n[A-Z_]+(, [A-Z_]+)*\. \S[^\n]+\n\n\*\*What to do\.\*\* \S")
    assert [] == [each for each in entries if not form.match(each)]


def test_each_error_of_aws_has_a_row() -> None:
    """The table has the reason of each code of AWS that the service knows, once, and no others."""
    assert sorted(reason_of(code) for code in STATUS_BY_CODE) == sorted(re.findall(r"`([A-Z_]+)`", OF_AWS))
