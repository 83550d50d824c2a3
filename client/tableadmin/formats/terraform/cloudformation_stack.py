"""Stacks of CloudFormation that Terraform makes: the tables of their templates."""

from dataclasses import replace

from tableadmin.formats.cloudformation import reading as cloudformation
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.terraform.resources import Resource, unknown_leaves
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.tree import record

TYPE = "aws_cloudformation_stack"
_TEMPLATE = "template_body"


def found(resource: Resource, inputs: Inputs) -> Found:
    """The tables of the stack that RESOURCE is; a note where the template is not known, or can't be read."""
    why = _unknown(resource)
    if why:
        return Found(notes=[f"{resource.address}: {why}; if the stack has tables, give its template with -f"])
    address = f"{resource.address}.{_TEMPLATE}"
    try:
        (template,) = documents(str(resource.values[_TEMPLATE]))
        read = cloudformation.read(template, _given(resource, inputs))
    except cloudformation.NoTables:
        return Found()
    except (SpecError, ValueError) as error:
        return Found(notes=[f"{address} is left out: {error}"])
    notes = [f"{address}: {note}" for note in read.notes]
    return Found([_placed(table, resource, address) for table in read.tables], notes)


def _unknown(resource: Resource) -> str:
    """Why the template is not known, "" where it is."""
    for _, cause in unknown_leaves(resource.unknown.get(_TEMPLATE)):
        return f"{_TEMPLATE}: {cause.reason}"
    return "" if resource.values.get(_TEMPLATE) else "its template is not in the configuration"


def _given(resource: Resource, inputs: Inputs) -> Inputs:
    """INPUTS with the parameters and the region of the stack."""
    values = record(resource.values.get("parameters"), f"{resource.address}.parameters")
    parameters = {name: str(value) for name, value in values.items()}
    region = {"AWS::Region": resource.region} if resource.region else {}
    return replace(
        inputs,
        defaults={**inputs.defaults, **parameters},
        deployed={**region, **inputs.deployed},
    )


def _placed(table: FoundTable, resource: Resource, address: str) -> FoundTable:
    """TABLE of the template at ADDRESS, with the address, file and line of RESOURCE."""
    refusal = table.refusal and table.refusal.within(line=resource.line)
    if refusal and refusal.path:
        refusal.path = f"{address}: {refusal.path}"
    return replace(
        table,
        address=f"{resource.address}: {table.address}",
        region=table.region or resource.region,
        file=resource.file,
        refusal=refusal,
    )
