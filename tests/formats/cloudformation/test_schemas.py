"""AWS's own schemas of tables: no property that they have is dropped without a word."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, SpecError, find

SCHEMAS = Path(__file__).parent / "schemas"
HOME, ABROAD = "eu-west-1", "eu-west-2"
KEYS = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
INDEX = {
    "IndexName": "one",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
# Values that a property has in samples: the first one, and another one.
VALUES = {
    "KeyType": ("HASH", "RANGE"),
    "Region": (HOME, "us-east-1"),
    "MaxCapacity": (20, 30),
    "SeedCapacity": (9, 10),
    "SSEEnabled": (True, False),
    "TableType": ("Regional", "GlobalTableReplica"),
    "TableClass": ("STANDARD_INFREQUENT_ACCESS", "STANDARD"),
}
BASES: dict[str, Any] = {
    "Table": {"TableName": "orders", **KEYS},
    "GlobalTable": {
        "TableName": "orders",
        **KEYS,
        "GlobalSecondaryIndexes": [INDEX],
        "SSESpecification": {"SSEEnabled": True},
        "Replicas": [{"Region": HOME}, {"Region": ABROAD}],
    },
}
# What a spec has no member for. The rest of AWS's properties is read.
NOTED = {
    "Table": {
        "GlobalSecondaryIndexes[0].ContributorInsightsSpecification.Enabled",
        "GlobalSecondaryIndexes[0].ContributorInsightsSpecification.Mode",
        "StreamSpecification.ResourcePolicy.PolicyDocument",
        "StreamSpecification.Tags[0].Key",
        "StreamSpecification.Tags[0].Value",
    },
    "GlobalTable": {"TableType"},
}
REFUSED = {
    "Table": set[str](),
    "GlobalTable": {"GlobalTableSourceArn", "GlobalTableWitnesses[0].Region", "MultiRegionConsistency"},
}


class Leaf(NamedTuple):
    """A property without properties of its own: its path, its schema, and whether its object needs it."""

    path: tuple[str | int, ...]
    schema: dict[str, Any]
    required: bool

    def __str__(self) -> str:
        """The path, as errors write it."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)[1:]


