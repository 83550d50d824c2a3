"""The conditions of waits on the command line: `table-active`, `index-active=GenreIdx`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from tableadmin.cli.requests.contract_words import WAIT_CONDITIONS


@dataclass(frozen=True)
class Condition:
    """A condition by its name in the contract, and the fields of WaitRequest for its resource."""

    name: str
    subject: Mapping[str, str]


@dataclass(frozen=True)
class _Kind:
    """A condition. `name` is its name in the contract.

    `of` is the field of WaitRequest for the resource, `argument` the field for the text after `=`, "" for
    none.
    """

    name: str
    of: str = "table_name"
    argument: str = ""
    metavar: str = ""

    @property
    def meaning(self) -> str:
        """The meaning of the condition, from the contract, with the names of the command line."""
        text = WAIT_CONDITIONS[self.name]
        return text.replace(f"`{self.argument}`", self.metavar).replace(f"`{self.of}`", "ARN")


# The words of conditions that differ from the contract's names in lower case.
_WORDS: Mapping[str, str] = {
    "TABLE_DELETED": "deleted",
    "TIME_TO_LIVE_SETTLED": "ttl-settled",
    "POINT_IN_TIME_RECOVERY_ENABLED": "pitr-enabled",
}
# The field of WaitRequest for the text after `=`, and its name in --help, by the condition's first word.
_ARGUMENTS: Mapping[str, tuple[str, str]] = {
    "INDEX": ("index_name", "INDEX"),
    "REPLICA": ("region_name", "REGION"),
}
# The first words of conditions whose resources are identified by an ARN.
_WITH_ARN = frozenset({"BACKUP", "EXPORT", "IMPORT"})


def _kind(name: str) -> _Kind:
    first = name.partition("_")[0]
    return _Kind(name, "arn" if first in _WITH_ARN else "table_name", *_ARGUMENTS.get(first, ("", "")))


KINDS: Mapping[str, _Kind] = {
    _WORDS.get(name, name.lower().replace("_", "-")): _kind(name) for name in WAIT_CONDITIONS
}


def forms() -> list[str]:
    """Return the syntax of each condition."""
    return [f"{text}={kind.metavar}" if kind.argument else text for text, kind in KINDS.items()]


def meanings() -> list[tuple[str, str]]:
    """Return the syntax and the meaning of each condition."""
    return list(zip(forms(), (kind.meaning for kind in KINDS.values()), strict=True))


def parse(text: str) -> tuple[str, str]:
    """Return the kind of the condition TEXT and the text after `=`. Raises ValueError."""
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
    """Return the condition TEXT for the table or ARN NAME. Raises ValueError."""
    word, argument = parse(text)
    kind = KINDS[word]
    subject = {kind.of: name, **({kind.argument: argument} if argument else {})}
    return Condition(kind.name, subject)
