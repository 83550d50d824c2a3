"""What describe-table gives, once or several times; and inputs of create-table under `Table`."""

from collections.abc import Iterator, Mapping

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats import spec
from tableadmin.formats.aws_cli import cli_json, create_table
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.tree import Record, Tree, below, record
from tableadmin.v1 import CreateTableRequest, TableDescription, TableSpec

# What other operations show.
_NOT_DESCRIBED = (
    "ResourcePolicy",
    "Tags",
    "TimeToLiveSpecification",
    "PointInTimeRecoverySpecification",
    "ContributorInsightsSpecification",
    "KinesisStreamSpecification",
)
# What an answer has its description in.
_WRAPPERS = ("Table", "TableDescription")
# What files that people put together have several in.
_SEVERAL = ("Tables", "tables")


def _members(of: type[TableDescription | TableSpec | CreateTableRequest]) -> frozenset[str]:
    return frozenset(member_name(field) for field in members_of(of.DESCRIPTOR))


_OF_DESCRIPTIONS = _members(TableDescription) - _members(TableSpec) - _members(CreateTableRequest)
_KNOWN = _members(TableDescription)
_OF_INPUTS = _members(TableSpec) - _members(TableDescription)


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is a description, an answer with one, or a list of them."""
    if isinstance(document, list):
        return any(map(recognises, document))
    return isinstance(document, dict) and (
        any(isinstance(document.get(several), list) for several in _SEVERAL)
        or any(wrapper in document for wrapper in _WRAPPERS)
        or not _OF_DESCRIPTIONS.isdisjoint(document)
    )


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables that DOCUMENT describes."""
    del inputs
    return Found([_table(path, tree) for path, tree in _each(document, "")])


def _each(document: Tree, path: str) -> Iterator[tuple[str, Tree]]:
    """Each table in DOCUMENT with its path."""
    if isinstance(document, list):
        for index, item in enumerate(document):
            yield from _each(item, f"{path}[{index}]")
        return
    members = document if isinstance(document, dict) else {}
    wrapper = next((name for name in (*_WRAPPERS, *_SEVERAL) if name in members), "")
    inside = below(path, wrapper)
    if wrapper in _SEVERAL:
        yield from _each(members[wrapper], inside)
    else:
        yield inside, members[wrapper] if wrapper else document


def _table(path: str, tree: Tree) -> FoundTable:
    said: Mapping[str, Tree] = tree if isinstance(tree, dict) else {}
    name = said.get("TableName")
    found = FoundTable(address=path, name=name if isinstance(name, str) else "", region=cli_json.region(said))

    def read_table(notes: list[str]) -> TableSpec:
        table = record(tree, path)
        if _is_input(table):
            return create_table.table(table, path)
        described = cli_json.spec_of_description(table, notes, path)
        notes += [
            f"{below(path, member)}: is no member of a description and is left out"
            for member in table
            if member not in _KNOWN
        ]
        unsaid = ("Replicas",) if _may_be_input(path, table) else ()
        spec.leave_unmanaged(described, (*_NOT_DESCRIBED, *unsaid), "not in the output of describe-table")
        return described

    return with_spec(read_table, found)


def _may_be_input(path: str, table: Record) -> bool:
    """Whether nothing tells a description from an input, which has no replicas, for TABLE at PATH."""
    wrapped = path.rpartition(".")[2] in _WRAPPERS
    return not wrapped and "Replicas" not in table and _OF_DESCRIPTIONS.isdisjoint(table)


def _is_input(table: Record) -> bool:
    """Whether TABLE has members of create-table's input and none that only a description has."""
    return _OF_DESCRIPTIONS.isdisjoint(table) and not _OF_INPUTS.isdisjoint(table)
