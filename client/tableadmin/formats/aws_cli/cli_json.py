"""What the AWS CLI takes for create-table, and what describe-table gives."""

import json
from collections.abc import Mapping
from typing import cast

from tableadmin.awsshape import to_aws
from tableadmin.formats.spec import spec_of_data
from tableadmin.formats.text.fitting import fit_to_message
from tableadmin.formats.text.tree import Record, Tree, pick, pruned_record, record, records
from tableadmin.v1 import TableDescription, TableSpec

# What AWS keeps apart from CreateTable, and the AWS CLI's command for it.
APART = {
    "TimeToLiveSpecification": "update-time-to-live",
    "PointInTimeRecoverySpecification": "update-continuous-backups",
    "ContributorInsightsSpecification": "update-contributor-insights",
    "KinesisStreamSpecification": "enable-kinesis-streaming-destination",
    "Replicas": "update-table",
}
_INDEX = ("IndexName", "KeySchema", "Projection")
_VECTOR_INDEX = (
    *_INDEX[:1],
    "VectorAttribute",
    "SearchSchema",
    "Projection",
    "Dimensions",
    "DistanceFunction",
)
_ON_DEMAND = "PAY_PER_REQUEST"


def text(specs: list[TableSpec], notes: list[str]) -> str:
    """SPECS as `--cli-input-json` of create-table: the input of one, a list of inputs for several.

    What create-table has no member for is left out, and NOTES says by which command it is set.
    """
    inputs = [_input(spec, notes) for spec in specs]
    return json.dumps(inputs[0] if len(inputs) == 1 else inputs, indent=2, ensure_ascii=False) + "\n"


def spec_of_description(answer: Record, notes: list[str], path: str = "Table") -> TableSpec:
    """The spec of the table whose description is ANSWER: DescribeTable's `Table`.

    What describes rather than specifies is dropped, and so are warm throughput, which no spec manages
    unless it says so, and what is at AWS's default. What a spec can't hold is said in NOTES. DescribeTable
    knows nothing of tags, time to live and what else AWS keeps apart: the spec says nothing of them, and the
    caller adds what it knows. Raises SpecError.
    """
    # `--output yaml` leaves numbers and truth values unquoted.
    answer = fit_to_message(answer, TableDescription.DESCRIPTOR)
    billing = record(answer.get("BillingModeSummary"), path).get("BillingMode")
    provisioned = billing != _ON_DEMAND
    data: Record = {
        **pick(answer, "TableName", "KeySchema"),
        "AttributeDefinitions": _definitions(answer, path),
        "LocalSecondaryIndexes": _indexes(answer, "LocalSecondaryIndexes", path),
        "GlobalSecondaryIndexes": _global_indexes(answer, path, provisioned=provisioned),
        "BillingMode": billing,
        **_capacity(answer, path, provisioned=provisioned),
        "StreamSpecification": _stream(answer, path),
        "SSESpecification": _encryption(answer, path),
        "TableClass": _class(answer, "TableClassSummary", path),
        "DeletionProtectionEnabled": answer.get("DeletionProtectionEnabled") or None,
        "Replicas": _replicas(answer, path),
        "VectorIndexes": _indexes(answer, "VectorIndexes", path, _VECTOR_INDEX),
    }
    _note_what_is_lost(answer, notes)
    return spec_of_data(pruned_record(data), path=path)


def _input(spec: TableSpec, notes: list[str]) -> Record:
    data = cast("Record", to_aws(spec))
    # Whoever reads the input again knows what it can't say.
    data.pop("Unmanaged", None)
    for member, command in APART.items():
        if data.pop(member, None):
            notes.append(
                f"table {spec.table_name}: {member} is not part of create-table: aws dynamodb {command}"
            )
    return data


def _definitions(answer: Record, path: str) -> list[Tree]:
    """The attribute definitions, without those that only an index on its way out has in its key."""
    gone = {name for index in _indexes_there(answer, path, deleting=True) for name in _key(index, path)}
    kept = {name for index in _indexes_there(answer, path, deleting=False) for name in _key(index, path)}
    dropped = gone - kept - _key(answer, path)
    found = records(answer.get("AttributeDefinitions"), f"{path}.AttributeDefinitions")
    return [definition for definition in found if str(definition.get("AttributeName")) not in dropped]


def _indexes_there(answer: Record, path: str, *, deleting: bool) -> list[Record]:
    """The indexes that are DELETING, or those that are not."""
    members = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes", "VectorIndexes")
    found = [index for member in members for index in records(answer.get(member), f"{path}.{member}")]
    return [index for index in found if (index.get("IndexStatus") == "DELETING") == deleting]


