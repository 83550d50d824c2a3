"""What other operations than DescribeTable return, which people take for a description of a table."""

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.text.tree import Record
from tableadmin.v1 import table_admin_pb2

# Operations that read come first: several operations return the same members.
_READING = ("Describe", "Get", "List")
_METADATA = "ResponseMetadata"
_MEMBERS = {
    method.name: frozenset(map(member_name, members_of(method.output_type)))
    for method in sorted(
        table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods,
        key=lambda method: not method.name.startswith(_READING),
    )
}


def operation_of(document: Record) -> str:
    """The first operation that returns the members of DOCUMENT; empty for none."""
    members = document.keys() - {_METADATA}
    return next((name for name, known in _MEMBERS.items() if members <= known), "")
