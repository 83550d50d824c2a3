"""Trees -> AWS-shaped data: unquoted text becomes what the contract wants at its place."""

import re
from collections.abc import Callable, Mapping

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats.text.tree import Plain, Record, Tree

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
# Plain text that stands for a truth value.
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def fit_to_message(data: Record, descriptor: Descriptor) -> Record:
    """DATA with each Plain text as a number or truth value where the message has one, else as text.

    What does not fit stays text, for whoever reads the message to refuse with its path.
    """
    fields = {member_name(field): field for field in members_of(descriptor)}
    return {
        name: _member(value, fields[name]) if name in fields else settle(value)
        for name, value in data.items()
    }


def settle(tree: Tree) -> Tree:
    """TREE with Plain text as truth values or text, where nothing says what is wanted.

    Numbers stay text as they were written: in a policy, 012345678901 is an account.
    """
    if isinstance(tree, dict):
        return {name: settle(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [settle(item) for item in tree]
    return _truth(tree) if isinstance(tree, Plain) else tree


def loosen(tree: Tree) -> Tree:
    """TREE with every scalar as Plain text: CloudFormation takes `"5"` for 5, and 5 for `"5"`."""
    if isinstance(tree, dict):
        return {name: loosen(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [loosen(item) for item in tree]
    return None if tree is None else Plain(as_text(tree))


def as_text(scalar: str | float | bool) -> str:  # noqa: FBT001  # the value itself is a truth value, not a switch
    """SCALAR as CloudFormation writes it into text."""
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    return str(scalar)


def _member(value: Tree, field: FieldDescriptor) -> Tree:
    if field.is_repeated and isinstance(value, list):
        return [_single(item, field) for item in value]
    return _single(value, field)


def _single(value: Tree, field: FieldDescriptor) -> Tree:
    if isinstance(value, dict) and field.message_type is not None:
        return fit_to_message(value, field.message_type)
    if isinstance(value, Plain):
        return _SCALARS.get(field.type, str)(value)
    return settle(value)


def _truth(text: str) -> Tree:
    return TRUTH.get(text, str(text))


def _whole(text: str) -> Tree:
    return int(text) if _WHOLE.fullmatch(text) else str(text)


_SCALARS: Mapping[int, Callable[[str], Tree]] = {
    FieldDescriptor.TYPE_BOOL: _truth,
    FieldDescriptor.TYPE_INT32: _whole,
    FieldDescriptor.TYPE_INT64: _whole,
}
