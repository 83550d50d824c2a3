"""A resource of a template, and how CloudFormation's properties differ from a spec's members."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tableadmin.formats.cloudformation.intrinsics import Template
from tableadmin.formats.error import SpecError
from tableadmin.formats.fitting import loosened
from tableadmin.formats.policy import policy_text
from tableadmin.formats.spec import specified
from tableadmin.formats.tree import Record, Tree, pruned_record, record, records
from tableadmin.v1 import TableSpec


class Resource(NamedTuple):
    """A table in a template: its logical id, its body, and the template to work it out with."""

    name: str
    body: Record
    template: Template
    notes: list[str]

    @property
    def path(self) -> str:
        """Where its properties are."""
        return f"Resources.{self.name}.Properties"

    def properties(self) -> Record:
        """Its properties, worked out."""
        return record(self.template.value(self.body.get("Properties"), self.path), self.path)

    def note(self, member: str) -> None:
        """Say that MEMBER is left out."""
        self.notes.append(f"table {self.name}: {self.path}.{member} is not part of a spec and left out")

    def specified(self, data: Record) -> TableSpec:
        """The spec that DATA says; CloudFormation would make up a name, so one has to be there."""
        if not data.get("TableName"):
            reason = "is required: CloudFormation would make up a name"
            raise SpecError(reason, path=f"{self.path}.TableName")
        return specified(pruned_record(record(loosened(data), "")), path=self.path, table=self.name)


def shared(properties: Record, resource: Resource) -> Record:
    """PROPERTIES under the names of a spec's members, where those differ."""
    data = {name: _READERS.get(name, _same)(value) for name, value in properties.items()}
    if data.pop("ImportSourceSpecification", None):
        resource.note("ImportSourceSpecification")
    if "ResourcePolicy" in record(
        properties.get("StreamSpecification"), f"{resource.path}.StreamSpecification"
    ):
        resource.note("StreamSpecification.ResourcePolicy")
    if data.get("GlobalSecondaryIndexes"):
        data["GlobalSecondaryIndexes"] = _without_insights(data["GlobalSecondaryIndexes"], resource)
    return data


def _without_insights(indexes: Tree, resource: Resource) -> list[Tree]:
    """INDEXES without their Contributor Insights: a spec has those of the table only."""
    kept: list[Tree] = []
    for number, index in enumerate(records(indexes, f"{resource.path}.GlobalSecondaryIndexes")):
        if "ContributorInsightsSpecification" in index:
            resource.note(f"GlobalSecondaryIndexes[{number}].ContributorInsightsSpecification")
        kept.append(
            {name: value for name, value in index.items() if name != "ContributorInsightsSpecification"}
        )
    return kept


def _same(value: Tree) -> Tree:
    return value


def _policy(value: Tree) -> Tree:
    return (
        policy_text(value["PolicyDocument"])
        if isinstance(value, dict) and "PolicyDocument" in value
        else value
    )


def _encryption(value: Tree) -> Tree:
    if not isinstance(value, dict):
        return value
    return {"Enabled" if name == "SSEEnabled" else name: setting for name, setting in value.items()}


def _stream(value: Tree) -> Tree:
    if not isinstance(value, dict):
        return value
    return {"StreamEnabled": True} | {name: of for name, of in value.items() if name != "ResourcePolicy"}


_READERS: Mapping[str, Callable[[Tree], Tree]] = {
    "ResourcePolicy": _policy,
    "SSESpecification": _encryption,
    "StreamSpecification": _stream,
}