def _key(of: Record, path: str) -> set[str]:
    elements = [*records(of.get("KeySchema"), path), *records(of.get("SearchSchema"), path)]
    return {str(element.get("AttributeName")) for element in elements}


def _indexes(answer: Record, member: str, path: str, names: tuple[str, ...] = _INDEX) -> list[Tree]:
    found = records(answer.get(member), f"{path}.{member}")
    return [pick(index, *names) for index in found if index.get("IndexStatus") != "DELETING"]


def _global_indexes(answer: Record, path: str, *, provisioned: bool) -> list[Tree]:
    path = f"{path}.GlobalSecondaryIndexes"
    return [
        {**pick(index, *_INDEX), **_capacity(index, path, provisioned=provisioned)}
        for index in records(answer.get("GlobalSecondaryIndexes"), path)
        if index.get("IndexStatus") != "DELETING"
    ]


def _capacity(of: Record, path: str, *, provisioned: bool) -> Record:
    """Provisioned capacity, which an on-demand table shows as 0, or ceilings, where -1 means none."""
    if provisioned:
        units = record(of.get("ProvisionedThroughput"), path)
        return {"ProvisionedThroughput": pick(units, "ReadCapacityUnits", "WriteCapacityUnits")}
    return {"OnDemandThroughput": _ceilings(of, "OnDemandThroughput", path)}


def _ceilings(of: Record, member: str, path: str) -> Record:
    return {name: units for name, units in record(of.get(member), path).items() if units != -1}


def _stream(answer: Record, path: str) -> Tree:
    stream = record(answer.get("StreamSpecification"), path)
    return {**stream} if stream.get("StreamEnabled") else None


def _encryption(answer: Record, path: str) -> Tree:
    sse = record(answer.get("SSEDescription"), path)
    # AES256 is encryption by the key that AWS owns, which is the default.
    if not sse or sse.get("Status") in ("DISABLED", "DISABLING") or sse.get("SSEType") == "AES256":
        return None
    return {"Enabled": True, "SSEType": sse.get("SSEType"), "KMSMasterKeyId": sse.get("KMSMasterKeyArn")}


def _class(of: Record, member: str, path: str, default: Tree = "STANDARD") -> Tree:
    found = record(of.get(member), path).get("TableClass")
    return None if found == default else found


def _replicas(answer: Record, path: str) -> list[Tree]:
    path = f"{path}.Replicas"
    home = region(answer)
    own_class = record(answer.get("TableClassSummary"), path).get("TableClass") or "STANDARD"
    return [
        _replica(replica, path, own_class)
        for replica in records(answer.get("Replicas"), path)
        if replica.get("RegionName") != home and replica.get("ReplicaStatus") != "DELETING"
    ]


def region(answer: Mapping[str, Tree]) -> str:
    """The region of the table that ANSWER describes, by its ARN; empty without one.

    Some answers list the table's own region among the replicas.
    """
    parts = str(answer.get("TableArn", "")).split(":")
    return parts[3] if len(parts) > 3 else ""  # noqa: PLR2004  # arn:partition:service:region:...


def _replica(replica: Record, path: str, own_class: Tree) -> Record:
    indexes = [
        {**pick(index, "IndexName"), **overrides}
        for index in records(replica.get("GlobalSecondaryIndexes"), path)
        if (overrides := _overrides(index, path))
    ]
    return {
        **pick(replica, "RegionName", "KMSMasterKeyId"),
        **_overrides(replica, path),
        "TableClassOverride": _class(replica, "ReplicaTableClassSummary", path, own_class),
        "GlobalSecondaryIndexes": [*indexes],
    }


def _overrides(of: Record, path: str) -> Record:
    return pruned_record(
        {
            "ProvisionedThroughputOverride": of.get("ProvisionedThroughputOverride"),
            "OnDemandThroughputOverride": _ceilings(of, "OnDemandThroughputOverride", path),
        }
    )


_LOST: Mapping[tuple[str, Tree], str] = {
    ("MultiRegionConsistency", "STRONG"): "strong consistency between regions",
    ("GlobalTableSettingsReplicationMode", "ENABLED"): "the copying of settings between accounts",
}


def _note_what_is_lost(answer: Record, notes: list[str]) -> None:
    notes += [
        f"table {answer.get('TableName')}: {what} is not part of a spec ({member}: {value})"
        for (member, value), what in _LOST.items()
        if answer.get(member) == value
    ]
