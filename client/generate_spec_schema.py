"""Writes the JSON Schema of spec files from the contract, for editors; `make formats` runs it.

    python client/generate_spec_schema.py [OUTPUT]

OUTPUT is the file to write; without it, `client/tableadmin/formats/spec.schema.json`. The descriptions are
the comments of the contract, which buf reads from `proto/`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tableadmin.awsshape import enum_values, is_map, member_name
from tableadmin.awsshape.rules import is_timestamp, map_value, members_of
from tableadmin.v1 import TableSpec

Schema: TypeAlias = dict[str, object]

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "client" / "tableadmin" / "formats" / "spec.schema.json"

# In YAML, text without quotes can look like a number or a truth value.
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_SCALARS: Mapping[int, Schema] = {
    FieldDescriptor.CPPTYPE_STRING: _TEXT,
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer"},
    FieldDescriptor.CPPTYPE_INT64: {"type": "integer"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number"},
}
# What people may write instead of what the contract has; see formats/spec.py.
_FREER: Mapping[str, Schema] = {
    "Tags": {"type": "object", "additionalProperties": _TEXT},
    "ResourcePolicy": {"type": "object"},
    "Unmanaged": {"type": "array", "items": _TEXT},
}
# The numbers of `message_type` and `field` in descriptors: paths of comments consist of them.
_MESSAGES, _FIELDS = 4, 2


def spec_schema() -> str:
    """The schema as JSON: one table, or a list of tables."""
    descriptor: Descriptor = TableSpec.DESCRIPTOR
    spec = {"$ref": f"#/$defs/{descriptor.name}"}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Table Admin table specs",
        "description": "One table, or a list of tables, in the member names of the AWS API.",
        "oneOf": [spec, {"type": "array", "items": spec}],
        "$defs": {each.name: _message(each) for each in _reachable(descriptor)},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _reachable(descriptor: Descriptor) -> list[Descriptor]:
    """The messages that DESCRIPTOR is made of, itself included, by name."""
    found: dict[str, Descriptor] = {}
    waiting = [descriptor]
    while waiting:
        each = waiting.pop()
        if each.name not in found:
            found[each.name] = each
            waiting += [
                field.message_type
                for field in members_of(each)
                if field.message_type and not is_timestamp(field)
            ]
    return [found[name] for name in sorted(found) if not found[name].GetOptions().map_entry]


def _message(descriptor: Descriptor) -> Schema:
    fields = members_of(descriptor)
    required = [member_name(each) for each in fields if _comment(each.full_name).startswith("Required.")]
    return {
        "type": "object",
        "description": _description(descriptor.full_name),
        "properties": {member_name(each): _member(each, descriptor) for each in fields},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _member(field: FieldDescriptor, of: Descriptor) -> Schema:
    schema = _value(field)
    if field.is_repeated and not is_map(field):
        schema = {"type": "array", "items": schema}
    freer = _FREER.get(member_name(field)) if of is TableSpec.DESCRIPTOR else None
    return {
        "description": _description(field.full_name),
        **({"anyOf": [freer, schema]} if freer else schema),
    }


def _value(field: FieldDescriptor) -> Schema:
    if is_map(field):
        return {"type": "object", "additionalProperties": _value(map_value(field))}
    if is_timestamp(field):
        return {"type": "string", "format": "date-time"}
    if field.message_type is not None:
        return {"$ref": f"#/$defs/{field.message_type.name}"}
    if field.enum_type is not None:
        return {"enum": [name for name, number in enum_values(field.enum_type).items() if number]}
    return dict(_SCALARS[field.cpp_type])


def _description(name: str) -> str:
    """The comment of NAME, with members under the names that files have."""
    members = _member_names()
    return re.sub(
        r"`(\w+)`", lambda found: f"`{members.get(found.group(1), found.group(1))}`", _comment(name)
    )


@cache
def _member_names() -> Mapping[str, str]:
    """The member names of all fields of specs: two fields of one name have one member name."""
    messages = _reachable(TableSpec.DESCRIPTOR)
    return {field.name: member_name(field) for each in messages for field in each.fields}


def _comment(name: str) -> str:
    """The comment of the message or field NAME, a paragraph a line."""
    paragraphs = _comments().get(name, "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs).strip()


@cache
def _comments() -> Mapping[str, str]:
    built = subprocess.run(  # noqa: S603  # buf of this environment
        [Path(sys.executable).with_name("buf"), "build", "--as-file-descriptor-set", "-o", "-"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return dict(_commented(FileDescriptorSet.FromString(built.stdout)))


def _commented(files: FileDescriptorSet) -> Iterator[tuple[str, str]]:
    for file in files.file:
        texts = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
        for number, message in enumerate(file.message_type):
            name = f"{file.package}.{message.name}"
            yield name, texts.get((_MESSAGES, number), "")
            for index, field in enumerate(message.field):
                yield f"{name}.{field.name}", texts.get((_MESSAGES, number, _FIELDS, index), "")


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    output.write_text(spec_schema(), encoding="utf-8")
