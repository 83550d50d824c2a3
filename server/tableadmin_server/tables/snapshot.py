"""A table as an endpoint shows it at one time. No I/O."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from tableadmin.awsshape import AwsDict, AwsValue, Unknown, from_aws
from tableadmin.v1 import TableDescription, TablePart, TableState, UnreadablePart
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.failure import Failure
from tableadmin_server.tables.facets import Facet, facets
from tableadmin_server.tables.parts import ROWS, Part

# The members that no update changes. Not every engine has both.
_IDENTITY = ("TableId", "CreationDateTime")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The table NAME: its description, and its parts as `tables.parts` defines them.

    `description` is None if the table does not exist, and has only the name if DescribeTable is denied.
    `parts` has no parts that were not read, are temporarily not available, unsupported or unreadable.
    Snapshots are compared by identity.
    """

    name: str
    description: AwsDict | None = None
    parts: Mapping[Part, AwsValue] = field(default_factory=dict)
    # Parts that the endpoint does not have.
    unsupported: frozenset[Part] = frozenset()
    # The errors of parts that can't be read, the description included.
    unreadable: Mapping[Part, Failure] = field(default_factory=dict)
    # Members of specs that the endpoint accepts and does not store, for plans.
    ignored_members: frozenset[str] = frozenset()
    # Whether the endpoint is AWS.
    is_aws: bool = True
    # The cooldowns that the endpoint has.
    cooldowns: frozenset[Cooldown] = frozenset(Cooldown)
    # The key ARNs of KMS aliases, as far as KMS has returned them; those of replicas by region.
    key_aliases: Mapping[str, str] = field(default_factory=dict)
    replica_key_aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Of a table that does not exist, for plans: the table or backup from which it is to be restored.
    source: "Snapshot | None" = None

    @classmethod
    def undescribed(cls, name: str, why: Failure) -> "Snapshot":
        """Return the snapshot of a table whose DescribeTable fails with WHY."""
        return cls(name, {"TableName": name}, unreadable={Part.DESCRIPTION: why})

    @property
    def exists(self) -> bool:
        """Whether the table exists and is not being deleted."""
        return self.description is not None and self.description.get("TableStatus") != "DELETING"

    @property
    def region(self) -> str:
        """The region of the table, "" if the endpoint does not show it."""
        arn = str((self.description or {}).get("TableArn", "")).split(":")
        return arn[3] if len(arn) > 3 else ""  # noqa: PLR2004  # arn:partition:dynamodb:REGION:account:table/name

    def structure(self, part: Part) -> AwsDict:
        """Return PART, which is a structure; empty if it was not read."""
        return cast("AwsDict", self.parts.get(part) or {})

    def elements(self, part: Part) -> list[AwsDict]:
        """Return PART, which is a list; empty if it was not read."""
        return cast("list[AwsDict]", self.parts.get(part) or [])

    def only(self, parts: Collection[Part]) -> "Snapshot":
        """Return the snapshot with PARTS only."""
        wanted = {Part.DESCRIPTION, *parts}
        if wanted.issuperset((*self.parts, *self.unsupported, *self.unreadable)):
            return self
        return Snapshot(
            self.name,
            self.description,
            {part: value for part, value in self.parts.items() if part in wanted},
            self.unsupported & wanted,
            {part: why for part, why in self.unreadable.items() if part in wanted},
            self.ignored_members,
            self.is_aws,
            self.cooldowns,
            self.key_aliases,
            self.replica_key_aliases,
            self.source,
        )

    def check(self) -> None:
        """Raise ShapeError, or another exception, if an answer was malformed."""
        _ = self.facets, self.state

    @cached_property
    def facets(self) -> Mapping[Facet, AwsDict]:
        """The members of the table by facet."""
        unreadable = {
            part.name: {"Code": why.code, "Reason": why.reason} for part, why in self.unreadable.items()
        }
        return facets(self.description or {}, self.parts, cast("Mapping[str, AwsDict]", unreadable))

    @cached_property
    def state(self) -> TableState:
        """The table as a message of the contract. Raises ShapeError for a malformed answer."""
        unknown: list[Unknown] = []  # not reported: a watch shows only members that the contract knows
        described = (
            None if self.description is None else from_aws(self.description, TableDescription, unknown)
        )
        return TableState(
            table=described,
            unsupported_parts=sorted(map(number_of, self.unsupported)),
            unreadable_parts=[
                UnreadablePart(part=part, code=why.code, reason=why.reason, message=why.message)
                for part, why in sorted((number_of(part), why) for part, why in self.unreadable.items())
            ],
            **{ROWS[part].field: _shown(part, value, unknown) for part, value in self.parts.items()},
        )


def is_another(before: Snapshot, after: Snapshot) -> bool:
    """Whether BEFORE and AFTER are known to be different tables with the same name."""
    if before.description is None or after.description is None:
        return before.description is not after.description
    if Part.DESCRIPTION in before.unreadable or Part.DESCRIPTION in after.unreadable:
        return False
    return are_others(before.description, after.description)


def are_others(before: AwsDict, after: AwsDict) -> bool:
    """Whether two descriptions are of different tables with the same name."""
    return any(before.get(member) != after.get(member) for member in _IDENTITY)


def number_of(part: Part) -> "TablePart.ValueType":
    """Return the value of PART in the contract's enum."""
    return TablePart.Value(f"TABLE_PART_{part.name}")


def parts_of(numbers: Iterable["TablePart.ValueType"]) -> frozenset[Part]:
    """Return the parts for NUMBERS, values of the contract's enum."""
    return frozenset(Part[TablePart.Name(number).removeprefix("TABLE_PART_")] for number in numbers)


def _shown(part: Part, value: AwsValue, unknown: list[Unknown]) -> Any:  # noqa: ANN401  # of the field's type
    message = ROWS[part].message
    if message is None:
        return value
    if isinstance(value, list):
        return [from_aws(cast("AwsDict", each), message, unknown) for each in value]
    return from_aws(cast("AwsDict", value), message, unknown)
