"""Files of other tools, through every command that takes -f, and a real server."""

from pathlib import Path

from tests.cli.running import Run

TERRAFORM = """
variable "name" {}
resource "aws_dynamodb_table" "this" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "Artist"

  attribute {
    name = "Artist"
    type = "S"
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.k.arn
  }
}
"""


def test_a_folder_of_terraform(tablectl: Run, tmp_path: Path, table_name: str) -> None:
    """validate, plan, apply and diff read a folder, with --param and --unmanaged."""
    (tmp_path / "main.tf").write_text(TERRAFORM)
    values = tmp_path / "values" / "test.tfvars"
    values.parent.mkdir()
    values.write_text(f'name = "{table_name}"\nelse_where = 1\n')
    given = ("-f", str(tmp_path), "--param-file", str(values))
    alone = (*given, "--unmanaged", "SSESpecification.KMSMasterKeyId")

    refused = tablectl("plan", *given)
    assert (1, "") == (refused.returncode, refused.stdout)
    assert f"{tmp_path}/main.tf:3: table {table_name}: aws_dynamodb_table.this.server_side" in refused.stderr
    assert "give --param 'aws_kms_key.k.arn=VALUE', --unmanaged " in refused.stderr

    valid = tablectl("validate", *alone)
    assert (0, "1 table is valid\n") == (valid.returncode, valid.stdout)
    assert 0 == tablectl("apply", *alone, "--unmanaged", "SSESpecification", "--yes").returncode
    planned = tablectl("plan", *alone, "--unmanaged", "SSESpecification", "--exit-code")
    assert (0, f"= {table_name} (no changes)") == (planned.returncode, planned.stdout.splitlines()[0])
    different = tablectl("diff", *alone, "--exit-code")
    assert "SSESpecification" in different.stdout
    tablectl("table", "delete", table_name, "--yes", "--wait")
    misspelt = tablectl("plan", *given, "--param", "nam=x")
    assert "no file has a parameter 'nam', did you mean 'name'?" in misspelt.stderr
