"""A resource of a template, and how CloudFormation's properties differ from a spec's members."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tableadmin.formats.cloudformation.intrinsics import NO_VALUE
from tableadmin.formats.cloudformation.template import Template
from tableadmin.formats.error import SpecError, merge_errors
from tableadmin.formats.spec import spec_of_data
from tableadmin.formats.text.fitting import loosen
from tableadmin.formats.text.policy import policy_text
from tableadmin.formats.text.tree import Record, Tree, pruned_record, record, records
from tableadmin.v1 import TableSpec

# What a template says of a table's stream and a spec can't.
_OF_STREAMS = {"ResourcePolicy", "Tags"}
AUTO_SCALING = "Application Auto Scaling"
_KEY = "SSESpecification.KMSMasterKeyId"


@dataclass
class Resource:
    """A table in a template: its logical ID, its body, and the template to work it out with.

    `defaults` are properties that the template says of all resources of the type, as SAM's Globals do.
    """

    name: str
    body: Record
    template: Template
    notes: list[str]
    defaults: Record = field(default_factory=dict)
    # The reason why the table can't be created from a spec, empty where it can.
    must_exist: str = ""

    @property
    def path(self) -> str:
        """Where its properties are."""
        return f"Resources.{self.name}.Properties"

    def properties(self) -> Record:
        """Its properties, worked out, the table's name included.

        Raises SpecError for what can't be worked out, and for a table without a name: CloudFormation would
        make one up.
        """
        errors: list[SpecError] = []
        written = record(self.body.get("Properties"), self.path)
        others = {name: value for name, value in written.items() if name != "TableName"}
        found: Record = {}
        try:
            found = record(self.template.value(self._needed(self.defaults | others), self.path), self.path)
        except SpecError as error:
            if not error.needs:
                raise
            errors.append(error)
        try:
            found = {"TableName": self.template.table_name(self.name, f"{self.path}.TableName"), **found}
        except SpecError as error:
            if not error.needs:
                raise
            errors.insert(0, error)
        if errors:
            raise _with_key_advice(merge_errors(errors))
        return found

    def _needed(self, properties: Record) -> Record:
        """PROPERTIES without those that the caller declares unmanaged and that can't be evaluated."""
        needed: Tree = properties
        for path in self.template.unmanaged:
            needed = self._without(needed, path.split("."), self.path)
        return record(needed, self.path)

    def _without(self, tree: Tree, steps: list[str], path: str) -> Tree:
        """TREE without what STEPS lead to, where that can't be evaluated."""
        if steps:
            step, *others = steps
            if not isinstance(tree, dict) or step not in tree:
                return tree
            return {**tree, step: self._without(tree[step], others, f"{path}.{step}")}
        try:
            self.template.value(tree, path)
        except SpecError as error:
            if not error.needs:
                raise
            return NO_VALUE
        return tree

    def note(self, member: str) -> None:
        """Say that MEMBER is left out."""
        self.notes.append(f"table {self.name}: {self.path}.{member} is not part of a spec and left out")

    def specified(self, data: Record) -> TableSpec:
        """The spec that DATA says."""
        return spec_of_data(pruned_record(record(loosen(data), "")), path=self.path, table=self.name)


def _with_key_advice(error: SpecError) -> SpecError:
    """ERROR with the option that leaves the encryption key alone, where the key is not known."""
    if not any(f"Properties.{_KEY}" in part.path for part in error.parts or (error,)):
        return error
    advised = error.within()
    advised.reason += f", or --unmanaged {_KEY}"
    advised.parts = error.parts
    return advised


def check_members(of: Record, known: Iterable[str], path: str) -> None:
    """Raise SpecError for a member of OF, which stands at PATH, that is not KNOWN."""
    for member in of:
        if member not in known:
            raise SpecError("is not a known property", path=f"{path}.{member}")


def rename_properties(properties: Record, resource: Resource) -> Record:
    """PROPERTIES under the names of a spec's members, where those differ."""
    data = {name: _READERS.get(name, _same)(value) for name, value in properties.items()}
    if data.pop("ImportSourceSpecification", None):
        resource.must_exist = "its items are to be imported from S3 (ImportSourceSpecification)"
    for member in _OF_STREAMS & record(properties.get("StreamSpecification"), resource.path).keys():
        resource.note(f"StreamSpecification.{member}")
    if data.get("GlobalSecondaryIndexes"):
        data["GlobalSecondaryIndexes"] = _without_insights(data["GlobalSecondaryIndexes"], resource)
    return data


def units_path(index: str, units: str) -> str:
    """The path of the capacity UNITS of the table, or of INDEX, as paths of unmanaged members are written."""
    of = f"GlobalSecondaryIndexes[{index}]." if index else ""
    return f"{of}ProvisionedThroughput.{units}"


def auto_scaled(path: str, least: Tree, most: Tree) -> Record:
    """The entry of a spec's Unmanaged for capacity at PATH that auto scaling moves from LEAST to MOST."""
    return {"Path": path, "Reason": AUTO_SCALING, "Minimum": least, "Maximum": most}


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
    return {"StreamEnabled": True} | {name: of for name, of in value.items() if name not in _OF_STREAMS}


_READERS: Mapping[str, Callable[[Tree], Tree]] = {
    "ResourcePolicy": _policy,
    "SSESpecification": _encryption,
    "StreamSpecification": _stream,
}
