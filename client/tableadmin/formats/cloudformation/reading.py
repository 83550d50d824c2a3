"""CloudFormation templates: AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable."""

from collections.abc import Callable, Iterator, Mapping

from tableadmin.formats.cloudformation import global_table
from tableadmin.formats.cloudformation.intrinsics import Template
from tableadmin.formats.cloudformation.properties import Resource, shared
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, attempt
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.tree import Record, Tree, check_sound, record
from tableadmin.v1 import TableSpec


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables that the template DOCUMENT makes.

    Resources whose Condition is false are left out. What can't be worked out here is the refusal of its
    table. Raises SpecError for a template without a table.
    """
    source = record(document, "")
    template = Template(source, inputs)
    found = dict(_tables(record(source.get("Resources"), "Resources")))
    if not found:
        raise SpecError(f"has no {' and no '.join(_READERS)}", path="Resources")
    tables = (_table(name, body, template) for name, body in found.items())
    return Found([table for table in tables if table])


def _tables(resources: Record) -> Iterator[tuple[str, Record]]:
    for name, tree in resources.items():
        if name.startswith("Fn::"):
            raise SpecError(f"{name} can't be worked out here", path="Resources")
        body = record(tree, f"Resources.{name}")
        if _kind(name, body) in _READERS:
            yield name, body


def _kind(name: str, body: Record) -> str:
    kind = body.get("Type")
    if isinstance(kind, str):
        return kind
    raise SpecError("must be text", path=f"Resources.{name}.Type")


def _table(name: str, body: Record, template: Template) -> FoundTable | None:
    """The table of the resource NAME; None where its condition is false."""
    found = FoundTable(address=f"Resources.{name}", logical_id=name)
    skipped = False

    def read_table(notes: list[str]) -> TableSpec:
        nonlocal skipped
        check_sound(body)
        if "Condition" in body:
            skipped = not template.holds(body["Condition"], f"Resources.{name}.Condition")
        if skipped:
            raise SpecError("is not made", table=name)
        return _READERS[_kind(name, body)](Resource(name, body, template, notes))

    table = attempt(read_table, found)
    return None if skipped else table


def _plain(resource: Resource) -> TableSpec:
    return resource.specified(shared(resource.properties(), resource))


_READERS: Mapping[str, Callable[[Resource], TableSpec]] = {
    "AWS::DynamoDB::Table": _plain,
    "AWS::DynamoDB::GlobalTable": global_table.read,
}
