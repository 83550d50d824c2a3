"""What a table requires of its items: key attributes, keys of indexes, and sizes. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tableadmin.v1 import ItemProblemType
from tableadmin_server.copying.items import Item, size_of, type_and_value, value_size

# The largest sizes in bytes of the value of a key attribute, by its role.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_KEY_BYTES: Mapping[str, int] = {"HASH": 2048, "RANGE": 1024}
# The largest size of an item together with its entries in the local secondary indexes.
_ITEM_BYTES = 400 * 1024


@dataclass(frozen=True)
class Problem:
    """A problem of an item, in the fields of `ItemProblem`."""

    type: ItemProblemType.ValueType
    attribute: str = ""
    index: str = ""
    expected: str = ""
    found: str = ""


@dataclass(frozen=True)
class KeyAttribute:
    """An attribute of the key of a table, or of INDEX: its type, and its largest size in bytes."""

    name: str
    type: str
    most_bytes: int
    index: str = ""

    def problems(self, item: Item) -> Iterator[Problem]:
        """Yield the problems that the attribute of ITEM has. An item may lack a key of an index."""
        value = item.get(self.name)
        if value is None:
            if not self.index:
                yield self._problem("ATTRIBUTE_MISSING")
            return
        found, content = type_and_value(value)
        if found != self.type:
            yield self._problem("WRONG_TYPE", found)
        elif not content:
            yield self._problem("EMPTY_VALUE")
        elif found != "N" and value_size(value) > self.most_bytes:
            yield self._problem("VALUE_TOO_LONG")

    def _problem(self, name: str, found: str = "") -> Problem:
        kind = ItemProblemType.Value(f"ITEM_PROBLEM_TYPE_{name}")
        return Problem(kind, self.name, self.index, self.type, found)


@dataclass(frozen=True)
class _LocalIndex:
    """A local secondary index: the attributes of its key and of the table's, and those it projects."""

    key: frozenset[str]
    projected: frozenset[str]
    projects_all: bool

    def entry_size(self, item: Item) -> int:
        """The size of the entry of ITEM, 0 if the index has no entry of ITEM."""
        if not self.key <= item.keys():
            return 0
        if self.projects_all:
            return size_of(item)
        return size_of({name: value for name, value in item.items() if name in self.projected})


@dataclass(frozen=True)
class TargetKeys:
    """The keys of a table and of its indexes."""

    key: tuple[KeyAttribute, ...]
    of_indexes: tuple[KeyAttribute, ...]
    _local: tuple[_LocalIndex, ...]

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """Return the keys of TABLE, as DescribeTable describes it."""
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        key = _attributes(table["KeySchema"], types)
        names = {each.name for each in key}
        local = table.get("LocalSecondaryIndexes") or ()
        of_indexes = tuple(
            attribute
            for index in (*local, *(table.get("GlobalSecondaryIndexes") or ()))
            for attribute in _attributes(index["KeySchema"], types, index["IndexName"])
            if attribute.name not in names
        )
        return cls(key, of_indexes, tuple(_local_index(each, names) for each in local))

    def key_of(self, item: Item) -> Item:
        """Return the key of ITEM in the table. ITEM must have no problems."""
        return {each.name: item[each.name] for each in self.key}

    def problems(self, item: Item, size: int) -> Sequence[Problem]:
        """Return the problems of ITEM, whose size is SIZE bytes."""
        found = [problem for each in (*self.key, *self.of_indexes) for problem in each.problems(item)]
        if size + sum(each.entry_size(item) for each in self._local) > _ITEM_BYTES:
            found.append(Problem(ItemProblemType.ITEM_PROBLEM_TYPE_ITEM_TOO_LARGE))
        return found


def _attributes(
    schema: Sequence[Mapping[str, str]], types: Mapping[str, str], index: str = ""
) -> tuple[KeyAttribute, ...]:
    return tuple(
        KeyAttribute(name := each["AttributeName"], types[name], _KEY_BYTES[each["KeyType"]], index)
        for each in schema
    )


def _local_index(index: Mapping[str, Any], table_key: set[str]) -> _LocalIndex:
    key = frozenset(table_key) | {each["AttributeName"] for each in index["KeySchema"]}
    projection = index.get("Projection") or {}
    projected = key | set(projection.get("NonKeyAttributes") or ())
    return _LocalIndex(key, projected, projects_all=projection.get("ProjectionType") == "ALL")
