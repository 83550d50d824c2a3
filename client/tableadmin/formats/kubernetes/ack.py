"""Tables of AWS Controllers for Kubernetes, `dynamodb.services.k8s.aws`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from tableadmin.awsshape import to_aws
from tableadmin.formats import spec
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.kubernetes.manifest import Manifest
from tableadmin.formats.kubernetes.members import Unknown, aws_members, camel, camel_members, lost_members
from tableadmin.formats.text.tree import Record, Tree, record
from tableadmin.v1 import TableSpec

GROUP = "dynamodb.services.k8s.aws"
_VERSION = f"{GROUP}/v1alpha1"
# Members with a name of their own.
_RENAMED = {
    "continuousBackups": "pointInTimeRecoverySpecification",
    "timeToLive": "timeToLiveSpecification",
    "tableReplicas": "replicas",
}
_INSIGHTS = "contributorInsights"
# What the controller has no field for; newer versions have one for some.
_NEVER = ("KinesisStreamSpecification", "VectorIndexes")
_NOT_ALWAYS = ("ContributorInsightsSpecification", "ResourcePolicy", "OnDemandThroughput")
_REASON = "not in the ACK manifest"
_USUAL_MODE = "ACCESSED_AND_THROTTLED_KEYS"
_REFERENCES = ("kmsMasterKeyRef",)
_REGION = "services.k8s.aws/region"
_ADOPTION = "services.k8s.aws/adoption-policy"
_ADOPTED = (
    "is required: the manifest adopts a table and does not describe it; give what "
    "`aws dynamodb describe-table` prints, or `kubectl get -o yaml` after the adoption"
)


def tables(manifests: list[Manifest]) -> Found:
    """The tables among MANIFESTS, and a note for each other object."""
    notes = [f"{each}: is not part of a spec and left out" for each in manifests if each.kind != "Table"]
    return Found([_found(each) for each in manifests if each.kind == "Table"], notes)


def text(specs: list[TableSpec], notes: list[str]) -> str:
    """Manifests of the tables of SPECS; NOTES gets what they can't hold."""
    return "---\n".join(_manifest(one, notes) for one in specs)


def _found(manifest: Manifest) -> FoundTable:
    body = manifest.body.get("spec")
    name = body.get("tableName") if isinstance(body, dict) else None
    described = FoundTable(address=str(manifest), name=str(name or ""), region=_region(manifest))
    if name is None and _adopts(manifest):
        return replace(described, refusal=SpecError(_ADOPTED, path="spec.tableName", table=str(manifest)))
    return with_spec(lambda notes: _spec(manifest, notes), described)


def _region(manifest: Manifest) -> str:
    return _annotation(manifest, _REGION)


def _adopts(manifest: Manifest) -> bool:
    return bool(_annotation(manifest, _ADOPTION))


def _annotation(manifest: Manifest, name: str) -> str:
    metadata = manifest.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str(annotations.get(name, "")) if isinstance(annotations, dict) else ""


def _spec(manifest: Manifest, notes: list[str]) -> TableSpec:
    said = record(manifest.body.get("spec"), "spec")
    _refuse_references(said, "spec")
    insights = said.get(_INSIGHTS)
    others = {name: value for name, value in said.items() if name != _INSIGHTS}
    lost: list[Unknown] = []
    data = aws_members(others, TableSpec.DESCRIPTOR, "spec", lost, _RENAMED)
    if insights is not None:
        data["ContributorInsightsSpecification"] = {"Enabled": insights == "ENABLE"}
    _drop_no_capacity(data)
    notes += lost_members(manifest, lost)
    try:
        made = spec.table(data, "spec", str(manifest))
    except SpecError as error:
        raise SpecError(error.reason, path=_as_written(error.path), table=error.table) from None
    absent = [member for member in _NOT_ALWAYS if member not in data]
    ceilings = [
        f"GlobalSecondaryIndexes[{index.index_name}].OnDemandThroughput"
        for index in made.global_secondary_indexes
        if not index.HasField("on_demand_throughput")
    ]
    spec.leave_unmanaged(made, [*_NEVER, *absent, *ceilings], _REASON)
    return made


def _as_written(path: str) -> str:
    """PATH, in AWS's names, with the names of the manifest."""
    return ".".join(camel(_WRITTEN.get(step, step)) for step in path.split("."))


def _refuse_references(tree: Tree, path: str) -> None:
    """Raise SpecError for a value that another object of the cluster has."""
    for name, value in tree.items() if isinstance(tree, dict) else ():
        if name in _REFERENCES and value:
            raise SpecError(
                "is a reference to another object; give kmsMasterKeyID, or --unmanaged SSESpecification",
                path=f"{path}.{name}",
            )
        _refuse_references(value, f"{path}.{name}")


def _drop_no_capacity(data: Record) -> None:
    """Leave out capacity that a table on demand shows as 0."""
    throughput = data.get("ProvisionedThroughput")
    if isinstance(throughput, dict) and all(str(units) == "0" for units in throughput.values()):
        del data["ProvisionedThroughput"]


def _manifest(table: TableSpec, notes: list[str]) -> str:
    data = cast("Record", to_aws(table))
    data.pop("Unmanaged", None)
    name = table.table_name
    notes += [
        f"table {name}: {member.path} is not managed; a manifest can't leave it alone"
        for member in table.unmanaged
        if member.reason != _REASON
    ]
    notes += [
        f"table {name}: a manifest has no field for {each}" for each in _NO_FIELD if data.pop(each, None)
    ]
    insights = record(data.pop("ContributorInsightsSpecification", None), "")
    body = record(camel_members({_WRITTEN.get(member, member): value for member, value in data.items()}), "")
    if insights.get("Mode", _USUAL_MODE) != _USUAL_MODE:
        notes.append(f"table {name}: a manifest has no field for ContributorInsightsSpecification.Mode")
    elif insights.get("Enabled"):
        body[_INSIGHTS] = "ENABLE"
    manifest: Record = {
        "apiVersion": _VERSION,
        "kind": "Table",
        "metadata": {"name": _object_name(name)},
        "spec": body,
    }
    return spec.to_yaml(manifest)


def _object_name(table_name: str) -> str:
    """A name that Kubernetes takes: small letters, digits, dots and hyphens."""
    kept = "".join(char if char.isalnum() or char in "-." else "-" for char in table_name.lower())
    return kept.strip("-.") or "table"


_WRITTEN: Mapping[str, str] = {
    "PointInTimeRecoverySpecification": "ContinuousBackups",
    "TimeToLiveSpecification": "TimeToLive",
    "Replicas": "TableReplicas",
}
_NO_FIELD = ("KinesisStreamSpecification", "VectorIndexes", "WarmThroughput", "OnDemandThroughput")
