"""Parts of a template in files of their own: resources by logical ID, or the body of one resource."""

from dataclasses import replace

from tableadmin.formats.cloudformation import reading
from tableadmin.formats.found import Found, FoundTable
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.tree import Record, Tree, record

# The logical ID of a body that stands by itself.
_ALONE = "Table"


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is the body of a resource of AWS, or an object of such bodies."""
    if not isinstance(document, dict) or not document:
        return False
    return _is_body(document) or all(map(_is_body, document.values()))


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables among the resources in DOCUMENT. Raises SpecError as the reader of templates does."""
    source = record(document, "")
    alone = _is_body(source)
    resources: Record = {_ALONE: source} if alone else source
    found = reading.read({"Resources": resources}, inputs)
    prefix = f"Resources.{_ALONE}." if alone else "Resources."
    return replace(found, tables=[_placed(table, prefix) for table in found.tables])


def _is_body(tree: Tree) -> bool:
    kind = tree.get("Type") if isinstance(tree, dict) else None
    return isinstance(kind, str) and kind.startswith(("AWS::", "Custom::"))


def _placed(table: FoundTable, prefix: str) -> FoundTable:
    """TABLE with paths as they are in the file, which begin without PREFIX."""
    refusal = table.refusal
    if refusal:
        refusal = refusal.within()
        refusal.path = refusal.path.removeprefix(prefix)
    return replace(table, address=table.address.removeprefix("Resources."), refusal=refusal)
