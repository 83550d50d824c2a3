"""Nested values as YAML-like lines: one value, or the differences between two values. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tableadmin.cli.views.plans.plan_values import compact_value, document

# The members that identify an element of a list, so that equal elements are compared.
_NAMES = ("IndexName", "AttributeName", "RegionName", "Key", "StreamArn", "Sid")
# The maximum widths of a nested value and of a flat value on one line.
_SHORT, _LONG = 48, 100
_MARKS = {(True, True): "~", (False, True): "+", (True, False): "-"}


class BlockLine(NamedTuple):
    """A text and its depth."""

    text: str
    depth: int


def block(value: object, depth: int = 0) -> Iterator[BlockLine]:
    """Return the lines of VALUE. A short value is one line."""
    value = document(value)
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _named(name, document(each), depth)
    elif isinstance(value, list) and value:
        for each in value:
            first, *rest = [*block(each, depth + 1)]
            yield BlockLine(f"- {first.text}", depth)
            yield from rest
    else:
        yield BlockLine(compact_value(value), depth)


def _named(name: str, value: object, depth: int) -> Iterator[BlockLine]:
    text = compact_value(value)
    if len(text) <= _SHORT or not isinstance(value, Mapping | list):
        yield BlockLine(f"{name}: {text}", depth)
    else:
        yield BlockLine(f"{name}:", depth)
        yield from block(value, depth + 1)


def value_differences(before: object, after: object, depth: int = 0) -> Iterator[BlockLine]:
    """Return the differences between BEFORE and AFTER, marked `+`, `-` or `~`, and count equal members."""
    before, after = _members(document(before)), _members(document(after))
    same = [name for name in before if name in after and before[name] == after[name]]
    for name in dict.fromkeys([*before, *after]):
        if name not in same:
            yield from _changed(name, before, after, depth)
    if same:
        members = "1 member" if len(same) == 1 else f"{len(same)} members"
        yield BlockLine(f"({members} unchanged: {', '.join(same)})", depth)


def _changed(
    name: str, before: Mapping[str, object], after: Mapping[str, object], depth: int
) -> Iterator[BlockLine]:
    mark = _MARKS[name in before, name in after]
    if mark != "~":
        first, *rest = [*_named(name, document((before | after)[name]), depth)]  # type: ignore[operator] # of dicts
        yield BlockLine(f"{mark} {first.text}", depth)
        yield from rest
        return
    old, new = before[name], after[name]
    texts = compact_value(old), compact_value(new)
    if sum(map(len, texts)) > _SHORT and _members(document(old)) and _members(document(new)):
        yield BlockLine(f"~ {name}:", depth)
        yield from value_differences(old, new, depth + 1)
    else:
        yield BlockLine(f"~ {name}: {' -> '.join(texts)}", depth)


def _members(value: object) -> dict[str, object]:
    """Return the members of an object, or the elements of a list by name or index; {} for other values."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, list):
        return {}
    named = {_element_name(each, place): each for place, each in enumerate(value)}
    return named if len(named) == len(value) else {f"[{n}]": each for n, each in enumerate(value)}


def _element_name(element: object, place: int) -> str:
    if isinstance(element, Mapping):
        named = (str(element[name]) for name in _NAMES if name in element)
        return next(named, f"[{place}]")
    return f"[{place}]"


def is_nested(values: Sequence[object]) -> bool:
    """Whether one of VALUES is too long for one line."""
    documents = [document(each) for each in values]
    length = sum(len(compact_value(each)) for each in documents)
    if length > _LONG:
        return any(map(_inside, documents))
    return length > _SHORT and any(_inside(inner) for each in documents for inner in _inside(each))


def _inside(value: object) -> Sequence[object]:
    """Return the members or elements of VALUE."""
    return [*value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else []
