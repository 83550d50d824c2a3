"""What other operations take and return, which people take for an input or a description of a table."""

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.text.tree import Record
from tableadmin.v1 import table_admin_pb2

# Operations that read come first: several operations return the same members.
_READING = ("Describe", "Get", "List")
_CREATE = "CreateTable"
_METADATA = "ResponseMetadata"
_METHODS = sorted(
    table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods,
    key=lambda method: not method.name.startswith(_READING),
)
_RETURNED = {each.name: frozenset(map(member_name, members_of(each.output_type))) for each in _METHODS}
_TAKEN = {each.name: frozenset(map(member_name, members_of(each.input_type))) for each in _METHODS}


def operation_returning(document: Record) -> str:
    """The first operation that returns the members of DOCUMENT; empty for none."""
    members = document.keys() - {_METADATA}
    return next((name for name, known in _RETURNED.items() if members <= known), "")


def operation_taking(document: Record) -> str:
    """The first operation but CreateTable that takes the members of DOCUMENT; empty for none."""
    taking = [name for name, known in _TAKEN.items() if document.keys() <= known]
    return taking[0] if taking and _CREATE not in taking else ""
