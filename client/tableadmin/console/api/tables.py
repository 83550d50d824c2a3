"""The page of a table: its state, its last operations, its spec in several formats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, cast

from tableadmin.console.api import table_page, table_reading
from tableadmin.console.api.access import offers
from tableadmin.console.http.responses import Refusal
from tableadmin.console.live import operation_rows
from tableadmin.errors import TableAdminError

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.console.service import Service
    from tableadmin.formats import Format

_ACTIONS = ("ExportTables", "PlanTables", "ApplyPlan", "DeleteTable")
_LAST_OPERATIONS = 10
# The formats to copy, each with the format that `formats.write` knows.
_FORMATS = {"spec": "spec", "json": "spec", "cloudformation": "cloudformation", "terraform": "terraform"}


def table(service: Service, query: Mapping[str, str], body: object, name: str) -> dict[str, object]:
    """All of the table, and what the principal may do with it; raises TableAdminError: NotFound."""
    del body
    client = service.endpoint(query).client
    state = table_reading.read(client, name)
    return {
        "name": name,
        "sections": table_page.sections(state),
        "unreadable": table_page.unreadable(state),
        "operations": _operations(client, name),
        "offers": offers(client, name, _ACTIONS),
    }


def export_table(service: Service, query: Mapping[str, str], body: object, name: str) -> dict[str, object]:
    """The table as a spec in the format that QUERY names, and a note for each thing that the text lacks."""
    del body
    from tableadmin import formats  # noqa: PLC0415 - the first page need not wait for yaml

    form = query.get("format", "spec")
    if form not in _FORMATS:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"there is no format {form!r}", "NO_SUCH_FORMAT")
    found = service.endpoint(query).client.export(table_names=[name])
    written = formats.write(found.specs, cast("Format", _FORMATS[form]))
    text = _as_json(written.text) if form == "json" else written.text
    return {"text": text, "notes": [*found.notes, *written.notes]}


def delete(
    service: Service, query: Mapping[str, str], body: Mapping[str, object], name: str
) -> dict[str, object]:
    """Begin to delete the table. `confirmed` in BODY is the name, as the user has typed it.

    Raises Refusal for another name, and TableAdminError.
    """
    if body.get("confirmed") != name:
        text = f"nothing changed: type the name of the table that is deleted: {name}"
        raise Refusal(HTTPStatus.CONFLICT, text, "NOT_CONFIRMED")
    service.endpoint(query).client.delete_table(table_name=name)
    return {}


def _as_json(text: str) -> str:
    import yaml  # noqa: PLC0415 - as above

    return json.dumps(yaml.safe_load(text), indent=2, ensure_ascii=False) + "\n"


def _operations(client: Client, name: str) -> list[dict[str, object]]:
    """The newest operations on the table; none where the endpoint has no operations, or may not show them."""
    try:
        found = client.list_operations(table_name=name, page_size=_LAST_OPERATIONS)
        return [operation_rows.row(each) for each in islice(found, _LAST_OPERATIONS)]
    except TableAdminError:
        return []
