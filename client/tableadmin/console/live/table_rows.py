"""A table in one row of the page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.cli.views.wide_columns import COLUMNS, cells

if TYPE_CHECKING:
    from tableadmin.v1 import TableState

# What the columns are called in the page.
HEADINGS = {
    "table": "Table",
    "status": "Status",
    "billing": "Billing",
    "capacity": "Capacity",
    "indexes": "Indexes",
    "ttl": "TTL",
    "pitr": "PITR",
    "size": "Size",
    "items": "Items",
}


def columns() -> list[dict[str, object]]:
    """The columns of a row: name, heading, and whether it sorts by amounts, largest first."""
    return [
        {
            "name": name,
            "heading": HEADINGS.get(name, name.capitalize()),
            "hasAmounts": column.amount is not None,
        }
        for name, column in COLUMNS.items()
    ]


def row(state: TableState) -> dict[str, object]:
    """The cells of the table, and the amounts that columns sort by, in the order of the columns."""
    amounts = [column.amount(state) if column.amount else None for column in COLUMNS.values()]
    return {"cells": cells(state, COLUMNS), "amounts": amounts}


def placeholder_row(name: str) -> dict[str, object]:
    """The row of a table of which nothing is known yet but the NAME."""
    return {"cells": [name, *[""] * (len(COLUMNS) - 1)], "amounts": [None] * len(COLUMNS), "isPending": True}
