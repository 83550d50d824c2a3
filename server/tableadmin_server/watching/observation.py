"""What was seen of a table at one moment, and what differs between two moments. No I/O."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast

from google.protobuf.message import Message

from tableadmin.awsshape import AwsDict, AwsValue, Unknown, from_aws
from tableadmin.v1 import (
    ContinuousBackupsDescription,
    TableAspect,
    TableChange,
    TableDescription,
    TablePart,
    TableState,
    Tag,
    TimeToLiveDescription,
    UnreadablePart,
)
from tableadmin_server.failure import Failure

# The numbers of the enums, as generated code types them.
Aspect: TypeAlias = "TableAspect.ValueType"
Part: TypeAlias = "TablePart.ValueType"

# The members of what DescribeTable shows, by what they are about; any other is OTHER.
_TABLE_MEMBERS: Mapping[str, Aspect] = {
    "TableStatus": TableAspect.TABLE_ASPECT_STATUS,
    "ProvisionedThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "OnDemandThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "WarmThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "BillingModeSummary": TableAspect.TABLE_ASPECT_BILLING_MODE,
    "StreamSpecification": TableAspect.TABLE_ASPECT_STREAM,
    "LatestStreamLabel": TableAspect.TABLE_ASPECT_STREAM,
    "LatestStreamArn": TableAspect.TABLE_ASPECT_STREAM,
    "SSEDescription": TableAspect.TABLE_ASPECT_ENCRYPTION,
    "DeletionProtectionEnabled": TableAspect.TABLE_ASPECT_DELETION_PROTECTION,
    "TableClassSummary": TableAspect.TABLE_ASPECT_TABLE_CLASS,
    "ItemCount": TableAspect.TABLE_ASPECT_SIZE,
    "TableSizeBytes": TableAspect.TABLE_ASPECT_SIZE,
}
_INDEX_MEMBERS: Mapping[str, Aspect] = {
    "ProvisionedThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "OnDemandThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "WarmThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "ItemCount": TableAspect.TABLE_ASPECT_SIZE,
    "IndexSizeBytes": TableAspect.TABLE_ASPECT_SIZE,
}

# The lists of things with a name: (member, the member that names an element, what an element's members are
# about, and what the rest of them is about).
_NAMED: Mapping[str, tuple[str, Mapping[str, Aspect], Aspect]] = {
    "GlobalSecondaryIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "LocalSecondaryIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "VectorIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "Replicas": ("RegionName", {}, TableAspect.TABLE_ASPECT_REPLICA),
    "GlobalTableWitnesses": ("RegionName", {}, TableAspect.TABLE_ASPECT_REPLICA),
}

# It moves with the clock, by itself.
_EVER_MOVING = frozenset({"LatestRestorableDateTime"})

Facet: TypeAlias = tuple[Aspect, str]


@dataclass(frozen=True, eq=False)
class Observation:
    """A table as AWS described it; `description` is None where there is no such table.

    A part that was not asked for, that the endpoint does not have or that is unreadable, is None; of a table
    that can't be described, `description` is its name alone. Compared by identity. Raises what reading an
    answer raises that makes no sense.
    """

    name: str
    description: AwsDict | None
    time_to_live: AwsDict | None = None
    continuous_backups: AwsDict | None = None
    tags: list[AwsDict] | None = None
    unsupported: frozenset[Part] = frozenset()
    # Parts that can't be read, the description included, and why.
    unreadable: Mapping[Part, Failure] = field(default_factory=dict)
    # By what its members are about, so that two can be compared facet by facet.
    facets: Mapping[Facet, AwsDict] = field(init=False, repr=False)
    # As a message of the contract.
    state: TableState = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facets", dict(_facets(self)))
        object.__setattr__(self, "state", _state(self))

    @classmethod
    def without_description(cls, name: str, why: Failure) -> "Observation":
        """The table NAME that can't be described, and WHY."""
        return cls(name, {"TableName": name}, unreadable={_DESCRIPTION: why})

    @property
    def undescribed(self) -> Failure | None:
        """Why the table can't be described; None where it can be."""
        return self.unreadable.get(_DESCRIPTION)

    def only(self, parts: Collection[Part]) -> "Observation":
        """The same without what was looked at for others: no part but PARTS."""
        unwanted = [part for part in _MEMBERS if part not in parts]
        if not any(self._tells_of(part) for part in unwanted):
            return self
        kept = {member: getattr(self, member) for part, member in _MEMBERS.items() if part in parts}
        return Observation(
            self.name,
            self.description,
            unsupported=self.unsupported & frozenset(parts),
            unreadable={part: why for part, why in self.unreadable.items() if part not in unwanted},
            **kept,
        )

    def _tells_of(self, part: Part) -> bool:
        return (
            part in self.unsupported or part in self.unreadable or getattr(self, _MEMBERS[part]) is not None
        )

    def hides(self, aspect: Aspect) -> bool:
        """Whether ASPECT can't be told, for want of the part that it belongs to."""
        if not self.unreadable or aspect == TableAspect.TABLE_ASPECT_UNREADABLE_PART:
            return False
        return _DESCRIPTION in self.unreadable or _PARTS_OF.get(aspect) in self.unreadable


