"""Values as the provider's schema has them: Terraform takes "5" for 5 and "true" for true."""

import re

from tableadmin.formats.text.tree import Tree

_NUMBER = re.compile(r".*(?:capacity|_units|_per_second|_in_days)")
_TRUTH = re.compile(r".*enabled|propagate_tags|point_in_time_recovery|restore_to_latest_time")
_WHOLE = re.compile(r"-?\d{1,18}")
_MAPS = frozenset({"tags", "tags_all"})


def convert_types(name: str, value: Tree) -> Tree:
    """VALUE of the attribute or block NAME, with numbers and truth values where text stands for them."""
    if isinstance(value, dict):
        return (
            value if name in _MAPS else {inner: convert_types(inner, item) for inner, item in value.items()}
        )
    if isinstance(value, list):
        return [convert_types(name, item) for item in value]
    if isinstance(value, str) and _NUMBER.fullmatch(name) and _WHOLE.fullmatch(value):
        return int(value)
    if value in ("true", "false") and _TRUTH.fullmatch(name):
        return value == "true"
    return value
