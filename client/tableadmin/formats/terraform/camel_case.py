"""Terraform's attributes in camel case, as Crossplane and Pulumi have them."""

import re
from collections.abc import Mapping

from tableadmin.formats.text.tree import Record, Tree

# Maps of what people name: their keys are no attributes.
_MAPS = frozenset({"tags", "tags_all"})
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """NAME as Terraform writes it: `kms_key_arn` for kmsKeyArn."""
    return _CAPITAL.sub("_", name).lower()


def attributes(data: Record, renamed: Mapping[str, str] | None = None) -> Record:
    """DATA with Terraform's names of attributes, after the names in RENAMED where there is one."""
    return {
        (renamed or {}).get(name, snake(name)): value if snake(name) in _MAPS else _inner(value, renamed)
        for name, value in data.items()
    }


def _inner(value: Tree, renamed: Mapping[str, str] | None) -> Tree:
    if isinstance(value, dict):
        return attributes(value, renamed)
    return [_inner(item, renamed) for item in value] if isinstance(value, list) else value
