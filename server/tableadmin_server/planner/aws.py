"""Reading AWS-shaped dicts whose shape is known: what is absent is empty."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue


def structure(holder: Mapping[str, AwsValue], member: str) -> AwsDict:
    """The structure MEMBER of HOLDER, {} where it is absent."""
    return cast("AwsDict", holder.get(member) or {})


def elements(holder: Mapping[str, AwsValue], member: str) -> Sequence[AwsDict]:
    """The structures in the list MEMBER of HOLDER, none where it is absent."""
    return cast("Sequence[AwsDict]", holder.get(member) or ())


def text(holder: Mapping[str, AwsValue], member: str, default: str = "") -> str:
    """The text MEMBER of HOLDER."""
    return cast("str", holder.get(member) or default)


def number(holder: Mapping[str, AwsValue], member: str) -> int | None:
    """The number MEMBER of HOLDER, None where it is absent."""
    return cast("int | None", holder.get(member))


def repetitions(names: Iterable[str]) -> Iterator[int]:
    """The numbers of those of NAMES that have come before."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield number
        seen.add(name)
