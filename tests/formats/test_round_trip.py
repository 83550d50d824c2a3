"""What is written is read back as it was."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableadmin.awsshape import to_aws
from tableadmin.formats import Format, read, write
from tableadmin.formats.cli_json import APART
from tableadmin.v1 import TableSpec
from tests.formats.specs import specs

several = st.lists(specs(), min_size=1, max_size=3, unique_by=lambda spec: spec.table_name)
few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(several)
@pytest.mark.parametrize("format_", ["spec", "cloudformation"])
def test_specs_survive(format_: Format, tables: list[TableSpec]) -> None:
    """Any specs are themselves again after the way through a file or a template."""
    written = write(tables, format_)

    assert tables == read(written.text, name="f", parameters={"AWS::Region": "home"})
    assert () == written.notes


@few
@given(several)
def test_specs_survive_but_for_what_is_noted(tables: list[TableSpec]) -> None:
    """A spec survives as create-table's input, but for the members that a note names."""
    written = write(tables, "cli")
    for table in tables:
        for member in APART.keys() & to_aws(table).keys():
            assert any(f"table {table.table_name}: {member} " in note for note in written.notes)

    assert [
        {member: value for member, value in to_aws(table).items() if member not in APART} for table in tables
    ] == [to_aws(table) for table in read(written.text, name="f")]


@few
@given(several)
def test_terraform_is_written_for_any_spec(tables: list[TableSpec]) -> None:
    """Any specs are written for Terraform: as many tables, in lines that end where their text does."""
    text = write(tables, "terraform").text

    assert len(tables) == text.count('resource "aws_dynamodb_table" "')
    assert all(
        line == "" or line.lstrip()[0] in '}"' or "=" in line or line.endswith("{")
        for line in text.split("\n")
    )
