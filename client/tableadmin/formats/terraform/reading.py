"""Terraform -> specs: resources of a plan, a state or a configuration, joined to tables."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tableadmin.formats.error import SpecError, merge_errors
from tableadmin.formats.found import DECLARED, Found, FoundTable, with_spec
from tableadmin.formats.found import join_results as joined_parts
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.spec import spec_of_data
from tableadmin.formats.terraform import cloud_control, cloudformation_stack, related_resources, shown, table
from tableadmin.formats.terraform.related_resources import RELATED_TYPES, TABLE, Draft
from tableadmin.formats.terraform.resources import Resource, unknown_leaves
from tableadmin.formats.terraform.unmanaged import (
    Unmanaged,
    path_text,
    refusal,
    unmanaged_members,
    with_given,
)
from tableadmin.formats.text.tree import Tree, pruned_record, record, records
from tableadmin.v1 import TableSpec

_LEFT_OUT = "is not part of a spec and left out"
_DELETED = "Terraform would delete the table, and tablectl leaves the table alone"
_LACKED = "Terraform has no attribute for it"
# What a related resource does as well without.
_OPTIONAL = frozenset({"max_capacity", "min_capacity", "region", "role_arn", "tags", "tags_all"})


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables in DOCUMENT, one of `terraform show -json`; of a plan, as they will be.

    Raises SpecError for a document without a table.
    """
    plan = record(document, "")
    found = tables(shown.resources(plan), inputs)
    deleted = [f"{address}: {_DELETED}" for address in shown.deleted_addresses(plan, TABLE)]
    return replace(found, notes=[*found.notes, *deleted])


def tables(resources: Iterable[Resource], inputs: Inputs) -> Found:
    """The tables among RESOURCES, with what belongs to them. Raises SpecError without a table."""
    about = [
        with_given(resource, inputs) for resource in resources if related_resources.about_tables(resource)
    ]
    found = [resource for resource in about if resource.type == TABLE]
    others = [resource for resource in about if resource.type != TABLE and is_table(resource)]
    if not found and not others:
        raise SpecError(f"has no {TABLE}")
    joined: dict[str, list[Resource]] = {resource.address: [] for resource in found}
    notes: list[str] = []
    for resource in about:
        if resource.type in RELATED_TYPES:
            _join(resource, found, joined, notes)
        elif resource.type != TABLE and resource not in others:
            notes.append(f"{resource.address}: {_LEFT_OUT}")
    read_here = Found([_found(resource, joined[resource.address], inputs) for resource in found], notes)
    joined_here = joined_parts([read_here, *(_other(resource, inputs) for resource in others)])
    if not joined_here.tables:
        raise SpecError("; ".join([f"has no {TABLE}", *joined_here.notes]))
    return joined_here


def is_table(resource: Resource) -> bool:
    """Whether RESOURCE is a table, or may have tables."""
    return resource.type in {TABLE, cloudformation_stack.TYPE} or cloud_control.is_table(resource)


def _other(resource: Resource, inputs: Inputs) -> Found:
    """What RESOURCE has, which is a table or a stack with CloudFormation's properties."""
    if resource.type == cloudformation_stack.TYPE:
        return cloudformation_stack.found(resource, inputs)
    return cloud_control.found(resource, inputs)


def _join(
    related: Resource, found: Sequence[Resource], joined: dict[str, list[Resource]], notes: list[str]
) -> None:
    """Give RELATED to the tables that may be its own; several need to leave its member alone."""
    owners = related_resources.owners(related, found)
    attribute = RELATED_TYPES[related.type].attribute
    named = related.values.get(attribute)
    elsewhere = not any(related_resources.is_in_region(related, each) for each in found)
    if not owners and named:
        notes.append(f"{related.address}: its table {named} is not among the tables here")
    elif elsewhere:
        notes.append(f"{related.address}: is about no table here and left out")
    for owner in owners or ([] if named or elsewhere else found):
        joined[owner.address].append(related)


def _found(resource: Resource, belonging: Sequence[Resource], inputs: Inputs) -> FoundTable:
    name = resource.values.get("name")
    described = FoundTable(
        address=resource.address,
        name=name if isinstance(name, str) else "",
        region=resource.region,
        file=resource.file,
    )
    found = with_spec(lambda notes: _spec(resource, belonging, inputs, notes), described)
    if found.refusal:
        return replace(found, refusal=found.refusal.within(line=resource.line))
    return replace(found, must_exist=table.must_exist(resource))


def _spec(resource: Resource, belonging: Sequence[Resource], inputs: Inputs, notes: list[str]) -> TableSpec:
    _refuse_number(resource)
    errors: list[SpecError] = []
    try:
        alone = unmanaged_members(resource, inputs)
    except SpecError as error:
        errors, alone = [error], Unmanaged()
    draft = Draft(resource, table.members(resource), alone, notes)
    notes += table.lost_settings(resource)
    for related in belonging:
        try:
            _add(related, draft, inputs)
        except SpecError as error:
            errors.append(error)
    if errors:
        raise merge_errors(errors) if all(error.needs for error in errors) else errors[0]
    _leave_what_terraform_lacks(draft)
    data = {**draft.data, "Unmanaged": draft.unmanaged.members()}
    return spec_of_data(pruned_record(data), path=resource.address)


def _leave_what_terraform_lacks(draft: Draft) -> None:
    """Leave alone what aws_dynamodb_table and its blocks have no attribute for."""
    draft.unmanaged.add("VectorIndexes", _LACKED)
    for replica in records(draft.data["Replicas"], "replica"):
        if not replica.get("TableClassOverride"):
            draft.unmanaged.add(f"Replicas[{replica.get('RegionName')}].TableClassOverride", _LACKED)


def _refuse_number(resource: Resource) -> None:
    """Raise SpecError where it is not known how many of RESOURCE there are."""
    for number in ("count", "for_each"):
        for steps, cause in unknown_leaves(resource.unknown.get(number)):
            raise refusal(f"{resource.address}.{path_text((number, *steps))}", cause, "")


def _add(related: Resource, draft: Draft, inputs: Inputs) -> None:
    """Add RELATED to DRAFT; what is not known of it is refused, or its member is left alone."""
    kind = RELATED_TYPES[related.type]
    member = related_resources.MEMBERS[related.type]
    draft.notes.extend(related_resources.lost_attributes(related))
    if draft.table not in related_resources.owners(related, [draft.table]):
        draft.unmanaged.add(member, f"{related.address} may set it: its table is not known")
        return
    for name in sorted(kind.attributes):
        for steps, cause in unknown_leaves(related.unknown.get(name)):
            if name in _OPTIONAL or name == kind.attribute or not related.configured(name):
                continue
            if inputs.leaves_alone(member):
                draft.unmanaged.add(member, DECLARED)
                return
            raise refusal(f"{related.address}.{path_text((name, *steps))}", cause, member)
    kind.read(related, draft)
