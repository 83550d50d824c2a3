"""Files that name another Region than that of the endpoint, and tables that must not be created."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Run

KEYS = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


@pytest.fixture
def elsewhere(tmp_path: Path, table_name: str) -> str:
    """The path of a description of a table in another Region than that of the endpoint."""
    path = tmp_path / "orders.json"
    arn = f"arn:aws:dynamodb:eu-south-2:111122223333:table/{table_name}"
    billing = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    path.write_text(json.dumps({"Table": {"TableName": table_name, "TableArn": arn, **KEYS, **billing}}))
    return str(path)


def test_another_region(tablectl: Run, elsewhere: str, table_name: str, tmp_path: Path) -> None:
    """`plan` says so first, `apply` refuses, also a saved plan, unless --any-region."""
    line = f"{elsewhere}: table {table_name} is in eu-south-2, but the endpoint is in us-east-1"
    saved = str(tmp_path / "saved.plan")
    planned = tablectl("plan", "-f", elsewhere, "--out", saved)
    assert (0, f"note: {line}") == (planned.returncode, planned.stderr.splitlines()[0])
    assert [line] == json.loads(tablectl("plan", "-f", elsewhere, "-o", "json").stdout)["Notes"]
    for what in (["-f", elsewhere], [saved]):
        refused = tablectl("apply", *what, "--yes")
        assert (1, "") == (refused.returncode, refused.stdout)
        assert f"tablectl: nothing changed: {line}; to apply it here, give --any-region" in refused.stderr
    applied = tablectl("apply", saved, "--yes", "--any-region")
    assert 0 == applied.returncode, applied.stderr
    assert 0 == tablectl("table", "delete", table_name, "--yes").returncode


def test_the_region_of_the_endpoint_is_a_templates(tablectl: Run, tmp_path: Path) -> None:
    """A template that needs the Region and does not say one has that of the endpoint, and a note says so."""
    path = tmp_path / "global.yaml"
    path.write_text(
        "Resources:\n  T:\n    Type: AWS::DynamoDB::GlobalTable\n    Properties:\n      TableName: orders\n"
        "      BillingMode: PAY_PER_REQUEST\n"
        "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "      Replicas: [{Region: us-east-1}, {Region: eu-west-1}]\n"
    )
    ran = tablectl("plan", "-f", str(path))

    assert "note: AWS::Region is us-east-1, the Region of the endpoint\n" == ran.stderr
    assert "eu-west-1" in ran.stdout


def test_a_table_whose_items_are_to_be_imported(tablectl: Run, tmp_path: Path, table_name: str) -> None:
    """A plan that would create an empty table in its place is refused; a table that is there is planned."""
    path = tmp_path / "template.json"
    properties = {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        **KEYS,
        "ImportSourceSpecification": {"InputFormat": "CSV", "S3BucketSource": {"S3Bucket": "b"}},
    }
    resources = {"T": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}
    path.write_text(json.dumps({"Resources": resources}))
    reason = "a new table would be empty: its items are to be imported from S3 (ImportSourceSpecification)"
    planned = tablectl("plan", "-f", str(path), "-o", "json")
    applied = tablectl("apply", "-f", str(path), "--yes")

    assert (1, 1) == (planned.returncode, applied.returncode)
    assert json.loads(planned.stdout)["Plans"][0]["Refusal"].startswith(reason)
    assert f"tablectl: nothing changed: {table_name}: {reason}" in applied.stderr
    create = ["--hash-key", "id:S", "--on-demand", "--wait"]
    assert 0 == tablectl("table", "create", table_name, *create).returncode
    assert 0 == tablectl("plan", "-f", str(path)).returncode
    assert 0 == tablectl("table", "delete", table_name, "--yes").returncode
