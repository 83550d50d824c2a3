"""CloudFormation and SAM templates: tables, global tables, simple tables, and what stands beside them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from tableadmin.awsshape import to_aws
from tableadmin.formats.cloudformation import global_table, related_resources, simple_table
from tableadmin.formats.cloudformation.properties import Resource, rename_properties
from tableadmin.formats.cloudformation.related_resources import RelatedResource
from tableadmin.formats.cloudformation.resources import kind, notes_of, resources
from tableadmin.formats.cloudformation.template import Template
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.spec import spec_of_data
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.tree import Record, Tree, check_sound, record
from tableadmin.v1 import TableSpec


class NoTables(SpecError):
    """A template without a table; such a template may stand beside others that have tables."""


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables that the template DOCUMENT makes.

    Resources whose Condition is false are left out. What cannot be evaluated here is the refusal of its
    table. Raises SpecError: NoTables for a template without a table.
    """
    source = record(document, "")
    template = Template(source, inputs)
    bodies, refused, notes = resources(source, template)
    template.resources = bodies
    template.tables = {name: body for name, body in bodies.items() if kind(body) in _READERS}
    if not template.tables and not refused:
        _check_types(bodies)
        raise NoTables("; ".join([f"has no {' and no '.join(_READERS)}", *notes]), path="Resources")
    beside = list(related_resources.related_resources(bodies, template))
    found = (_table(name, body, template, source) for name, body in template.tables.items())
    made = [_completed(table, beside) for table in found if table]
    for name, body in bodies.items():
        notes += notes_of(name, body, _KNOWN)
    notes += _strays(beside, made)
    return Found([replace(table, region=template.region) for table in [*made, *refused]], notes)


def read_deployed(document: Tree, inputs: Inputs) -> Found:
    """The tables of the output of `aws cloudformation get-template`, which has a template as object or text.

    Raises SpecError as `read`.
    """
    body = record(document, "")["TemplateBody"]
    return read(documents(body)[0] if isinstance(body, str) else body, inputs)


def _check_types(bodies: Mapping[str, Record]) -> None:
    """Raise SpecError for a resource without a type: without it, the template may have had a table."""
    for name, body in bodies.items():
        check_sound(body.get("Type"))
        if not kind(body):
            raise SpecError("must be text", path=f"Resources.{name}.Type")


def _table(name: str, body: Record, template: Template, source: Record) -> FoundTable | None:
    """The table of the resource NAME of the template SOURCE; None where its condition is false."""
    found = FoundTable(address=f"Resources.{name}", logical_id=name)
    resource = Resource(name, body, template, [])
    try:
        resource.defaults = _defaults(source, body)
        if not _is_made(resource):
            return None
    except SpecError as error:
        return replace(found, refusal=error.within(table=name))

    def read_table(notes: list[str]) -> TableSpec:
        resource.notes = notes
        return _READERS[kind(body)](resource)

    return replace(with_spec(read_table, found), must_exist=resource.must_exist)


def _is_made(resource: Resource) -> bool:
    record(resource.body, resource.path)
    if "Condition" not in resource.body:
        return True
    return resource.template.holds(resource.body["Condition"], f"Resources.{resource.name}.Condition")


def _defaults(source: Record, body: Record) -> Record:
    """What SAM's Globals say of resources of the type of BODY."""
    section = kind(body).removeprefix("AWS::Serverless::")
    return record(record(source.get("Globals"), "Globals").get(section), f"Globals.{section}")


def _completed(table: FoundTable, beside: Sequence[RelatedResource]) -> FoundTable:
    """TABLE with what the resources BESIDE it say."""
    for related in beside:
        if related.error and table.logical_id in related.about and not table.refusal:
            return replace(table, spec=None, refusal=related.error.within(table=table.name))
    mine = [related for related in beside if table.name and related.name == table.name]
    if not table.spec or not mine:
        return table
    data = cast("Record", to_aws(table.spec))
    for related in mine:
        data = related_resources.merge(data, related)
    spec = data
    return with_spec(lambda _: spec_of_data(spec, path=table.address), table)


def _strays(beside: Iterable[RelatedResource], tables: Sequence[FoundTable]) -> list[str]:
    """Notes on the resources BESIDE tables that are not among TABLES."""
    names = {table.name for table in tables}
    return [
        f"{each.address}: its table {each.name} is not among the tables here"
        for each in beside
        if each.name and each.name not in names and all(table.name for table in tables)
    ]


def _plain(resource: Resource) -> TableSpec:
    return resource.specified(rename_properties(resource.properties(), resource))


_READERS: Mapping[str, Callable[[Resource], TableSpec]] = {
    "AWS::DynamoDB::Table": _plain,
    "AWS::DynamoDB::GlobalTable": global_table.read,
    "AWS::Serverless::SimpleTable": simple_table.read,
}
_KNOWN = frozenset(_READERS) | related_resources.TYPES
