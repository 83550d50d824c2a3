"""cdk.out, the folder that `cdk synth` writes: a manifest names the templates of the stacks."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from tableadmin.formats.cloudformation import reading
from tableadmin.formats.cloudformation.resources import kind
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, join_results
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.documents import documents, line_of
from tableadmin.formats.text.tree import Record, Tree, record

MARK = "manifest.json"
FILES = ("*manifest.json", "*.template.json", "*.template.yaml")
# What an environment of CDK says where the stack is for any account or region.
_UNKNOWN = ("unknown-account", "unknown-region")
_ASSET = "aws:asset:path"


# A nested stack: its logical ID, the file of its template, and the parameters that are given as text.
Nested: TypeAlias = tuple[str, str, dict[str, str]]


def read(files: Mapping[str, str], inputs: Inputs) -> Found:
    """The tables of all stacks of the assembly FILES, those of nested stacks and stages included.

    Raises SpecError for an assembly without tables.
    """
    found = join_results(_assembly(files, "", inputs))
    if found.tables or found.notes:
        return found
    raise SpecError("has no stack with a table")


def _assembly(files: Mapping[str, str], folder: str, inputs: Inputs) -> Iterator[Found]:
    manifest = _document(files, posixpath.join(folder, MARK))
    if "artifacts" not in manifest:
        raise SpecError("has no artifacts, so it is not a CDK cloud assembly", path=MARK)
    for name, tree in record(manifest["artifacts"], "artifacts").items():
        artifact = record(tree, f"artifacts.{name}")
        properties = record(artifact.get("properties"), f"artifacts.{name}.properties")
        if artifact.get("type") == "aws:cloudformation:stack":
            deployed = _deployed(name, artifact, properties) | dict(inputs.deployed)
            file = posixpath.join(folder, str(properties.get("templateFile")))
            yield from _stack(files, file, name, replace(inputs, deployed=deployed))
        elif artifact.get("type") == "cdk:cloud-assembly":
            yield from _assembly(files, posixpath.join(folder, str(properties.get("directoryName"))), inputs)


def _deployed(name: str, artifact: Record, properties: Record) -> dict[str, str]:
    """What the manifest says of the stack NAME: its name, and its account and region where fixed."""
    environment = str(artifact.get("environment", "")).removeprefix("aws://")
    account, _, region = environment.partition("/")
    said = {
        "AWS::StackName": str(properties.get("stackName", name)),
        "AWS::AccountId": account,
        "AWS::Region": region,
    }
    return {key: value for key, value in said.items() if value and value not in _UNKNOWN}


def _stack(files: Mapping[str, str], file: str, stack: str, inputs: Inputs) -> Iterator[Found]:
    """The tables of the template FILE of STACK, and of the stacks nested in it."""
    template = _document(files, file)
    try:
        found = reading.read(template, inputs)
    except reading.NoTables:
        found = Found()
    except SpecError as error:
        raise error.within(file=file) from None
    nested = [*_nested(template, posixpath.dirname(file), files)]
    read_here = {logical for logical, _, _ in nested}
    notes = [note for note in found.notes if not _is_of(note, read_here)]
    tables = [_placed(table, stack, file, files[file]) for table in found.tables]
    yield Found(tables, [f"{file}: {note}" for note in notes])
    for logical, inner, given in nested:
        parameters = {**given, **inputs.defaults, **inputs.parameters}
        yield from _stack(files, inner, f"{stack}.{logical}", replace(inputs, parameters=parameters))


def _nested(
    template: Record, folder: str, files: Mapping[str, str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The stacks nested in TEMPLATE, which is in FOLDER, as far as FILES has their templates."""
    for name, tree in record(template.get("Resources"), "Resources").items():
        body = tree if isinstance(tree, dict) else {}
        if kind(body) != "AWS::CloudFormation::Stack":
            continue
        metadata = body.get("Metadata")
        asset = metadata.get(_ASSET) if isinstance(metadata, dict) else None
        file = posixpath.join(folder, str(asset))
        if file in files:
            properties = record(body.get("Properties"), f"Resources.{name}.Properties")
            given = record(properties.get("Parameters"), f"Resources.{name}.Properties.Parameters")
            yield name, file, {key: value for key, value in given.items() if isinstance(value, str)}


def _is_of(note: str, logical_ids: set[str]) -> bool:
    return any(note.startswith(f"Resources.{name}:") for name in logical_ids)


def _placed(table: FoundTable, stack: str, file: str, text: str) -> FoundTable:
    refusal = table.refusal
    if refusal:
        refusal = refusal.within(line=line_of(text, 0, refusal.path))
    return replace(table, address=f"{stack}.{table.address}", file=file, refusal=refusal)


def _document(files: Mapping[str, str], file: str) -> Record:
    if file not in files:
        raise SpecError(f"names {file}, which is not in the folder", path=MARK)
    try:
        found: Tree = documents(files[file])[0]
        return record(found, "")
    except SpecError as error:
        raise error.within(file=file) from None
