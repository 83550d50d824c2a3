"""The text of the editor as specs, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.formats import FoundTable, SpecError
    from tableadmin.v1 import SpecViolation, TableSpec


@dataclass(frozen=True)
class Problem:
    """What is wrong, of which table and where. LINE counts from 1, None where it is not known."""

    message: str
    table: str = ""
    path: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Edited:
    """The tables that a text describes, notes of what the specs do not contain, and what is wrong."""

    tables: Sequence[FoundTable] = ()
    notes: Sequence[str] = ()
    problems: Sequence[Problem] = ()

    @property
    def specs(self) -> list[TableSpec]:
        """The specs of the tables."""
        return [each.spec for each in self.tables if each.spec]


def parse_edited_specs(body: Mapping[str, object]) -> Edited:
    """The specs in the `text` of BODY, in any format that tablectl reads."""
    from tableadmin import formats  # noqa: PLC0415 - the first page need not wait for yaml

    text = str(body.get("text") or "")
    if not text.strip():
        return Edited(problems=[Problem("the spec is empty")])
    try:
        # Nothing is read but the text: a text can't have the console read files.
        found = formats.find(text, name="", inputs=formats.Inputs())
        formats.check_distinct(found.tables)
    except formats.SpecError as error:
        return Edited(problems=[_problem(error)])
    refusals = [each.refusal for each in found.tables if each.refusal]
    notes = [*found.notes, *(note for table in found.tables for note in table.notes)]
    return Edited(found.tables, notes, [_problem(each) for each in refusals])


def violations(client: Client, text: str, specs: Sequence[TableSpec]) -> list[Problem]:
    """What the service finds wrong with SPECS, which TEXT has; raises TableAdminError."""
    places = {each.table_name: number for number, each in enumerate(specs)}
    found = client.validate(specs)
    return [_violation(each, text, places) for each in found.violations]


def _problem(error: SpecError) -> Problem:
    return Problem(error.reason, error.table, error.path, error.line)


def _violation(violation: SpecViolation, text: str, places: Mapping[str, int]) -> Problem:
    from tableadmin.formats.text.documents import line_of  # noqa: PLC0415 - as above

    document = places.get(violation.table_name, 0)
    line = line_of(text, document, violation.path)
    return Problem(violation.description, violation.table_name, violation.path, line)
