"""Variables `${...}` without quotes in YAML's flow style, where braces would end the text.

The Serverless Framework's own files have them: `custom: {table: orders-${sls:stage}}`.
"""

import re
from collections.abc import Mapping

from tableadmin.formats.text.tree import Faulty, Plain, Tree

_INNERMOST = re.compile(r"\$\{[^${}\n]*\}")
# Characters for private use, which no file of specs has.
_MASK = re.compile("\ue000([0-9]+)\ue001")


def mask(text: str) -> tuple[str, Mapping[str, str]]:
    """TEXT with a mask in the place of each variable, and the variables by the numbers of their masks."""
    variables: dict[str, str] = {}
    if _MASK.search(text):
        return text, variables

    def mask_of(match: re.Match[str]) -> str:
        number = str(len(variables))
        variables[number] = match[0]
        return f"\ue000{number}\ue001"

    count = 1
    while count:
        text, count = _INNERMOST.subn(mask_of, text)
    return text, variables


def unmask(tree: Tree, variables: Mapping[str, str]) -> Tree:
    """TREE with the VARIABLES in the place of their masks."""
    if isinstance(tree, str):
        return _in_text(tree, variables)
    if isinstance(tree, list):
        return [unmask(item, variables) for item in tree]
    if isinstance(tree, dict):
        members = {_in_text(name, variables): unmask(value, variables) for name, value in tree.items()}
        return Faulty(members, tree.fault) if isinstance(tree, Faulty) else members
    return tree


def _in_text(text: str, variables: Mapping[str, str]) -> str:
    whole = str(text)
    while _MASK.search(whole):
        whole = _MASK.sub(lambda match: variables.get(match[1], ""), whole)
    return Plain(whole) if isinstance(text, Plain) else whole
