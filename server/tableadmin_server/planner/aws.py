"""Typed reads of AWS-shaped dicts; an absent member reads as an empty value."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue


def structure(holder: Mapping[str, AwsValue], member: str) -> AwsDict:
    """The structure MEMBER of HOLDER, {} where it is absent."""
    return cast("AwsDict", holder.get(member) or {})


def elements(holder: Mapping[str, AwsValue], member: str) -> Sequence[AwsDict]:
    """The structures in the list MEMBER of HOLDER, () where it is absent."""
    return cast("Sequence[AwsDict]", holder.get(member) or ())


def text(holder: Mapping[str, AwsValue], member: str, default: str = "") -> str:
    """The text MEMBER of HOLDER, DEFAULT where it is absent."""
    return cast("str", holder.get(member) or default)


def number(holder: Mapping[str, AwsValue], member: str) -> int | None:
    """The number MEMBER of HOLDER, None where it is absent."""
    return cast("int | None", holder.get(member))


def repetitions(names: Iterable[str]) -> Iterator[int]:
    """The positions, from 0, of the NAMES that occur earlier in NAMES too."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield number
        seen.add(name)
