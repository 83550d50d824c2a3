"""CloudFormation templates: AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable."""

from collections.abc import Callable, Mapping

from tableadmin.formats.cloudformation import global_table
from tableadmin.formats.cloudformation.intrinsics import Template
from tableadmin.formats.cloudformation.properties import Resource, shared
from tableadmin.formats.error import SpecError
from tableadmin.formats.tree import Tree, record
from tableadmin.v1 import TableSpec


def tables(document: Tree, parameters: Mapping[str, str], notes: list[str]) -> list[TableSpec]:
    """The specs of the tables that the template DOCUMENT makes with PARAMETERS.

    Resources whose Condition is false are left out. NOTES gets what a spec can't hold. Raises SpecError for
    what can't be worked out here, and for a template without a table.
    """
    source = record(document, "")
    template = Template(source, parameters)
    resources = record(source.get("Resources"), "Resources")
    found = {
        name: body for name, tree in resources.items() if _kind(name, body := _body(name, tree)) in _READERS
    }
    if not found:
        raise SpecError(f"has no {' and no '.join(_READERS)}", path="Resources")
    return [
        _read(Resource(name, body, template, notes))
        for name, body in found.items()
        if "Condition" not in body or template.holds(body["Condition"], f"Resources.{name}.Condition")
    ]


def _read(resource: Resource) -> TableSpec:
    try:
        return _READERS[_kind(resource.name, resource.body)](resource)
    except SpecError as error:
        raise error.within(table=resource.name) from None


def _body(name: str, tree: Tree) -> dict[str, Tree]:
    if name.startswith("Fn::"):
        raise SpecError(f"{name} can't be worked out here", path="Resources")
    return record(tree, f"Resources.{name}")


def _kind(name: str, body: dict[str, Tree]) -> str:
    kind = body.get("Type")
    if isinstance(kind, str):
        return kind
    raise SpecError("must be text", path=f"Resources.{name}.Type")


def _table(resource: Resource) -> TableSpec:
    return resource.specified(shared(resource.properties(), resource))


_READERS: Mapping[str, Callable[[Resource], TableSpec]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": global_table.read,
}
