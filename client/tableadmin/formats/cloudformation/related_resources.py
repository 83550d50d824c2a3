"""Resources that say something of a table beside them: replicas of CDK, and targets of auto scaling."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tableadmin.formats.cloudformation.properties import auto_scaled, units_path
from tableadmin.formats.cloudformation.resources import kind
from tableadmin.formats.cloudformation.template import Template
from tableadmin.formats.error import SpecError
from tableadmin.formats.text.tree import Record, Tree, check_sound, record, records

_TABLE_ID = re.compile(r"table/([^/]+)(?:/index/([^/]+))?")
_DIMENSION = re.compile(r"dynamodb:(?:table|index):(Read|Write)CapacityUnits")


class RelatedResource(NamedTuple):
    """What a resource says of the table NAME: members to add to lists of its spec, or why they are not known.

    `about` are the logical IDs of the tables that the resource refers to; for a resource that refers to none
    and can't be worked out, those of all tables.
    """

    address: str
    name: str = ""
    members: Mapping[str, list[Tree]] = {}
    error: SpecError | None = None
    about: frozenset[str] = frozenset()


def related_resources(bodies: Mapping[str, Record], template: Template) -> Iterator[RelatedResource]:
    """What the resources BODIES say of tables, without those whose condition is false."""
    for name, body in bodies.items():
        reader = _READERS.get(kind(body))
        if not reader:
            continue
        address = f"Resources.{name}"
        try:
            check_sound(body)
            if "Condition" in body and not template.holds(body["Condition"], f"{address}.Condition"):
                continue
            found = reader(f"{address}.Properties", record(body.get("Properties"), address), template)
        except SpecError as error:
            about = frozenset(_references(body) & template.tables.keys()) or frozenset(template.tables)
            yield RelatedResource(address, error=error, about=about)
            continue
        if found:
            yield found._replace(address=address)


def merge(into: Record, related: RelatedResource) -> Record:
    """The spec INTO, as AWS-shaped data, with the members that NEIGHBOUR adds and that are not there yet."""
    added: Record = {}
    for member, items in related.members.items():
        there = records(into.get(member), member)
        keys = {_identity(item) for item in there}
        added[member] = [*there, *(item for item in items if _identity(item) not in keys)]
    return into | added


def _identity(item: Tree) -> str:
    data = record(item, "")
    return str(data.get("RegionName") or data.get("Path"))


def _replica(path: str, properties: Record, template: Template) -> RelatedResource:
    name = template.text(properties.get("TableName"), f"{path}.TableName")
    region = template.text(properties.get("Region"), f"{path}.Region")
    return RelatedResource("", name, {"Replicas": [{"RegionName": region}]})


def _scaled(path: str, properties: Record, template: Template) -> RelatedResource | None:
    service = template.text(properties.get("ServiceNamespace", "dynamodb"), f"{path}.ServiceNamespace")
    if service != "dynamodb":
        return None
    dimension = template.text(properties.get("ScalableDimension"), f"{path}.ScalableDimension")
    target = template.text(properties.get("ResourceId"), f"{path}.ResourceId")
    of, units = _TABLE_ID.fullmatch(target), _DIMENSION.fullmatch(dimension)
    if not of or not units:
        raise SpecError(f"{dimension} of {target} is no capacity of a table", path=f"{path}.ResourceId")
    least, most = (_bound(properties.get(member), f"{path}.{member}", template) for member in _BOUNDS)
    entry = auto_scaled(units_path(of[2] or "", f"{units[1]}CapacityUnits"), least, most)
    kept: Record = {member: value for member, value in entry.items() if value is not None}
    return RelatedResource("", of[1], {"Unmanaged": [kept]})


_BOUNDS = ("MinCapacity", "MaxCapacity")


def _bound(tree: Tree, path: str, template: Template) -> Tree:
    """A bound of capacity, None where it can't be worked out: the plan does not need it."""
    try:
        text = template.text(tree, path)
    except SpecError:
        return None
    return int(text) if text.isdecimal() else None


def _references(tree: Tree) -> set[str]:
    """What Ref, GetAtt and Sub in TREE name."""
    if isinstance(tree, list):
        return set().union(*map(_references, tree))
    if not isinstance(tree, dict):
        return set(re.findall(r"\$\{([A-Za-z0-9]+)[.}]", tree)) if isinstance(tree, str) else set()
    found = set().union(*map(_references, tree.values()))
    for function in ("Ref", "Fn::GetAtt"):
        argument = tree.get(function)
        first = argument[0] if isinstance(argument, list) and argument else argument
        if isinstance(first, str):
            found.add(first.partition(".")[0])
    return found


_READERS: Mapping[str, Callable[[str, Record, Template], RelatedResource | None]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _scaled,
    "Custom::DynamoDBReplica": _replica,
}
TYPES = frozenset(_READERS)
