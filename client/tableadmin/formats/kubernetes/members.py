"""Members in camel case, as Kubernetes has them, and AWS's own."""

from collections.abc import Mapping

from google.protobuf.descriptor import Descriptor

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.text.tree import Record, Tree, below


def aws_members(data: Record, of: Descriptor, path: str, lost: list[str]) -> Record:
    """DATA with AWS's names of the members of OF: KMSMasterKeyId for kmsMasterKeyID.

    LOST gets the path of each member that OF does not have and that is set.
    """
    fields = {member_name(field).lower(): field for field in members_of(of)}
    found: Record = {}
    for name, value in data.items():
        field = fields.get(name.lower())
        if field is None:
            lost += [below(path, name)] if value not in _NOTHING else []
        elif field.message_type is not None:
            found[member_name(field)] = _inner(value, field.message_type, below(path, name), lost)
        else:
            found[member_name(field)] = value
    return found


def _inner(value: Tree, of: Descriptor, path: str, lost: list[str]) -> Tree:
    if isinstance(value, list):
        return [_inner(item, of, f"{path}[{index}]", lost) for index, item in enumerate(value)]
    return aws_members(value, of, path, lost) if isinstance(value, dict) else value


def camel(name: str) -> str:
    """AWS's NAME as ACK writes it: `sseSpecification`, `kmsMasterKeyID`, `keySchema`."""
    if name in _ODD:
        return _ODD[name]
    return name[:1].lower() + name[1:]


def camel_members(data: Tree) -> Tree:
    """DATA, AWS-shaped, with the names that ACK has."""
    if isinstance(data, dict):
        return {camel(name): camel_members(value) for name, value in data.items()}
    return [camel_members(item) for item in data] if isinstance(data, list) else data


_NOTHING: tuple[Tree, ...] = (None, "", [], {})
_ODD: Mapping[str, str] = {
    "SSESpecification": "sseSpecification",
    "SSEType": "sseType",
    "KMSMasterKeyId": "kmsMasterKeyID",
}
