"""Specs as people may write them: in any order and style, with comments that name their member."""

import json
import random
from collections.abc import Sequence
from typing import TypeAlias, cast

from tableadmin.formats.text.tree import Tree

Lines: TypeAlias = list[str]


class Author:
    """Writes specs as CHANCE has it; comments begin with SIGN."""

    def __init__(self, chance: random.Random, sign: str) -> None:
        self._chance = chance
        self._sign = sign
        self.comments: list[str] = []

    def json(self, tree: Tree) -> str:
        """TREE as JSON with comments."""
        return "\n".join([*self._above("file"), *self._flow(tree, "file"), *self._above("file"), ""])

    def yaml(self, tree: Tree) -> str:
        """TREE, an object, as a document of YAML."""
        return "\n".join([*self._block(cast("dict[str, Tree]", tree), 0), *self._above("file"), ""])

    def _block(self, members: dict[str, Tree], indent: int) -> Lines:
        found: Lines = []
        for name, value in self._shuffled(members):
            found += self._above(name)
            key = f"{self._text(name)}:"
            if not (value and isinstance(value, dict | list)) or self._flips():
                first, *others = self._flow(value, name)
                found += self._closed([f"{key} {first}", *(f" {each}" for each in others)], name)
            else:
                found += [key + self._beside(name)]
                found += self._block(value, 2) if isinstance(value, dict) else self._items(value, name)
        return [f"{' ' * indent}{line}" if line else "" for line in found]

    def _items(self, items: Sequence[Tree], name: str) -> Lines:
        found: Lines = []
        # Items may begin in the column of their member.
        indent = " " * self._chance.choice([0, 2, 3])
        for item in items:
            found += [f"{indent}{line}" for line in self._above(name)]
            if item and isinstance(item, dict) and self._flips():
                found += [f"{indent}-{self._beside(name)}", *(indent + each for each in self._block(item, 2))]
            else:
                first, *others = self._flow(item, name)
                found += self._closed(
                    [f"{indent}- {first}", *(f"{indent}   {each}" for each in others)], name
                )
        return found

    def _flow(self, tree: Tree, name: str) -> Lines:
        if isinstance(tree, dict):
            parts = [self._member(key, value) for key, value in self._shuffled(tree)]
            marks = "{}"
        elif isinstance(tree, list):
            parts = [[*self._above(name), *self._flow(each, name)] for each in tree]
            marks = "[]"
        else:
            return [self._text(tree) if isinstance(tree, str) else json.dumps(tree)]
        for part in parts[:-1]:
            part[-1] += "," + self._beside(name)
        return [marks[0], *(line for part in parts for line in part), *self._above(name), marks[1]]

    def _member(self, name: str, value: Tree) -> Lines:
        first, *others = self._flow(value, name)
        return [*self._above(name), f"{self._text(name)}: {first}", *others]

    def _text(self, text: str) -> str:
        if self._sign == "//" or max(text, default="") < "\uffff":
            return json.dumps(text)
        # YAML takes the two halves of a character for two.
        return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'

    def _closed(self, lines: Lines, name: str) -> Lines:
        return [*lines[:-1], lines[-1] + self._beside(name)]

    def _shuffled(self, members: dict[str, Tree]) -> Sequence[tuple[str, Tree]]:
        return self._chance.sample([*members.items()], len(members))

    def _flips(self) -> bool:
        return self._chance.random() < 0.5

    def _comment(self, name: str) -> str:
        comment = f"{self._sign} {len(self.comments)} of {name if name.isalnum() else 'it'}"
        self.comments.append(comment)
        return comment

    def _above(self, name: str) -> Lines:
        empty = [""] * self._chance.choice([0, 0, 1, 2])
        return [*empty, self._comment(name)] if self._chance.random() < 0.25 else empty

    def _beside(self, name: str) -> str:
        return f" {self._comment(name)}" if self._chance.random() < 0.25 else ""
