"""Tables by name: an object whose members are tables. Files of fixtures and scripts often have this form."""

from collections.abc import Mapping

from tableadmin.formats.text.tree import Record, Tree

# What makes an object a table.
_KEY = "KeySchema"


def by_name(document: Tree) -> Mapping[str, Record]:
    """The tables in DOCUMENT by the name of the member; empty if DOCUMENT is anything else.

    A table without TableName gets the name of its member.
    """
    if not isinstance(document, dict):
        return {}
    tables = {
        name: {"TableName": name, **value}
        for name, value in document.items()
        if isinstance(value, dict) and _KEY in value
    }
    return tables if len(tables) == len(document) else {}
