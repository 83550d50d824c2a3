"""What can be waited for, as it is said on the command line: `table-active`, `index-active=GenreIdx`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from tableadmin.cli.requests.contract_words import WAIT_CONDITIONS


@dataclass(frozen=True)
class Condition:
    """A condition by its name in the contract, and the fields of WaitRequest that say what it is about."""

    name: str
    subject: Mapping[str, str]


@dataclass(frozen=True)
class _Kind:
    """A condition by its NAME in the contract.

    OF is the field of WaitRequest for the resource, ARGUMENT the field for the text after `=`, "" for none.
    """

    name: str
    of: str = "table_name"
    argument: str = ""
    metavar: str = ""

    @property
    def meaning(self) -> str:
        """When the condition is met, in the words of the contract and of the command line."""
        text = WAIT_CONDITIONS[self.name]
        return text.replace(f"`{self.argument}`", self.metavar).replace(f"`{self.of}`", "ARN")


# The words of conditions that are not the names of the contract in lower case.
_WORDS: Mapping[str, str] = {
    "TABLE_DELETED": "deleted",
    "TIME_TO_LIVE_SETTLED": "ttl-settled",
    "POINT_IN_TIME_RECOVERY_ENABLED": "pitr-enabled",
}
# What follows `=`, by the first word of the condition: the field of WaitRequest, and its name in --help.
_ARGUMENTS: Mapping[str, tuple[str, str]] = {
    "INDEX": ("index_name", "INDEX"),
    "REPLICA": ("region_name", "REGION"),
}
# Conditions of resources that are named by an ARN, by the first word.
_WITH_ARN = frozenset({"BACKUP", "EXPORT", "IMPORT"})


def _kind(name: str) -> _Kind:
    first = name.partition("_")[0]
    return _Kind(name, "arn" if first in _WITH_ARN else "table_name", *_ARGUMENTS.get(first, ("", "")))


KINDS: Mapping[str, _Kind] = {
    _WORDS.get(name, name.lower().replace("_", "-")): _kind(name) for name in WAIT_CONDITIONS
}


def forms() -> list[str]:
    """How each condition is written."""
    return [f"{text}={kind.metavar}" if kind.argument else text for text, kind in KINDS.items()]


def meanings() -> list[tuple[str, str]]:
    """How each condition is written, and when the condition is met."""
    return list(zip(forms(), (kind.meaning for kind in KINDS.values()), strict=True))


def parse(text: str) -> tuple[str, str]:
    """The kind of condition that TEXT names and what stands behind `=`; raises ValueError."""
    word, _, argument = text.partition("=")
    if word not in KINDS:
        near = get_close_matches(word, KINDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(forms())}"
        raise ValueError(f"{text!r} is not a condition; {hint}")
    kind = KINDS[word]
    if bool(argument) != bool(kind.argument):
        form = f"{word}={kind.metavar}" if kind.argument else word
        raise ValueError(f"{text!r} should be {form}")
    return word, argument


def condition(text: str, name: str) -> Condition:
    """The condition that TEXT says of the table or ARN called NAME; raises ValueError."""
    word, argument = parse(text)
    kind = KINDS[word]
    subject = {kind.of: name, **({kind.argument: argument} if argument else {})}
    return Condition(kind.name, subject)
