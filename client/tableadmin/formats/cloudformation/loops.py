"""Fn::ForEach, which makes members of an object from a list."""

import re
from collections.abc import Callable
from typing import TypeAlias

from tableadmin.formats.error import SpecError
from tableadmin.formats.text.tree import Faulty, Record, Tree, record

PREFIX = "Fn::ForEach::"
# What works out the list that a loop runs over, given the list's tree and path.
ItemsOf: TypeAlias = Callable[[Tree, str], list[str]]
# More resources than a stack may have.
_MOST = 2_000
# AWS's limit.
_DEEPEST = 5


class Unrolling:
    """Replaces loops by what they make. ITEMS_OF works out the list that a loop runs over.

    The methods raise SpecError for what can't be worked out, and for loops that run very often.
    """

    def __init__(self, items_of: ItemsOf) -> None:
        self._items_of = items_of
        self._runs = 0

    def members(self, of: Record, path: str, depth: int = 0) -> Record:
        """The members OF an object, in which each Fn::ForEach is replaced by the members that it makes."""
        found: Record = {}
        for name, tree in of.items():
            is_loop = name.startswith(PREFIX)
            found |= self.loop(tree, f"{path}.{name}", depth) if is_loop else {name: tree}
        return found

    def loop(self, tree: Tree, path: str, depth: int = 0) -> Record:
        """The members that the loop TREE makes: an identifier, a list, and what is made for each item."""
        if not isinstance(tree, list) or len(tree) != 3 or not isinstance(tree[0], str):  # noqa: PLR2004  # as above
            raise SpecError("takes an identifier, a list and an object", path=path)
        if depth > _DEEPEST:
            raise SpecError(f"is nested more than {_DEEPEST} deep", path=path)
        identifier, body = tree[0], record(tree[2], path)
        found: Record = {}
        for item in self._items_of(tree[1], path):
            self._runs += 1
            if self._runs > _MOST:
                raise SpecError(f"runs more than {_MOST:,} times", path=path)
            found |= self.members(record(_replaced(body, identifier, item), path), path, depth + 1)
        return found


def _replaced(tree: Tree, identifier: str, item: str) -> Tree:
    if isinstance(tree, str):
        return _in_text(tree, identifier, item)
    if isinstance(tree, list):
        return [_replaced(each, identifier, item) for each in tree]
    if tree == {"Ref": identifier}:
        return item
    if isinstance(tree, Faulty):
        raise tree.fault
    if isinstance(tree, dict):
        names = {name: _in_text(name, identifier, item) for name in tree}
        return {names[name]: _replaced(value, identifier, item) for name, value in tree.items()}
    return tree


def _in_text(text: str, identifier: str, item: str) -> str:
    """TEXT with the item for ${Identifier}, and with its letters and digits for &{Identifier}."""
    text = text.replace(f"${{{identifier}}}", item)
    return text.replace(f"&{{{identifier}}}", re.sub(r"[^A-Za-z0-9]", "", item))
