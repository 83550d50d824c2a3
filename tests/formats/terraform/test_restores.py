"""The arguments of `aws_dynamodb_table` that restore a table."""

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, find

CONFIGURATION = """
resource "aws_dynamodb_table" "copy" {
  name         = "Copy"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  %s
}
"""
BACKUP = "arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/backup/01489602797149-73d8d5bc"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/Orders"


@pytest.mark.parametrize(
    ("arguments", "source", "must_exist"),
    [
        (f'restore_backup_arn = "{BACKUP}"', {"BackupArn": BACKUP}, ""),
        (
            'restore_source_name = "Orders"\n  restore_to_latest_time = true',
            {"SourceTableName": "Orders", "UseLatestRestorableTime": True},
            "",
        ),
        (
            'restore_source_name = "Orders"\n  restore_date_time = "2026-01-31T12:00:00Z"',
            {"SourceTableName": "Orders", "RestoreDateTime": "2026-01-31T12:00:00+00:00"},
            "",
        ),
        ('restore_source_name = "Orders"', None, "restored from Orders (restore_source_name)"),
        (
            f'restore_source_table_arn = "{TABLE}"\n  restore_to_latest_time = true',
            None,
            f"restored from {TABLE} (restore_source_table_arn)",
        ),
    ],
)
def test_restores(arguments: str, source: object, must_exist: str) -> None:
    """A spec says what Terraform restores from; of what no spec can say, the table must exist."""
    (table,) = find(CONFIGURATION % arguments, name="main.tf", inputs=Inputs()).tables
    assert table.spec, table.refusal
    said = to_aws(table.spec).get("RestoreSource")
    if isinstance(said, dict) and "RestoreDateTime" in said:
        said = {**said, "RestoreDateTime": said["RestoreDateTime"].isoformat()}
    assert source == said
    assert table.must_exist.endswith(must_exist)
    assert bool(table.must_exist) == bool(must_exist)
