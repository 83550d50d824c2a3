"""What the page needs once: the endpoints, the columns of tables, and who the user is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tableadmin import __version__
from tableadmin.console.live import table_rows

if TYPE_CHECKING:
    from tableadmin.console.service import Service


def session(service: Service, query: Mapping[str, str], body: object) -> dict[str, object]:
    """The endpoints, the columns, and the principal."""
    del query, body
    return {
        "server": service.server,
        "version": __version__,
        "endpoint": service.chosen,
        "endpoints": [
            {"name": each.name, "region": each.region, "hasOperations": each.has_operations}
            for each in service.configured
        ],
        "columns": table_rows.columns(),
        "principal": {"name": service.principal.principal, "groups": [*service.principal.groups]},
    }
