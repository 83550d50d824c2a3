"""What is written is read back as it was."""

import json
from typing import Any

import hcl2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableadmin.awsshape import to_aws
from tableadmin.formats import Format, read, write
from tableadmin.formats.aws_cli.cli_json import APART
from tableadmin.v1 import TableSpec
from tests.formats.specs import specs

several = st.lists(specs(), min_size=1, max_size=3, unique_by=lambda spec: spec.table_name)
# Stand for escapes, for a reader that takes them otherwise.
DOLLAR, PERCENT = "\ufdd2 dollar", "\ufdd2 percent"
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
    """A spec survives as create-table's input, but for members that a note names and that are not managed."""
    written = write(tables, "cli")
    for table in tables:
        for member in APART.keys() & to_aws(table).keys():
            assert any(f"table {table.table_name}: {member} " in note for note in written.notes)

    again = read(written.text, name="f")
    assert [
        {member: value for member, value in to_aws(table).items() if member not in APART} for table in tables
    ] == [{m: value for m, value in to_aws(table).items() if m != "Unmanaged"} for table in again]
    for table in again:
        assert APART.keys() <= {member.path for member in table.unmanaged}


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


@few
@given(several)
@pytest.mark.parametrize("format_", ["terraform", "ack"])
def test_what_is_lost_is_noted_and_left_alone(format_: Format, tables: list[TableSpec]) -> None:
    """Resources and manifests are read back; a member that differs is noted or off, and is left alone."""
    written = write(tables, format_)
    for before, after in zip(tables, read(written.text, name="f"), strict=True):
        alone = {member.path for member in after.unmanaged}
        for member, value in to_aws(before).items():
            noted = any(member in note and before.table_name in note for note in written.notes)
            assert value == to_aws(after).get(member) or noted or member in alone or _is_off(value)


def _is_off(value: object) -> bool:
    """Whether VALUE says that something is off, or only what is so anyway."""
    usual = {"SSEType", "Mode"}
    return value is False or (
        isinstance(value, dict) and (False in value.values() or bool(usual & value.keys()))
    )


@few
@given(several)
def test_terraform_is_hcl(tables: list[TableSpec]) -> None:
    """Resources of any specs are read by another reader of HCL, with names, keys, tags and policies."""
    resources = resources_in(write(tables, "terraform").text)

    written = [to_aws(table) for table in tables]
    assert sorted(names(written, "TableName")) == sorted(
        literal(table["name"]) for table in resources["aws_dynamodb_table"]
    )
    assert tags_of(written) == {
        (literal(table["name"]), literal(key), literal(value))
        for table in resources["aws_dynamodb_table"]
        for key, value in table.get("tags", {}).items()
    }
    assert sorted(names(written, "ResourcePolicy")) == sorted(
        literal(policy["policy"]) for policy in resources["aws_dynamodb_resource_policy"]
    )


@pytest.mark.parametrize(
    "text", ["${x}", "%{if x}", "$${x}", 'a "b" \\ c', "\n\r\t", "\b\f\x00\x1f", "é \U0001f600"]
)
def test_any_text_is_hcl(text: str) -> None:
    """Text of any characters is written with the escapes that HCL has, and is read back as it was."""
    spec = TableSpec(table_name="Music", resource_policy=text)

    (policy,) = resources_in(write([spec], "terraform").text)["aws_dynamodb_resource_policy"]

    assert text == literal(policy["policy"])
    # HCL has neither of these escapes of JSON.
    assert not {"\\b", "\\f"} & {policy["policy"][at : at + 2] for at in range(len(policy["policy"]))}


def resources_in(text: str) -> dict[str, list[dict[str, Any]]]:
    """The bodies of the resources in TEXT by type, strings as they are written."""
    found: dict[str, list[dict[str, Any]]] = {"aws_dynamodb_table": [], "aws_dynamodb_resource_policy": []}
    # The other reader wants a brace that closes behind the escapes of templates, which Terraform does not.
    for block in hcl2.loads(text.replace("$${", DOLLAR).replace("%%{", PERCENT))["resource"]:
        for kind, bodies in block.items():
            if kind.startswith('"'):
                found.setdefault(literal(kind), []).extend(bodies.values())
    return found


def literal(written: str) -> str:
    """The text that a string in quotes stands for."""
    return str(json.loads(written)).replace(DOLLAR, "${").replace(PERCENT, "%{")


def names(tables: list[Any], member: str) -> list[str]:
    """MEMBER of those of TABLES that have it."""
    return [table[member] for table in tables if member in table]


def tags_of(tables: list[Any]) -> set[tuple[str, str, str]]:
    """Table, key and value of each tag."""
    return {
        (table["TableName"], tag["Key"], tag.get("Value", ""))
        for table in tables
        for tag in table.get("Tags", [])
    }
