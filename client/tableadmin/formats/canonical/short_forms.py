"""The short forms that specs have: tags as a mapping, and unmanaged members as a list of paths."""

from collections.abc import Iterable, Mapping

from tableadmin.formats.canonical.nodes import Entry, Node


def shorten(spec: Node) -> None:
    """Bring the members of SPEC into their short forms, where these say the same."""
    for member in spec.entries:
        collection = member.collection
        if member.name in _SHORT and collection and collection.kind == "sequence" and not collection.anchor:
            _SHORT[member.name](collection)


def _tags(tags: Node) -> None:
    pairs = [_scalars(item, "Key", "Value") for item in tags.entries]
    names = [pair["Key"].value.text for pair in pairs if pair]
    if not names or len(set(names)) < len(tags.entries):
        return
    tags.kind = "mapping"
    tags.entries = [
        _moved(item, pair.values(), pair["Value"].value, _as_key(pair["Key"].value))
        for item, pair in zip(tags.entries, pairs, strict=True)
    ]


def _unmanaged(members: Node) -> None:
    pairs = [_scalars(item, "Path") for item in members.entries]
    if all(pairs):
        members.entries = [
            _moved(item, pair.values(), pair["Path"].value)
            for item, pair in zip(members.entries, pairs, strict=True)
        ]


_SHORT = {"Tags": _tags, "Unmanaged": _unmanaged}


def _scalars(item: Entry, *names: str) -> Mapping[str, Entry]:
    """The members of ITEM by name, if they are scalars with NAMES and nothing else; nothing otherwise."""
    entries = {each.name: each for each in item.value.entries} if item.collection else {}
    plain = all(each.value.kind == "scalar" and not each.value.anchor for each in entries.values())
    return entries if plain and entries.keys() == {*names} and not item.value.anchor else {}


def _moved(item: Entry, members: Iterable[Entry], value: Node, key: Node | None = None) -> Entry:
    """VALUE as an entry in the place of ITEM, with the comments of ITEM and of its MEMBERS."""
    parts = [item, *members]
    head = [line for part in parts for line in part.head] + [*filter(None, item.value.foot)]
    beside = [comment for part in parts for comment in part.beside]
    return Entry(value, item.start, key, head=head, beside=beside)


def _as_key(value: Node) -> Node:
    return Node("scalar", value.start, value.end, value.text, value.style)
