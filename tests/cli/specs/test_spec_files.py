"""Spec files on the command line: names, selection, notes, and what can't be read."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Run

KEYS = (
    "BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], "
    "KeySchema: [{AttributeName: id, KeyType: HASH}]"
)
TEMPLATE = f"""\
Parameters: {{Stage: {{Type: String}}}}
Resources:
  Orders: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: orders, {KEYS}}}}}
  Sessions: {{Type: AWS::DynamoDB::Table, Properties: {{{KEYS}}}}}
  Carts: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: !Sub 'carts-${{Stage}}', {KEYS}}}}}
  Nested: {{Type: AWS::CloudFormation::Stack}}
"""


@pytest.fixture
def template(tmp_path: Path) -> str:
    """The path of the template."""
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return str(path)


def test_what_to_type_is_said_for_all_tables_at_once(offline: Run, template: str) -> None:
    """Each table that can't be read has a line, and the last line says which options help."""
    ran = offline("validate", "-f", template)

    *lines, last = ran.stderr.splitlines()
    assert (1, "") == (ran.returncode, ran.stdout)
    assert [f"{template}:4: table Sessions", f"{template}:5: table Carts"] == [
        line.partition(": Resources")[0] for line in lines
    ]
    assert (
        "tablectl: 2 of 3 tables can't be read; give --name Sessions=NAME --param Stage=VALUE, "
        "or choose tables with --select"
    ) == last


def test_names_and_selection(tablectl: Run, template: str, tmp_path: Path) -> None:
    """--name, --param and --stack-resources make tables readable; --select leaves the others alone."""
    note = f"note: {template}: Resources.Nested: a nested stack: give its template too if it has tables\n"
    ran = tablectl("validate", "-f", template, "--name", "Sessions=my-sessions", "--param", "Stage=dev")
    assert (0, "3 tables are valid\n", note) == (ran.returncode, ran.stdout, ran.stderr)
    listing = tmp_path / "stack.json"
    resource = {"LogicalResourceId": "Sessions", "PhysicalResourceId": "shop-Sessions-1A"}
    listing.write_text(json.dumps({"StackResourceSummaries": [resource]}))
    ran = tablectl("validate", "-f", template, "--stack-resources", str(listing), "--select", "Sess*")
    assert (0, "1 table is valid\n") == (ran.returncode, ran.stdout)
    assert ran.stderr.endswith("note: not selected and left out: orders, Carts\n")
    as_json = tablectl("validate", "-f", template, "--select", "Orders", "-o", "json")
    assert ["Notes", "Violations"] == sorted(json.loads(as_json.stdout))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--param", "stage=dev"], "no file has a parameter 'stage', did you mean 'Stage'?"),
        (["--name", "Session=x"], "no file has a table 'Session', did you mean 'Sessions'?"),
        (["--select", "order"], "no table is called 'order', did you mean 'orders'?"),
        (["--stack-resources", "gone.json"], "gone.json: No such file or directory"),
        (["--select", "Orders", "-f", "gone.yaml"], "gone.yaml: No such file or directory"),
    ],
)
def test_options_that_no_file_can_use(offline: Run, template: str, options: list[str], said: str) -> None:
    """An option that no file can use is an error with the nearest name."""
    ran = offline("plan", "-f", template, *options)

    assert (1, f"tablectl: {said}\n") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("option", ["--name", "--param"])
def test_options_that_are_not_pairs(offline: Run, template: str, option: str) -> None:
    """The value of --name and --param has a name and a value."""
    ran = offline("plan", "-f", template, option, "nothing")

    assert 64 == ran.returncode
    assert "'nothing' is not KEY=VALUE" in ran.stderr


def test_bytes_on_standard_input(tablectl: Run, tmp_path: Path) -> None:
    """A file in UTF-16 is read; what is no text is named."""
    path = tmp_path / "spec.json"
    path.write_bytes(json.dumps({"TableName": "orders"}).encode("utf-16"))
    assert "orders" in tablectl("validate", "-f", str(path)).stdout
    path.write_bytes(b"PK\x03\x04")
    assert "is a ZIP archive; unpack it with `unzip`" in tablectl("validate", "-f", str(path)).stderr
