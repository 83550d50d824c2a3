"""The members that a spec does not manage: which they are, and a target that has them as they are live."""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.state.index import Index, Units
from tableadmin_server.planner.state.table_state import PROVISIONED, TableState, of_one_mode

# An element of a list, as TableState has it.
_Element: TypeAlias = "AwsValue | Index"

# The attribute of TableState that holds each member of a spec which can be unmanaged.
MEMBERS: Mapping[str, str] = {
    "LocalSecondaryIndexes": "local_indexes",
    "GlobalSecondaryIndexes": "indexes",
    "VectorIndexes": "vector_indexes",
    "BillingMode": "billing_mode",
    "ProvisionedThroughput": "throughput",
    "OnDemandThroughput": "on_demand",
    "WarmThroughput": "warm",
    "StreamSpecification": "stream",
    "SSESpecification": "encryption",
    "TableClass": "table_class",
    "DeletionProtectionEnabled": "deletion_protection",
    "ResourcePolicy": "policy",
    "Tags": "tags",
    "TimeToLiveSpecification": "time_to_live",
    "PointInTimeRecoverySpecification": "recovery_days",
    "ContributorInsightsSpecification": "insights",
    "KinesisStreamSpecification": "kinesis",
    "Replicas": "replicas",
}
EVERYTHING = "*"
# The lists whose elements can be unmanaged, and the member that names an element.
NAMED_BY: Mapping[str, str] = {
    "GlobalSecondaryIndexes": "IndexName",
    "VectorIndexes": "IndexName",
    "Tags": "Key",
    "Replicas": "RegionName",
}
_READS, _WRITES = "ReadCapacityUnits", "WriteCapacityUnits"
_UNITS = frozenset(
    {"ProvisionedThroughput", f"ProvisionedThroughput.{_READS}", f"ProvisionedThroughput.{_WRITES}"}
)
# What can be unmanaged below a member, and below an element of a list.
_BELOW: Mapping[str, frozenset[str]] = {
    "ProvisionedThroughput": frozenset({_READS, _WRITES}),
    "SSESpecification": frozenset({"KMSMasterKeyId"}),
    "PointInTimeRecoverySpecification": frozenset({"RecoveryPeriodInDays"}),
}
_BELOW_ELEMENT: Mapping[str, frozenset[str]] = {
    "GlobalSecondaryIndexes": _UNITS | {"OnDemandThroughput", "WarmThroughput"},
    "Replicas": frozenset(
        {
            "KMSMasterKeyId",
            "ProvisionedThroughputOverride",
            "OnDemandThroughputOverride",
            "TableClassOverride",
            "GlobalSecondaryIndexes",
        }
    ),
}
# The members that exist in one billing mode only.
_OF_ONE_MODE = ("ProvisionedThroughput", "OnDemandThroughput")
# By greed, so that the key of a tag may hold brackets.
_PATH = re.compile(r"(?P<member>\w+)(?:\[(?P<element>.+)\])?(?:\.(?P<below>[\w.]+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Path:
    """A path in parts: `GlobalSecondaryIndexes[GenreIndex].WarmThroughput` has all three."""

    member: str
    element: str = ""
    below: str = ""

    @property
    def in_words(self) -> str:
        """The path as it is written."""
        element = f"[{self.element}]" if self.element else ""
        return f"{self.member}{element}{f'.{self.below}' if self.below else ''}"

    @property
    def is_units(self) -> bool:
        """Whether the path is one of capacity units, which auto scaling may manage."""
        below = f"{self.member}.{self.below}".rstrip(".") if not self.element else self.below
        return below in _UNITS and (not self.element or self.member == "GlobalSecondaryIndexes")


def path_of(written: str) -> Path | None:
    """The path that is WRITTEN; None for one that can't be unmanaged. `*` is not a path."""
    path = _parsed(written)
    if path.member not in MEMBERS or (path.element and path.member not in NAMED_BY):
        return None
    allowed = (_BELOW_ELEMENT if path.element else _BELOW).get(path.member, frozenset())
    return path if not path.below or (path.below in allowed and path.element != EVERYTHING) else None


def _parsed(written: str) -> Path:
    found = _PATH.fullmatch(written)
    return Path(found["member"], found["element"] or "", found["below"] or "") if found else Path(written)


@dataclass(frozen=True)
class Unmanaged:
    """What the valid spec SPEC does not manage."""

    spec: AwsDict

    @cached_property
    def entries(self) -> Sequence[AwsDict]:
        """The elements of Unmanaged, in which the members that `*` stands for replace `*`."""
        written = elements(self.spec, "Unmanaged")
        named = {text(each, "Path") for each in written}
        absent = [member for member in MEMBERS if member not in self.spec and member not in named]
        found: list[AwsDict] = []
        for entry in written:
            if text(entry, "Path") != EVERYTHING:
                found.append(entry)
            else:
                found += [{**entry, "Path": member} for member in absent]
        return found

    @cached_property
    def paths(self) -> Sequence[Path]:
        """The paths of the entries."""
        return [path for each in self.entries if (path := path_of(text(each, "Path"))) is not None]

    def has(self, member: str, element: str = "", below: str = "") -> bool:
        """Whether the place is unmanaged, by a path of its own or by one above it."""
        return any(self._covers(path, Path(member, element, below)) for path in self.paths)

    def kept(self, to: TableState, at: TableState) -> TableState:
        """The target TO with the values of the live state AT for all that is unmanaged."""
        if not self.paths:
            return to
        target = to.draft()
        for path in self.paths:
            if path.element:
                self._keep_elements(target, at, path)
            elif path.below:
                _keep_below(target, at, path)
            else:
                _keep_member(target, at, path.member)
        return of_one_mode(target)

    def stripped(self, path: str, value: AwsValue) -> AwsValue:
        """The VALUE of the setting at PATH without what is unmanaged; None where all of it is."""
        place = _parsed(path)
        if self.has(place.member, place.element, place.below):
            return None
        for each in self.paths:
            if each.below and (each.member, each.element) == (place.member, place.element):
                value = _without(value, each.below.split("."))
            elif each.member == "BillingMode" and place.element:
                value = _without(_without(value, _OF_ONE_MODE[:1]), _OF_ONE_MODE[1:])
        return value

    def _covers(self, path: Path, place: Path) -> bool:
        if path.member == "BillingMode" and _is_of_one_mode(place):
            return True
        if path.member != place.member:
            return False
        if path.element == EVERYTHING:
            return bool(place.element) and place.element not in self._names(path.member)
        if path.element not in ("", place.element):
            return False
        if path.element == "" and path.below and place.element:
            return False
        return path.below in ("", place.below) or place.below.startswith(f"{path.below}.")

    def _names(self, member: str) -> frozenset[str]:
        return frozenset(text(each, NAMED_BY[member]) for each in elements(self.spec, member))

    def _keep_elements(self, target: TableState, at: TableState, path: Path) -> None:
        attribute = MEMBERS[path.member]
        wanted: dict[str, _Element] = dict(getattr(target, attribute) or {})
        live: Mapping[str, _Element] = getattr(at, attribute) or {}
        if not path.below:
            everything = path.element == EVERYTHING
            names = (wanted.keys() | live.keys()) - self._names(path.member) if everything else {path.element}
            wanted = {name: each for name, each in wanted.items() if name not in names}
            wanted |= {name: each for name, each in live.items() if name in names}
        elif path.element in wanted and path.element in live:
            wanted[path.element] = _keep_below_element(wanted[path.element], live[path.element], path.below)
        setattr(target, attribute, wanted)


# Of a table that is created, which has nothing to keep.
NOTHING = Unmanaged({})


def fill_capacity(spec: AwsDict) -> AwsDict:
    """SPEC with the lowest capacity of auto scaling in place of capacity that auto scaling manages.

    A new table has this capacity. Of a table that is there, the live values replace it.
    """
    if text(spec, "BillingMode", PROVISIONED) != PROVISIONED:
        return spec
    for entry in elements(spec, "Unmanaged"):
        path = path_of(text(entry, "Path"))
        if path is not None and path.is_units and "Minimum" in entry:
            units = path.below.rpartition(".")[2]
            members = (units,) if units in (_READS, _WRITES) else (_READS, _WRITES)
            spec = _with_units(spec, path.element, dict.fromkeys(members, entry["Minimum"]))
    return spec


def _with_units(spec: AwsDict, index: str, units: AwsDict) -> AwsDict:
    if not index:
        return {**spec, **_raised(spec, units)}
    indexes: list[AwsValue] = [
        {**each, **_raised(each, units)} if text(each, "IndexName") == index else each
        for each in elements(spec, "GlobalSecondaryIndexes")
    ]
    return {**spec, "GlobalSecondaryIndexes": indexes} if indexes else spec


def _raised(holder: AwsDict, units: AwsDict) -> AwsDict:
    return {"ProvisionedThroughput": {**structure(holder, "ProvisionedThroughput"), **units}}


def _is_of_one_mode(place: Path) -> bool:
    if place.member in _OF_ONE_MODE:
        return True
    return place.member == "GlobalSecondaryIndexes" and place.below.partition(".")[0] in _OF_ONE_MODE


def _keep_member(target: TableState, at: TableState, member: str) -> None:
    attribute = MEMBERS[member]
    if member == "ProvisionedThroughput":
        target.throughput = kept_units(target.throughput, at.throughput)
        return
    setattr(target, attribute, copy(getattr(at, attribute)))
    if member == "BillingMode":
        target.throughput, target.on_demand = kept_units(target.throughput, at.throughput), at.on_demand
        target.indexes = {
            name: _keep_of_mode(index, at.indexes.get(name)) for name, index in target.indexes.items()
        }


def _keep_below(target: TableState, at: TableState, path: Path) -> None:
    """Only a part of a member; where the member is off on either side, there is nothing to keep."""
    if path.member == "ProvisionedThroughput":
        target.throughput = kept_units(target.throughput, at.throughput, path.below)
        return
    attribute = MEMBERS[path.member]
    if getattr(target, attribute) is not None and getattr(at, attribute) is not None:
        setattr(target, attribute, getattr(at, attribute))


def _keep_of_mode(wanted: Index, live: Index | None) -> Index:
    if live is None or not wanted.same_definition(live):
        return wanted
    return replace(
        wanted, throughput=kept_units(wanted.throughput, live.throughput), on_demand=live.on_demand
    )


def _keep_below_element(wanted: _Element, live: _Element, below: str) -> _Element:
    """WANTED, an index or a replica, with the member BELOW of LIVE."""
    if isinstance(wanted, Index) and isinstance(live, Index):
        # An index that is built again has nothing of the old one.
        return _keep_of_index(wanted, live, below) if wanted.same_definition(live) else wanted
    before, after = cast("AwsDict", wanted), cast("AwsDict", live)
    others = {member: value for member, value in before.items() if member != below}
    return {**others, below: after[below]} if below in after else others


def _keep_of_index(wanted: Index, live: Index, below: str) -> Index:
    if below == "OnDemandThroughput":
        return replace(wanted, on_demand=live.on_demand)
    if below == "WarmThroughput":
        return replace(wanted, warm=live.warm)
    units = below.partition(".")[2]
    return replace(wanted, throughput=kept_units(wanted.throughput, live.throughput, units))


def kept_units(wanted: Units | None, live: Units | None, units: str = "") -> Units | None:
    """WANTED with the reads, the writes or both of LIVE; WANTED where the live table has none."""
    if live is None:
        return wanted
    if wanted is None or not units:
        return live
    return (live[0], wanted[1]) if units == _READS else (wanted[0], live[1])


def _without(value: AwsValue, members: Iterable[str]) -> AwsValue:
    """VALUE without the member at the path MEMBERS below it."""
    first, *rest = members
    if not isinstance(value, dict) or first not in value:
        return value
    holder = cast("AwsDict", value)
    inner = _without(holder[first], rest) if rest else None
    others = {member: each for member, each in holder.items() if member != first}
    return {**others, first: inner} if inner is not None else others
