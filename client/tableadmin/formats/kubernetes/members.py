"""Members in camel case, as Kubernetes has them, and AWS's own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from google.protobuf.descriptor import Descriptor

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.text.spelling import meant, refuse_misspelled
from tableadmin.formats.text.tree import Record, Tree, below


class Unknown(NamedTuple):
    """The path of a member that AWS does not have, and the known name that it looks like, if any."""

    path: str
    meant: str


def aws_members(
    data: Record,
    of: Descriptor,
    path: str,
    lost: list[Unknown],
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> Record:
    """DATA with AWS's names of the members of OF: KMSMasterKeyId for kmsMasterKeyID.

    RENAMED has AWS's names of members that have one of their own. LOST gets each member that OF does not have
    and that is set.
    """
    fields = {member_name(field).lower(): field for field in members_of(of)}
    found: Record = {}
    for name, value in data.items():
        field = fields.get(renamed.get(name, name).lower())
        if field is None:
            known = (*renamed, *(camel(member_name(each)) for each in fields.values()))
            lost += [Unknown(below(path, name), meant(name, known))] if value not in _NOTHING else []
        elif field.message_type is not None:
            found[member_name(field)] = _inner(value, field.message_type, below(path, name), lost)
        else:
            found[member_name(field)] = value
    return found


def lost_members(of: object, lost: list[Unknown]) -> list[str]:
    """A line for each of LOST, members of the object OF. Raises SpecError for those that are misspelled."""
    refuse_misspelled((each.path, each.meant) for each in lost if each.meant)
    return [f"{of}: {each.path} is not part of a spec and left out" for each in lost]


def _inner(value: Tree, of: Descriptor, path: str, lost: list[Unknown]) -> Tree:
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
