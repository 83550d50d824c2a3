"""Resource policies: JSON text in the contract, a document where people write them."""

import json

from tableadmin.formats.text.fitting import settle
from tableadmin.formats.text.tree import Tree


def policy_text(policy: Tree) -> Tree:
    """POLICY as JSON text: a document is written down, text stays as it is."""
    if isinstance(policy, dict | list):
        return json.dumps(settle(policy), ensure_ascii=False, separators=(",", ":"))
    return policy


def policy_document(text: str) -> Tree:
    """The document that TEXT holds; TEXT itself where a document would not come back as the same JSON."""
    try:
        document: Tree = json.loads(text)
    except ValueError:
        return text
    return document if isinstance(document, dict) and _survives(document) else text


def _survives(tree: Tree) -> bool:
    """Whether YAML keeps TREE: numbers come back as text, and null as nothing."""
    if isinstance(tree, dict):
        return all(map(_survives, tree.values()))
    if isinstance(tree, list):
        return all(map(_survives, tree))
    return isinstance(tree, str | bool)
