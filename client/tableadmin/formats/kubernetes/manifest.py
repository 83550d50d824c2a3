"""A manifest: an object of Kubernetes, and where it stands."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tableadmin.formats.error import SpecError
from tableadmin.formats.text.tree import Record, Tree, record

# A variable of a shell's environment, as envsubst and Flux replace it.
_VARIABLE = re.compile(r"\$(?:[A-Z_][A-Z0-9_]*|\{[A-Z_][A-Z0-9_]*\})")


class Manifest(NamedTuple):
    """An object of Kubernetes: its body, the path to it and the number of its document."""

    body: Record
    path: str
    document: int

    @property
    def group(self) -> str:
        """The API group, such as `dynamodb.services.k8s.aws`."""
        return str(self.body.get("apiVersion", "")).partition("/")[0]

    @property
    def kind(self) -> str:
        """The kind, such as `Table`."""
        return str(self.body.get("kind", ""))

    @property
    def metadata(self) -> Record:
        """The metadata. Raises SpecError."""
        return record(self.body.get("metadata"), "metadata")

    @property
    def name(self) -> str:
        """The name of the object. Raises SpecError."""
        return str(self.metadata.get("name", ""))

    def __str__(self) -> str:
        """As kubectl names objects: `Table/orders`, with the namespace where it is said."""
        metadata = self.body.get("metadata")
        said = metadata if isinstance(metadata, dict) else {}
        namespace = f"{said['namespace']}/" if said.get("namespace") else ""
        return f"{self.kind}/{namespace}{said.get('name', '')}"


def check_rendered(manifest: Manifest) -> None:
    """Raise SpecError for a variable in a name of MANIFEST, which somebody has to replace first."""
    for name in _names(manifest):
        variable = _VARIABLE.search(str(name))
        if variable:
            raise SpecError(f"{manifest} has the variable {variable[0]}; give what `envsubst` prints")


def _names(manifest: Manifest) -> Iterator[Tree]:
    """The values that may name a table: names have no $."""
    spec, annotations = manifest.body.get("spec"), manifest.metadata.get("annotations")
    yield manifest.metadata.get("name")
    yield spec.get("tableName") if isinstance(spec, dict) else None
    yield from annotations.values() if isinstance(annotations, dict) else ()
