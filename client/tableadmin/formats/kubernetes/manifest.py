"""A manifest: an object of Kubernetes, and where it stands."""

from typing import NamedTuple

from tableadmin.formats.text.tree import Record, record


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
