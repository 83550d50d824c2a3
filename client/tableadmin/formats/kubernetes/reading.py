"""Manifests -> specs: the documents of a file together, since what belongs to a table is a document too."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, join_results
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.kubernetes import ack, crossplane
from tableadmin.formats.kubernetes.manifest import Manifest, check_rendered
from tableadmin.formats.text.documents import documents, line_of
from tableadmin.formats.text.tree import Tree, check_sound, record, records

_GROUP = re.compile(
    r"""(?:^[ \t-]*|[{,]\s*)["']?apiVersion["']?\s*:\s*["']?dynamodb\."""
    r"""(?:services\.k8s\.aws|aws\.(?:m\.)?upbound\.io|aws\.crossplane\.io)/""",
    re.MULTILINE,
)
_HELM = re.compile(r"^[^\"'#]*\{\{-? *[.$a-z]", re.MULTILINE)
_TEMPLATED = "has tables inside of other objects only, as a Composition has; give the rendered tables"


def recognises(name: str, text: str) -> bool:
    """Whether TEXT, the content of the file NAME, has manifests about tables."""
    del name
    return _GROUP.search(text) is not None


def read(text: str, inputs: Inputs) -> Found:
    """The tables that the manifests in TEXT describe. Raises SpecError."""
    if _HELM.search(text):
        raise SpecError("is a template of Helm; give what `helm template` prints")
    manifests = [*_manifests(text)]
    about = [manifest for manifest in manifests if manifest.group.startswith("dynamodb.")]
    if not about:
        raise SpecError(_TEMPLATED)
    for each in about:
        check_rendered(each)
    others = [each for each in manifests if each not in about]
    notes = [f"{each}: is no table and left out" for each in others]
    by_ack = [manifest for manifest in about if manifest.group == ack.GROUP]
    by_crossplane = [manifest for manifest in about if manifest not in by_ack]
    parts = [Found(notes=notes), ack.tables(by_ack)]
    if by_crossplane:
        parts.append(crossplane.tables(by_crossplane, inputs))
    found = join_results(parts)
    if not found.tables:
        raise SpecError("; ".join(["has no table", *found.notes]))
    return Found([_with_line(table, text, about) for table in found.tables], found.notes)


def _with_line(table: FoundTable, text: str, manifests: list[Manifest]) -> FoundTable:
    """TABLE whose error, if it has one, says a line of TEXT."""
    of = next((manifest for manifest in manifests if str(manifest) == table.address), None)
    if table.refusal is None or of is None:
        return table
    path = f"{of.path}.{table.refusal.path}".strip(".") if table.refusal.path else "kind"
    return replace(table, refusal=table.refusal.within(line=line_of(text, of.document, path)))


def _manifests(text: str) -> Iterator[Manifest]:
    for number, document in enumerate(documents(text)):
        yield from _listed(document, "", number)


def _listed(document: Tree, path: str, number: int) -> Iterator[Manifest]:
    """The manifests that DOCUMENT is: one, or the items of a list, as `kubectl get -o yaml` gives them."""
    check_sound(document)
    body = record(document, path)
    if str(body.get("kind", "")).endswith("List") and "items" in body:
        for index, item in enumerate(records(body["items"], "items")):
            yield from _listed(item, f"items[{index}]", number)
    else:
        yield Manifest(body, path, number)
