"""Which format a document is in."""

from typing import Literal, TypeAlias

from tableadmin.formats.error import SpecError
from tableadmin.formats.tree import Record, Tree

Detected: TypeAlias = Literal["spec", "description", "cloudformation", "terraform"]

# Members that only one format has, looked for in this order.
_MARKS: tuple[tuple[str, Detected], ...] = (
    ("Resources", "cloudformation"),
    ("AWSTemplateFormatVersion", "cloudformation"),
    ("planned_values", "terraform"),
    ("terraform_version", "terraform"),
    ("Table", "description"),
    ("TableDescription", "description"),
    ("TableStatus", "description"),
    ("TableArn", "description"),
)
# Members of documents that are close by and not accepted, and what to give instead.
_NEARBY = {
    "lineage": "is a Terraform state file; give what `terraform show -json` prints",
    "TableNames": "is a list of table names; give what `aws dynamodb describe-table` prints",
}


def format_of(document: Tree) -> Detected:
    """The format of DOCUMENT; what is in no other is a spec, or a list of specs.

    Raises SpecError for what is no object or list, and for documents that are close by and not accepted.
    """
    if isinstance(document, list):
        return "spec"
    if not isinstance(document, dict):
        raise SpecError("must be an object, or a list of objects")
    for member, instead in _NEARBY.items():
        if member in document:
            raise SpecError(instead)
    return next((detected for member, detected in _MARKS if member in document), "spec")


def description_in(document: Record) -> tuple[str, Tree]:
    """The description in DOCUMENT, which may be an answer or the description by itself, and its path."""
    member = next((name for name in ("Table", "TableDescription") if name in document), "")
    return member, document[member] if member else document
