"""The resources of a template: loops unrolled, false conditions left out, and what else could make tables."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tableadmin.formats.cloudformation import loops
from tableadmin.formats.cloudformation.template import Template
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import FoundTable
from tableadmin.formats.text.tree import Record, Tree, record

# Transforms whose effect on tables is known: none, or the one that is read here.
_KNOWN_TRANSFORMS = (
    "AWS::Serverless-",
    "AWS::LanguageExtensions",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-",
)
# Resources that may hold tables of their own.
_HOLDERS: Mapping[str, str] = {
    "AWS::CloudFormation::Stack": "a nested stack",
    "AWS::Serverless::Application": "a nested application",
}


class Resources(NamedTuple):
    """The bodies of the resources by logical ID, tables of loops that can't be worked out, and notes."""

    bodies: Mapping[str, Record]
    refused: list[FoundTable]
    notes: list[str]


def resources(source: Record, template: Template) -> Resources:
    """The resources of the template SOURCE, whether their conditions hold or not."""
    found = Resources({}, [], list(_transforms(source.get("Transform"))))
    bodies: dict[str, Record] = {}
    for name, tree in record(source.get("Resources"), "Resources").items():
        bodies |= _bodies(name, tree, template, found)
    return found._replace(bodies=bodies)


def kind(body: Record) -> str:
    """The type of the resource BODY, empty where the resource has none."""
    found = body.get("Type")
    return str(found) if isinstance(found, str) else ""


def notes_of(name: str, body: Record, known: frozenset[str]) -> Iterator[str]:
    """Notes on the resource NAME, where its type is not among the KNOWN ones and could be about tables."""
    of = kind(body)
    if of in known:
        return
    if not of:
        yield f"Resources.{name}.Type: must be text; the resource is left out"
    elif of in _HOLDERS:
        yield f"Resources.{name}: {_HOLDERS[of]}: give its template too if it has tables"
    elif of.endswith("::MODULE"):
        yield f"Resources.{name}: the resources of the module {of} are not read"
    elif of.startswith("AWS::DynamoDB::") or (_is_custom(of) and "dynamodb" in json.dumps(body).lower()):
        yield f"Resources.{name}: {of} is not read and left out"


def _is_custom(of: str) -> bool:
    return not of.startswith("AWS::") or of == "AWS::CloudFormation::CustomResource"


def _bodies(name: str, tree: Tree, template: Template, found: Resources) -> Mapping[str, Record]:
    """The resources that the member NAME of Resources stands for."""
    if not name.startswith("Fn::"):
        return {name: tree} if isinstance(tree, dict) else {name: record(tree, f"Resources.{name}")}
    path = f"Resources.{name}"
    try:
        return {each: record(body, path) for each, body in _made(name, tree, template).items()}
    except SpecError as error:
        if _makes_tables(tree):
            found.refused.append(FoundTable(address=path, logical_id=name.rpartition("::")[2], refusal=error))
        else:
            found.notes.append(f"{path}: {error.reason}; the resources that it makes are left out")
        return {}


def _made(name: str, tree: Tree, template: Template) -> Record:
    if name.startswith(loops.PREFIX):
        return loops.Unrolling(template.texts).loop(tree, f"Resources.{name}")
    raise SpecError(f"{name} cannot be evaluated here", path="Resources")


def _makes_tables(tree: Tree) -> bool:
    """Whether TREE has a type of table in it."""
    if isinstance(tree, str):
        return tree.startswith("AWS::DynamoDB::") or tree == "AWS::Serverless::SimpleTable"
    if isinstance(tree, dict):
        return any(map(_makes_tables, tree.values()))
    return isinstance(tree, list) and any(map(_makes_tables, tree))


def _transforms(tree: Tree) -> Iterator[str]:
    """Notes on macros that may make or change tables."""
    for each in tree if isinstance(tree, list) else [tree] if tree else []:
        name = each.get("Name") if isinstance(each, dict) else each
        if name == "AWS::Include":
            yield "Transform: what AWS::Include brings in is not read"
        elif not str(name).startswith(_KNOWN_TRANSFORMS):
            yield f"Transform: the macro {name} may change tables, and its changes are not read"
