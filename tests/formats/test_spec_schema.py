"""The JSON Schema of spec files."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest
import yaml
from hypothesis import given

from tableadmin.formats import write
from tableadmin.v1 import TableSpec
from tests.formats.conftest import DOCUMENTS
from tests.formats.specs import specs

ROOT = Path(__file__).parents[2]
FILE = ROOT / "client" / "tableadmin" / "formats" / "spec.schema.json"
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_that_of_the_contract(tmp_path: Path) -> None:
    """The checked-in schema is what `make formats` writes."""
    output = tmp_path / "schema.json"
    subprocess.run([sys.executable, ROOT / "client" / "generate_spec_schema.py", output], check=True)
    assert FILE.read_text(encoding="utf-8") == output.read_text(encoding="utf-8")


def test_everything_is_described() -> None:
    """Each message and member has a description without names of fields that files do not have."""
    for message in SCHEMA["$defs"].values():
        for described in (message, *message["properties"].values()):
            assert described["description"]
            assert not re.search(r"`[a-z]+_[a-z_]+`", described["description"]), described["description"]


@given(specs())
def test_what_is_written_is_valid(spec: TableSpec) -> None:
    """A spec file that `export` writes is valid."""
    VALIDATOR.validate(yaml.safe_load(write([spec], "spec").text))


def test_a_file_with_everything(tmp_path: Path) -> None:
    """Files as people write them are valid, for check-jsonschema too, which editors' users have in CI."""
    text = (DOCUMENTS / "films.yaml").read_text(encoding="utf-8")
    for number, document in enumerate(text.split("\n---\n")):
        (tmp_path / f"{number}.yaml").write_text(document, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(FILE)]
    command += map(str, tmp_path.glob("*.yaml"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout


MUSIC = {
    "TableName": "Music",
    "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
}


@pytest.mark.parametrize(
    "member",
    [
        {"BilingMode": "PAY_PER_REQUEST"},
        {"BillingMode": "ON_DEMAND"},
        {"KeySchema": [{"AttributeName": "Artist"}]},
        {"DeletionProtectionEnabled": "perhaps"},
        {"ProvisionedThroughput": {"ReadCapacityUnits": "five"}},
    ],
)
def test_mistakes(member: Mapping[str, Any]) -> None:
    """Misspelled members and values, absent members and wrong types are not valid."""
    assert VALIDATOR.is_valid([MUSIC])
    assert not VALIDATOR.is_valid([{**MUSIC, **member}])
