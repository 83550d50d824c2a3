"""Files of tables in the shapes in which people have them, each with what is to be read of it.

A file of `shapes` has these members. `about` says what is particular. `files` are texts by path; the first is
read, or `read` names the file or folder. `encoding` and `newline` say how the texts are stored. `parameters`
and `names` are what the caller gives. The rest is what is expected: `tables` by name, in the form that
`summary` gives; `unmanaged`, the paths by table; `refused`, parts of the one refusal by table, or by "" for
the file as a whole; and `notes`, a part of each note. A member that is absent expects nothing.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tableadmin.awsshape import to_aws
from tableadmin.formats import Found, FoundTable, Inputs, SpecError, check_distinct, load
from tableadmin.v1 import TableSpec
from tableadmin_server.planner.rules.validation import validate

SHAPES = sorted((Path(__file__).parent / "shapes").glob("*.yaml"))


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_shape(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read as its author means it, or refused with what to do instead."""
    shape = yaml.safe_load(path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    store(shape)

    found, refusals = read(shape)

    specs = [table.spec for table in found.tables if table.spec]
    assert expected_tables(shape) == {table.name: summary(table) for table in found.tables if table.spec}
    assert expected_unmanaged(shape) == {spec.table_name: left_alone(spec) for spec in specs}
    assert_said(shape.get("refused", {}), refusals)
    notes = [*found.notes, *(note for table in found.tables for note in table.notes)]
    assert_said({part: [part] for part in shape.get("notes", [])}, dict(pairs(shape.get("notes", []), notes)))
    assert [] == [violation for spec in specs for violation in validate(to_aws(spec))]


def store(shape: dict[str, Any]) -> None:
    """Write the files of SHAPE into the current folder."""
    for name, text in shape["files"].items():
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(
            text.replace("\n", shape.get("newline", "\n")).encode(shape.get("encoding", "utf-8"))
        )


def read(shape: dict[str, Any]) -> tuple[Found, dict[str, str]]:
    """What the reader finds in the current folder, and the refusals with the options that they need."""
    inputs = Inputs(shape.get("parameters", {}), shape.get("names", {}))
    try:
        found = load(shape.get("read", next(iter(shape["files"]))), inputs=inputs)
        check_distinct(found.tables)
    except SpecError as error:
        return Found(), {"": str(error)}
    inputs.check_all_used()
    refused = [(table, table.refusal) for table in found.tables if table.refusal]
    return found, {str(table): " ".join((str(error), *error.needs)) for table, error in refused}


def assert_said(parts: dict[str, list[str]], said: dict[str, str]) -> None:
    """Each text of SAID has its PARTS in it, and there is no other text."""
    assert parts.keys() == said.keys(), said
    for name, wanted in parts.items():
        assert [] == [part for part in wanted if part not in said[name]], said[name]


def pairs(parts: list[str], notes: list[str]) -> list[tuple[str, str]]:
    """Each of NOTES with the one of PARTS that is in it, or by itself."""
    return [(next((part for part in parts if part in note), note), note) for note in notes]


def expected_tables(shape: dict[str, Any]) -> dict[str, Any]:
    """The tables that SHAPE expects, with what the file leaves out in the short form."""
    return {
        str(name): {"region": "", "indexes": {}, "also": {}, **table}
        for name, table in shape.get("tables", {}).items()
    }


def expected_unmanaged(shape: dict[str, Any]) -> dict[str, list[str]]:
    """The members by table that SHAPE expects to be unmanaged, none where it says nothing."""
    said = shape.get("unmanaged", {})
    return {str(name): sorted(said.get(name, [])) for name in shape.get("tables", {})}


def left_alone(spec: TableSpec) -> list[str]:
    """The paths of the members that SPEC does not manage."""
    return sorted(member.path for member in spec.unmanaged)


def summary(table: FoundTable) -> dict[str, Any]:
    """TABLE in a short form: key and indexes in a line each, capacity, and the rest AWS-shaped."""
    assert isinstance(table.spec, TableSpec)
    data: dict[str, Any] = json.loads(json.dumps(to_aws(table.spec)))
    types = {each["AttributeName"]: each["AttributeType"] for each in data.pop("AttributeDefinitions", [])}
    for member in ("TableName", "Unmanaged"):
        data.pop(member, None)
    short: dict[str, Any] = {
        "region": table.region,
        "key": key(data.pop("KeySchema", []), types),
        "capacity": capacity(data),
    }
    if short["capacity"] == "on demand":
        data.pop("BillingMode")
    data.pop("ProvisionedThroughput", None)
    short["indexes"] = {
        index["IndexName"]: index_line(kind, index, types)
        for kind, member in (("LSI", "LocalSecondaryIndexes"), ("GSI", "GlobalSecondaryIndexes"))
        for index in data.pop(member, [])
    }
    return {**short, "also": data}


def key(schema: list[dict[str, str]], types: dict[str, str]) -> str:
    """The key SCHEMA in a line: `pk:S sk:N`."""
    return " ".join(f"{each['AttributeName']}:{types[each['AttributeName']]}" for each in schema)


def capacity(data: dict[str, Any]) -> str:
    """The capacity of the table or index DATA: `on demand`, units as `5/5`, or nothing."""
    units = data.get("ProvisionedThroughput")
    if units:
        return f"{units['ReadCapacityUnits']}/{units['WriteCapacityUnits']}"
    return "on demand" if data.get("BillingMode") == "PAY_PER_REQUEST" else ""


def index_line(kind: str, index: dict[str, Any], types: dict[str, str]) -> str:
    """INDEX in a line: `GSI pk:S INCLUDE a,b 5/5`."""
    projection = index["Projection"]
    attributes = ",".join(projection.get("NonKeyAttributes", []))
    parts = (kind, key(index["KeySchema"], types), projection["ProjectionType"], attributes, capacity(index))
    return " ".join(filter(None, parts))
