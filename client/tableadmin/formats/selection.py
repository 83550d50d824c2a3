"""Choosing some of the tables that files describe."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from tableadmin.formats.error import SpecError
from tableadmin.formats.found import FoundTable
from tableadmin.formats.inputs import near


def select_tables(tables: Sequence[FoundTable], patterns: Sequence[str]) -> tuple[list[FoundTable], str]:
    """Those of TABLES that one of PATTERNS names, and a note that lists the others, empty without others.

    A pattern is a table name, an address, a logical ID, or `NAME@REGION`; `*` and `?` stand for any text and
    any character. Without patterns all tables are selected. Raises SpecError for a pattern that names no
    table.
    """
    for pattern in patterns:
        if not any(_names(table, pattern) for table in tables):
            known = [name for table in tables for name in _identities(table)]
            listed = ", ".join(map(str, tables)) or "none"
            nearest = near(pattern, known) or f"; the tables are: {listed}"
            raise SpecError(f"no table is called {pattern!r}{nearest}")
    chosen = [table for table in tables if not patterns or any(_names(table, each) for each in patterns)]
    names = {str(table) for table in chosen}
    others = [table for table in tables if table not in chosen]
    left_out = [f"{each} ({each.address})" if str(each) in names else str(each) for each in others]
    return chosen, f"not selected and left out: {', '.join(left_out)}" if left_out else ""


def check_distinct(tables: Sequence[FoundTable]) -> None:
    """Raise SpecError where two of TABLES have the same name, and say how to choose one."""
    seen: dict[str, FoundTable] = {}
    for table in tables:
        if not table.name:
            continue
        first = seen.setdefault(table.name, table)
        if first is not table:
            raise SpecError(_twice(first, table), table=table.name, file=table.file)


def join_refusals(tables: Sequence[FoundTable]) -> SpecError | None:
    """One error for all of TABLES that have no spec, None where each has one."""
    errors = [table.refusal for table in tables if table.refusal]
    if len(errors) < 2:  # noqa: PLR2004  # one error says everything itself
        return errors[0] if errors else None
    reason = "; ".join([str(errors[0]), *(str(error.within()) for error in errors[1:])])
    needs = tuple(dict.fromkeys(need for error in errors for need in error.needs))
    return SpecError(reason, needs=needs)


def _twice(first: FoundTable, second: FoundTable) -> str:
    if first.file != second.file:
        return f"is also in {first.file}"
    places = [_described(table) for table in (first, second) if table.address]
    where = f": {' and '.join(places)}; choose one with --select {first.address}" if len(places) > 1 else ""
    return f"is specified twice{where}"


def _described(table: FoundTable) -> str:
    return f"{table.address} in {table.region}" if table.region else table.address


def _names(table: FoundTable, pattern: str) -> bool:
    # Only * and ? are wild: addresses of Terraform have brackets.
    wild = pattern.replace("[", "[[]")
    return any(pattern == name or fnmatchcase(name, wild) for name in _identities(table))


def _identities(table: FoundTable) -> Iterator[str]:
    yield from filter(None, (table.name, table.address, table.logical_id))
    if table.name and table.region:
        yield f"{table.name}@{table.region}"
