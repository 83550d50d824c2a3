"""Callers who read, one after the other: any table, and the names of all."""

from soak.load.callers import Callers
from tableadmin.errors import TableAdminError

STATIC = tuple(f"static-{number}" for number in range(8))


async def read(callers: Callers) -> None:
    """Describe tables, and list them now and then."""
    while await callers.pause():
        if callers.rng.random() < 0.1:  # noqa: PLR2004 - one in ten
            await _list(callers)
        else:
            await callers.read(callers.rng.choice([*STATIC, *callers.ledger.tables()]))


async def _list(callers: Callers) -> None:
    answer = await callers.journal.ended("ListTables", callers.clients["olga"].list_tables())
    if not isinstance(answer, TableAdminError):
        missing = set(STATIC) - set(answer.table_names)
        callers.journal.check(
            "a list has every table", f"{sorted(missing)} are not listed", holds=not missing
        )
