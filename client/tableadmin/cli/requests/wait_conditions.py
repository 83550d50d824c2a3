"""What can be waited for, as it is said on the command line: `table-active`, `index-active=GenreIdx`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Condition:
    """A condition by its name in the contract, and the fields of WaitRequest that say what it is about."""

    name: str
    subject: Mapping[str, str]


@dataclass(frozen=True)
class _Kind:
    """A condition's name in the contract, the field that NAME is, and the one that stands behind `=`."""

    name: str
    of: str = "table_name"
    argument: str = ""
    metavar: str = ""


KINDS: Mapping[str, _Kind] = {
    "table-active": _Kind("TABLE_ACTIVE"),
    "index-active": _Kind("INDEX_ACTIVE", argument="index_name", metavar="INDEX"),
    "index-deleted": _Kind("INDEX_DELETED", argument="index_name", metavar="INDEX"),
    "indexes-active": _Kind("INDEXES_ACTIVE"),
    "deleted": _Kind("TABLE_DELETED"),
    "settled": _Kind("SETTLED"),
    "ttl-settled": _Kind("TIME_TO_LIVE_SETTLED"),
    "pitr-enabled": _Kind("POINT_IN_TIME_RECOVERY_ENABLED"),
    "replica-active": _Kind("REPLICA_ACTIVE", argument="region_name", metavar="REGION"),
    "stream-enabled": _Kind("STREAM_ENABLED"),
    "restore-completed": _Kind("RESTORE_COMPLETED"),
    "backup-available": _Kind("BACKUP_AVAILABLE", of="arn"),
    "export-completed": _Kind("EXPORT_COMPLETED", of="arn"),
    "import-completed": _Kind("IMPORT_COMPLETED", of="arn"),
}


def forms() -> list[str]:
    """How each condition is written."""
    return [f"{text}={kind.metavar}" if kind.argument else text for text, kind in KINDS.items()]


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
