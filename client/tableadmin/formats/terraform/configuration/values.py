"""The values of Terraform's expressions, and its conversions between them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tableadmin.formats.text.tree import Tree

_WHOLE = re.compile(r"[+-]?\d{1,40}")


class Unevaluable(Exception):
    """An expression that the files do not decide; `str()` says why, in a clause that names the expression.

    `references` are the addresses whose values are not known, `needs` options of tablectl that would help.
    `through` are addresses of resources whose values come from those.
    """

    def __init__(self, reason: str, *references: str, needs: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.references = references
        self.needs = needs
        self.through: tuple[str, ...] = ()


def together(causes: Sequence[Unevaluable]) -> Unevaluable:
    """CAUSES as one, which says each of them once."""
    if len(causes) == 1:
        return causes[0]
    kind = FileNotGiven if all(isinstance(cause, FileNotGiven) for cause in causes) else Unevaluable
    reasons = dict.fromkeys(map(str, causes))
    references = dict.fromkeys(reference for cause in causes for reference in cause.references[:1])
    needs = dict.fromkeys(need for cause in causes for need in cause.needs)
    joint = kind("; ".join(reasons), *references, needs=tuple(needs))
    joint.through = tuple(dict.fromkeys(address for cause in causes for address in cause.through))
    return joint


class FileNotGiven(Unevaluable):
    """An expression that needs a file which was not given."""


class Unknown:
    """A value that the files do not decide, as a part of one that they do."""

    def __init__(self, cause: Unevaluable) -> None:
        self.cause = cause


class SetOfValues(list["Value"]):
    """A set: its members once, in Terraform's order."""


Value: TypeAlias = (
    str | int | float | bool | list["Value"] | dict[str, "Value"] | Mapping[str, "Value"] | Unknown | None
)


class Lazy(Mapping[str, Value]):
    """An object whose members are evaluated when they are asked for, each once.

    `otherwise` gives the members that are not there, `missing` says why others are not. Raises Unevaluable
    for a member that is nowhere, and for one that refers to itself.
    """

    def __init__(
        self,
        what: str,
        members: Mapping[str, Callable[[], Value]],
        missing: str = "",
        otherwise: Callable[[str], Value] = lambda _: None,
    ) -> None:
        self._what = what
        self._members = members
        self._missing = missing
        self._otherwise = otherwise
        self._known: dict[str, Value] = {}
        self._under_way: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        if name not in self._known:
            self._known[name] = self._evaluated(name)
        return self._known[name]

    def _evaluated(self, name: str) -> Value:
        address = f"{self._what}.{name}"
        if name not in self._members:
            found = self._otherwise(name)
            if found is None:
                raise self._absent(address)
            return found
        if name in self._under_way:
            raise Unevaluable(f"{address} refers to itself", address)
        self._under_way.add(name)
        try:
            return self._members[name]()
        except Unevaluable as cause:
            return Unknown(cause)
        finally:
            self._under_way.discard(name)

    def _absent(self, address: str) -> Unevaluable:
        if self._missing:
            return Unevaluable(f"{address} {self._missing}", address)
        return FileNotGiven(f"{address} is not in the files that were given", address)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def require_known(value: Value) -> Value:
    """VALUE. Raises Unevaluable if it is unknown itself."""
    if isinstance(value, Unknown):
        raise value.cause
    return value


def wholly_known(value: Value) -> Value:
    """VALUE. Raises Unevaluable if VALUE or anything in it is unknown."""
    value = require_known(value)
    if isinstance(value, Mapping):
        return {name: wholly_known(item) for name, item in value.items()}
    if isinstance(value, list):
        return type(value)(wholly_known(item) for item in value)
    return value


def text(value: Value) -> str:
    """VALUE as Terraform writes it into text. Raises Unevaluable for what has no text."""
    value = require_known(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(number(value)) if isinstance(value, float) else str(value)
    raise Unevaluable(f"{_kind(value)} can't be converted to text")


def number(value: Value) -> int | float:
    """VALUE as a number, whole where it is whole. Raises Unevaluable for what is none."""
    value = require_known(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unevaluable(f"{_kind(value)} can't be converted to a number")
    if isinstance(value, int):
        return value
    try:
        # As a whole number first: one of 64 bits has more digits than a float keeps.
        return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else _shortest(float(value))
    except (ValueError, OverflowError):
        raise Unevaluable(f"{value!r} can't be converted to a number") from None


def _shortest(found: float) -> int | float:
    return int(found) if found == int(found) else found


def whole(value: Value) -> int:
    """VALUE as a whole number. Raises Unevaluable for what is none."""
    found = number(value)
    if not isinstance(found, int):
        raise Unevaluable(f"{found} is no whole number")
    return found


def truth(value: Value) -> bool:
    """VALUE as a truth value. Raises Unevaluable for what is none."""
    value = require_known(value)
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Unevaluable(f"{_kind(value)} can't be converted to a truth value")


def sequence(value: Value) -> list[Value]:
    """VALUE as a list. Raises Unevaluable for what is none."""
    value = require_known(value)
    if isinstance(value, list):
        return value
    raise Unevaluable(f"{_kind(value)} is no list")


def require_object(value: Value) -> Mapping[str, Value]:
    """VALUE as an object. Raises Unevaluable for what is none."""
    value = require_known(value)
    if isinstance(value, Mapping):
        return value
    raise Unevaluable(f"{_kind(value)} is no map")


def as_set(items: list[Value]) -> SetOfValues:
    """ITEMS without repetitions; text and numbers are sorted."""
    unique: list[Value] = []
    for item in map(wholly_known, items):
        if item not in unique:
            unique.append(item)
    if all(isinstance(item, str) for item in unique):
        unique.sort(key=text)
    return SetOfValues(unique)


def tree(value: Value) -> Tree:
    """VALUE, wholly known, as a tree."""
    if isinstance(value, Mapping):
        return {name: tree(item) for name, item in value.items()}
    if isinstance(value, list):
        return [tree(item) for item in value]
    found = require_known(value)
    assert not isinstance(found, Mapping | list | Unknown)
    return found


def _kind(value: Value) -> str:
    return next((name for name, kind in _KINDS if isinstance(value, kind)), "a value")


_KINDS: tuple[tuple[str, type], ...] = (
    ("a map", Mapping),
    ("a list", list),
    ("text", str),
    ("null", type(None)),
)