# The parts beside the description, by the member that holds them.
_MEMBERS: Mapping[Part, str] = {
    TablePart.TABLE_PART_TIME_TO_LIVE: "time_to_live",
    TablePart.TABLE_PART_CONTINUOUS_BACKUPS: "continuous_backups",
    TablePart.TABLE_PART_TAGS: "tags",
}
# The aspects that are of a part, and not of the description.
_PARTS_OF: Mapping[Aspect, Part] = {
    TableAspect.TABLE_ASPECT_TIME_TO_LIVE: TablePart.TABLE_PART_TIME_TO_LIVE,
    TableAspect.TABLE_ASPECT_CONTINUOUS_BACKUPS: TablePart.TABLE_PART_CONTINUOUS_BACKUPS,
    TableAspect.TABLE_ASPECT_TAGS: TablePart.TABLE_PART_TAGS,
}
_DESCRIPTION = TablePart.TABLE_PART_DESCRIPTION


def _state(seen: Observation) -> TableState:
    unknown: list[Unknown] = []  # TableAdmin names it; a watch shows what the contract knows
    return TableState(
        table=_message(seen.description, TableDescription, unknown),
        time_to_live=_message(seen.time_to_live, TimeToLiveDescription, unknown),
        continuous_backups=_message(seen.continuous_backups, ContinuousBackupsDescription, unknown),
        tags=[from_aws(tag, Tag, unknown) for tag in seen.tags or ()],
        unsupported_parts=sorted(seen.unsupported),
        unreadable_parts=[
            UnreadablePart(part=part, code=why.code, reason=why.reason, message=why.message)
            for part, why in sorted(seen.unreadable.items())
        ],
    )


M = TypeVar("M", bound=Message)


def _message(data: AwsDict | None, message_type: type[M], unknown: list[Unknown]) -> M | None:
    return None if data is None else from_aws(data, message_type, unknown)


def is_another(before: Observation, after: Observation) -> bool:
    """Whether the tables of BEFORE and AFTER are known to have no more than the name in common."""
    if before.description is None or after.description is None:
        return before.description is not after.description
    if before.undescribed or after.undescribed:
        return False
    return are_others(before.description, after.description)


def are_others(before: AwsDict, after: AwsDict) -> bool:
    """Whether two descriptions are of two tables."""
    return any(before.get(mark) != after.get(mark) for mark in _MARKS)


# What no change of a table changes; not every engine has both.
_MARKS = ("TableId", "CreationDateTime")


def differences(before: Observation, after: Observation, *, sizes: bool) -> list[TableChange]:
    """What has changed from BEFORE to AFTER; item counts and sizes only where SIZES is true.

    Of what one of them could not read it is not known whether it has changed.
    """
    return [
        TableChange(
            aspect=aspect,
            subject=subject,
            before=_json(before.facets.get((aspect, subject))),
            after=_json(after.facets.get((aspect, subject))),
        )
        for aspect, subject in dict.fromkeys((*before.facets, *after.facets))
        if (sizes or aspect != TableAspect.TABLE_ASPECT_SIZE)
        and before.facets.get((aspect, subject)) != after.facets.get((aspect, subject))
        and not (before.hides(aspect) or after.hides(aspect))
    ]


def _facets(observation: Observation) -> Iterator[tuple[Facet, AwsDict]]:
    """The observation by what its members are about, so that two can be compared facet by facet."""
    found: dict[Facet, AwsDict] = {}
    for member, value in (observation.description or {}).items():
        if member in _NAMED:
            _add_named(found, member, cast("list[AwsDict]", value))
        else:
            aspect = _TABLE_MEMBERS.get(member, TableAspect.TABLE_ASPECT_OTHER)
            found.setdefault((aspect, ""), {})[member] = value
    yield from found.items()
    if observation.time_to_live is not None:
        yield (TableAspect.TABLE_ASPECT_TIME_TO_LIVE, ""), observation.time_to_live
    if observation.continuous_backups is not None:
        yield (TableAspect.TABLE_ASPECT_CONTINUOUS_BACKUPS, ""), _still(observation.continuous_backups)
    if observation.tags:
        tags: AwsDict = {str(tag["Key"]): tag["Value"] for tag in observation.tags}
        yield (TableAspect.TABLE_ASPECT_TAGS, ""), tags
    for part, why in observation.unreadable.items():
        subject = TablePart.Name(part).removeprefix("TABLE_PART_")
        # Without the message, which AWS may word anew each time.
        yield (TableAspect.TABLE_ASPECT_UNREADABLE_PART, subject), {"Code": why.code, "Reason": why.reason}


def _add_named(found: dict[Facet, AwsDict], member: str, elements: list[AwsDict]) -> None:
    name_member, members, otherwise = _NAMED[member]
    for element in elements:
        for key, value in element.items():
            facet = (members.get(key, otherwise), str(element.get(name_member, "")))
            found.setdefault(facet, {})[key] = value


def _still(value: AwsDict) -> AwsDict:
    return {
        key: _still(cast("AwsDict", inner)) if isinstance(inner, dict) else inner
        for key, inner in value.items()
        if key not in _EVER_MOVING
    }


def _json(value: Mapping[str, AwsValue] | None) -> str:
    return "" if value is None else json.dumps(value, default=str, separators=(",", ":"))
