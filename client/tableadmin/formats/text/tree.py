"""Documents as they were read, before anybody knows what their members mean."""

from collections.abc import Iterable
from typing import TypeAlias

from tableadmin.formats.error import SpecError

Tree: TypeAlias = str | int | float | bool | list["Tree"] | dict[str, "Tree"] | None
Record: TypeAlias = dict[str, Tree]


class Plain(str):
    """Text that stood in YAML without quotes: text, a number or a truth value, as its place demands.

    It is kept as it was written, so that a table may be called 007 and an account 012345678901.
    """

    __slots__ = ()


class Faulty(dict[str, Tree]):
    """An object with a fault: a member that is specified twice, or a YAML tag that is not known.

    The fault concerns only whoever needs the object: a table elsewhere in the file can still be read.
    """

    __slots__ = ("fault",)

    def __init__(self, members: Record, fault: SpecError) -> None:
        super().__init__(members)
        self.fault = fault


def check_sound(tree: Tree) -> None:
    """Raise the first fault in TREE."""
    if isinstance(tree, Faulty):
        raise tree.fault
    for inner in children(tree):
        check_sound(inner)


def children(tree: Tree) -> Iterable[Tree]:
    """What is directly in TREE: the values of an object, or the items of a list."""
    return tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()


def record(tree: Tree, path: str) -> Record:
    """TREE, an object; nothing is an empty one. Raises SpecError for anything else."""
    if tree is None:
        return {}
    if isinstance(tree, Faulty):
        raise tree.fault
    if isinstance(tree, dict):
        return tree
    raise SpecError("must be an object", path=path)


def records(tree: Tree, path: str) -> list[Record]:
    """TREE, a list of objects; nothing is an empty one. Raises SpecError for anything else."""
    if tree is None:
        return []
    if isinstance(tree, list):
        return [record(item, f"{path}[{index}]") for index, item in enumerate(tree)]
    raise SpecError("must be a list", path=path)


def prune(tree: Tree) -> Tree:
    """TREE without members that hold nothing: null, an empty list or an empty object."""
    if isinstance(tree, dict):
        return {name: kept for name, value in tree.items() if not _nothing(kept := prune(value))}
    return [prune(item) for item in tree] if isinstance(tree, list) else tree


def pruned_record(data: Record) -> Record:
    """DATA without members that hold nothing."""
    return record(prune(data), "")


def pick(data: Record, *names: str) -> Record:
    """The members of DATA that NAMES has and DATA too."""
    return {name: data[name] for name in names if name in data}


def _nothing(tree: Tree) -> bool:
    return tree is None or tree in ([], {})


def below(path: str, member: str) -> str:
    """The path of MEMBER, which may be a path itself, under PATH."""
    return f"{path}.{member}" if path and member else path or member