@pytest.mark.parametrize("name", ["Table", "GlobalTable"])
def test_every_property_is_read_noted_or_refused(name: str) -> None:
    """Each property of AWS's schema changes what is read: the spec, the notes, or the refusal."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    found: dict[str, set[str]] = {"dropped": set(), "noted": set(), "refused": set()}
    leaves = list(all_leaves(schema))
    for leaf in leaves:
        how = outcome_of(leaf, schema, name)
        if how in found:
            found[how].add(str(leaf))

    assert 60 < len(leaves)
    assert set() == found["dropped"]
    assert NOTED[name] | noted_abroad(name) == found["noted"]
    assert REFUSED[name] == found["refused"]


def noted_abroad(name: str) -> set[str]:
    """What a replica abroad says that a spec has for the table only."""
    if name == "Table":
        return set()
    of_replica = {
        "ContributorInsightsSpecification.Enabled",
        "ContributorInsightsSpecification.Mode",
        "DeletionProtectionEnabled",
        "KinesisStreamSpecification.ApproximateCreationDateTimePrecision",
        "KinesisStreamSpecification.StreamArn",
        "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
        "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
        "ResourcePolicy.PolicyDocument",
        "Tags[0].Key",
        "Tags[0].Value",
    }
    of_both = {
        "DisassociationProtectionEnabled",
        "GlobalSecondaryIndexes[0].ContributorInsightsSpecification.Enabled",
        "GlobalSecondaryIndexes[0].ContributorInsightsSpecification.Mode",
        "GlobalTableSettingsReplicationMode",
        "ReplicaStreamSpecification.ResourcePolicy.PolicyDocument",
        "ReplicaStreamSpecification.Tags[0].Key",
        "ReplicaStreamSpecification.Tags[0].Value",
    }
    scaling = {"DisableScaleIn", "ScaleInCooldown", "ScaleOutCooldown", "TargetValue"}
    del scaling
    return {f"Replicas[1].{path}" for path in of_replica | of_both} | {
        f"Replicas[0].{path}" for path in of_both
    }


def outcome_of(leaf: Leaf, schema: dict[str, Any], name: str) -> str:
    """What became of LEAF: `dropped`, `noted`, `refused` or `read`."""
    spec, notes, refusal = read(document(leaf, schema, name, first=True), name)
    other_spec, other_notes, _ = read(document(leaf, schema, name, first=False), name)
    if refusal:
        return "refused"
    if spec != other_spec:
        return "read"
    if notes != other_notes or any(is_about(note, leaf) for note in notes):
        return "noted"
    # An import is read as a whole, and so is capacity that auto scaling moves.
    whole = leaf.path[0] == "ImportSourceSpecification" or "Policy" in str(leaf)
    return "read" if whole and (spec[1] or "Unmanaged" in spec[0]) else "dropped"


def is_about(note: str, leaf: Leaf) -> bool:
    """Whether NOTE is about LEAF or a property that LEAF is a part of."""
    noted = note.partition("Properties.")[2].partition(" ")[0]
    return str(leaf).startswith((f"{noted}.", f"{noted}["))


def read(properties: dict[str, Any], name: str) -> tuple[Any, list[str], str]:
    """The spec, the notes, and the refusal of a table with PROPERTIES."""
    template = {"Resources": {"T": {"Type": f"AWS::DynamoDB::{name}", "Properties": properties}}}
    inputs = Inputs({"AWS::Region": HOME})
    try:
        (table,) = find(json.dumps(template), name="f", inputs=inputs).tables
    except SpecError as error:
        return None, [], str(error)
    read_as = (to_aws(table.spec), table.must_exist) if table.spec else None
    return read_as, list(table.notes), str(table.refusal or "")


def all_leaves(schema: dict[str, Any]) -> Iterator[Leaf]:
    """The leaves of SCHEMA; of a global table, those of the replica at home and of one abroad."""
    for leaf in leaves(schema, schema, (), required=True):
        yield leaf
        if leaf.path[0] == "Replicas":
            yield leaf._replace(path=("Replicas", 1, *leaf.path[2:]))


def leaves(
    of: dict[str, Any], schema: dict[str, Any], path: tuple[str | int, ...], *, required: bool
) -> Iterator[Leaf]:
    """The leaves below the schema OF, which is at PATH."""
    of = resolved(of, schema)
    if "items" in of:
        yield from leaves(of["items"], schema, (*path, 0), required=True)
    elif of.get("properties"):
        for name, inner in of["properties"].items():
            yield from leaves(inner, schema, (*path, name), required=name in of.get("required", []))
    else:
        yield Leaf(path, of, required)


def resolved(of: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """OF, or what it refers to, or the first one of the forms that it allows."""
    if "oneOf" in of and "type" not in of:
        return resolved(of["oneOf"][0], schema)
    if "$ref" in of:
        found: dict[str, Any] = schema["definitions"][of["$ref"].rpartition("/")[2]]
        return found
    return of


def document(leaf: Leaf, schema: dict[str, Any], name: str, *, first: bool) -> dict[str, Any]:
    """Properties with LEAF where FIRST, else without it, or with another value where it is required."""
    properties: dict[str, Any] = deepcopy(BASES[name])
    place: Any = properties
    of = schema
    for step in leaf.path[:-1]:
        of = resolved(of["items"] if isinstance(step, int) else of["properties"][step], schema)
        place = entered(place, step, of, schema)
    last = leaf.path[-1]
    if first or leaf.required:
        value = sample(leaf.schema, schema, str(last), first=first)
        if isinstance(last, int):
            place[:] = [value]
        else:
            place[last] = value
    elif isinstance(place, dict):
        place.pop(last, None)
    return properties


def entered(place: Any, step: str | int, of: dict[str, Any], schema: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON
    """What is at STEP in PLACE, made from the schema OF if there is nothing yet."""
    if isinstance(step, int):
        while len(place) <= step:
            place.append(sample(of, schema))
        return place[step]
    if step not in place:
        place[step] = [] if "items" in resolved(of, schema) else sample(of, schema)
    return place[step]


def sample(of: dict[str, Any], schema: dict[str, Any], name: str = "", *, first: bool = True) -> Any:  # noqa: ANN401  # JSON
    """A value of the property NAME that the schema OF allows, with what it requires; another unless FIRST."""
    of = resolved(of, schema)
    if name in VALUES:
        return VALUES[name][0 if first else 1]
    if "items" in of:
        return [sample(of["items"], schema)]
    if of.get("properties"):
        return {each: sample(of["properties"][each], schema, each) for each in of.get("required", [])}
    if "enum" in of:
        # A value of which the default is another one.
        values = sorted(of["enum"], key=lambda value: value in ("STANDARD", "EVENTUAL", "DISABLED"))
        return values[0 if first else -1]
    kind = of["type"][0] if isinstance(of["type"], list) else of["type"]
    return SAMPLES[kind][0 if first else 1]


SAMPLES: dict[str, tuple[Any, Any]] = {
    "boolean": (True, False),
    "integer": (7, 8),
    "number": (7, 8),
    "object": ({"Version": "2012-10-17"}, {"Version": "2008-10-17"}),
    "string": ("one", "other"),
}
