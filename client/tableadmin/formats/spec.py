"""The project's own format: TableSpec in AWS member names, as YAML or JSON."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import cast

import yaml

from tableadmin.awsshape import AwsDict, ShapeError, from_aws, member_name, to_aws
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.fitting import fit_to_message
from tableadmin.formats.text.policy import policy_document, policy_text
from tableadmin.formats.text.tree import Plain, Record, Tree, below, record
from tableadmin.v1 import TableSpec, UnmanagedMember

_MEMBERS = [member_name(field).lower() for field in members_of(TableSpec.DESCRIPTOR)]
# As alike as BilingMode and BillingMode, and not as services and Replicas.
_LIKENESS = 0.75
# The member that makes an object a table.
_KEY_SCHEMA = "KeySchema"
# Members of CreateTable that a spec lacks.
_OF_ANOTHER_ACCOUNT = "joining a global table of another account is not part of a spec: use create-table"
_NOT_IN_A_SPEC = {
    "GlobalTableSourceArn": _OF_ANOTHER_ACCOUNT,
    "GlobalTableSettingsReplicationMode": _OF_ANOTHER_ACCOUNT,
}


def by_name(document: Tree) -> Mapping[str, Record]:
    """The tables in DOCUMENT by the name of the member; empty if DOCUMENT is anything else.

    Files of fixtures and scripts often have this form. A table without TableName gets the name of its member.
    """
    if not isinstance(document, dict):
        return {}
    tables = {
        name: {"TableName": name, **value}
        for name, value in document.items()
        if isinstance(value, dict) and _KEY_SCHEMA in value
    }
    return tables if len(tables) == len(document) else {}


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is a spec, a list of specs, or specs by table name.

    A spec is an object with a member of specs, however misspelled.
    """
    if by_name(document):
        return True
    if isinstance(document, list):
        return not document or any(not isinstance(each, dict) or recognises(each) for each in document)
    return isinstance(document, dict) and (not document or any(map(_is_member, document)))


def has_only_members(document: Record) -> bool:
    """Whether each member of DOCUMENT is one of specs."""
    return all(name.lower() in _MEMBERS for name in document)


def read(document: Tree, inputs: Inputs) -> Found:
    """The specs in DOCUMENT: one table, a list of tables, or tables by name."""
    del inputs
    named = by_name(document)
    if named:
        return Found([_found(item, name, name) for name, item in named.items()])
    if isinstance(document, list):
        return Found([_found(item, f"[{i}]", f"#{i + 1}") for i, item in enumerate(document)])
    return Found([_found(document, "", "")])


def table(data: Record, path: str, label: str = "") -> TableSpec:
    """The spec that DATA at PATH says, with tags and policy as people write them. Raises SpecError.

    LABEL is what the table is known by if it has no name.
    """
    freed = {member: _FREER.get(member, _same)(value) for member, value in data.items()}
    return spec_of_data(freed, path=path, table=label)


def leave_unmanaged(spec: TableSpec, paths: Iterable[str], reason: str) -> None:
    """Add PATHS to the members that SPEC does not manage; REASON says why, for people."""
    known = {member.path for member in spec.unmanaged}
    spec.unmanaged.extend(UnmanagedMember(path=path, reason=reason) for path in paths if path not in known)


def text(specs: list[TableSpec]) -> str:
    """SPECS as YAML documents, members in the contract's order."""
    return "---\n".join(to_yaml(_written(spec)) for spec in specs)


def spec_of_data(data: Record, *, path: str = "", table: str = "") -> TableSpec:
    """The spec that DATA says in AWS member names.

    PATH is where in its document it stands, TABLE what it is known by if it has no name. Raises SpecError.
    """
    name = data.get("TableName")
    label = name if isinstance(name, str) and name else table
    refuse(data, _NOT_IN_A_SPEC, path=path, table=label)
    try:
        spec = from_aws(fit_to_message(data, TableSpec.DESCRIPTOR), TableSpec)
    except ShapeError as error:
        raise SpecError(error.reason, path=below(path, error.path), table=label) from None
    if not spec.table_name:
        raise SpecError("is required", path=below(path, "TableName"), table=label)
    return spec


def refuse(data: Record, reasons: Mapping[str, str], *, path: str, table: str) -> None:
    """Raise SpecError for the first member of DATA that has one of REASONS not to be there."""
    for member in data:
        if member in reasons:
            raise SpecError(reasons[member], path=below(path, member), table=table)


def _is_member(name: str) -> bool:
    """Whether NAME stands for a member of specs: as it is, in the names of other languages, or misspelled."""
    return bool(difflib.get_close_matches(name.replace("_", "").lower(), _MEMBERS, n=1, cutoff=_LIKENESS))


def _found(document: Tree, path: str, label: str) -> FoundTable:
    name = document.get("TableName") if isinstance(document, dict) else None
    found = FoundTable(address=path, name=name if isinstance(name, str) else "")
    return with_spec(lambda _: table(record(document, path), path, label), found)


def _same(value: Tree) -> Tree:
    return value


def _tags(tags: Tree) -> Tree:
    """The list that a mapping of tags stands for."""
    return [{"Key": key, "Value": value} for key, value in tags.items()] if isinstance(tags, dict) else tags


def _unmanaged(members: Tree) -> Tree:
    """The list of structures that a list of paths stands for."""
    if not isinstance(members, list):
        return members
    return [{"Path": str(each)} if isinstance(each, str) else each for each in members]


# Members that may be written more freely than the contract has them.
_FREER: Mapping[str, Callable[[Tree], Tree]] = {
    "Tags": _tags,
    "ResourcePolicy": policy_text,
    "Unmanaged": _unmanaged,
}


def _written(spec: TableSpec) -> Record:
    # What the contract has is a tree, but for times: it knows no bytes in a spec.
    data = cast("Record", _untimed(to_aws(spec)))
    if spec.HasField("resource_policy"):
        data["ResourcePolicy"] = policy_document(spec.resource_policy)
    tags = {tag.key: tag.value for tag in spec.tags}
    if tags and len(tags) == len(spec.tags) and all(tag.HasField("value") for tag in spec.tags):
        data["Tags"] = {**tags}
    if spec.unmanaged and not any(len(each.ListFields()) > 1 for each in spec.unmanaged):
        data["Unmanaged"] = [each.path for each in spec.unmanaged]
    return data


def _untimed(data: AwsDict) -> AwsDict:
    """DATA with times as text."""
    return {
        member: value.isoformat()
        if isinstance(value, datetime)
        else (_untimed(cast("AwsDict", value)) if isinstance(value, dict) else value)
        for member, value in data.items()
    }


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented below their member, nothing shared through anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # PyYAML's signature
        return super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """TEXT as a scalar, in quotes where a tool might take it for a number, such as an account's.

    PyYAML itself folds line breaks of other alphabets away: what can't be printed is escaped.
    """
    style = ("'" if text[:1] in _NUMERIC else None) if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_NUMERIC = frozenset("0123456789+-.")
_Dumper.add_representer(str, _text)
_Dumper.add_representer(Plain, _text)


def to_yaml(data: Record) -> str:
    """DATA as a YAML document, members in their order."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)


@cache
def scalar(text: str) -> str:
    """TEXT as it stands behind the name of a member in YAML, in quotes where need be."""
    return to_yaml({"a": text}).removeprefix("a: ").removesuffix("\n")
