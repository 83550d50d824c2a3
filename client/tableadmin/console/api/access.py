"""What the principal may do, so that the page offers nothing else and says why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tableadmin.cli.views.access_text import refusal_text, why_not
from tableadmin.errors import TableAdminError

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.console.service import Service

# What the page can do at an endpoint, whatever the table.
_OF_ENDPOINT = ("PlanTables", "ApplyPlan", "ListOperations")


def of_endpoint(service: Service, query: Mapping[str, str], body: object) -> dict[str, object]:
    """For each action of the page whether policies permit it at the endpoint, and why not."""
    del body
    client = service.endpoint(query).client
    found = client.who_am_i()
    if not found.has_policies:
        return dict.fromkeys(_OF_ENDPOINT, _PERMITTED)
    name = query.get("endpoint", service.chosen)
    may = {action for each in found.endpoints if name in ("", each.endpoint) for action in each.actions}
    return {each: _PERMITTED if each in may else _no(refusal_text(each, (), ())) for each in _OF_ENDPOINT}


def offers(client: Client, table_name: str, actions: Iterable[str]) -> dict[str, object]:
    """For each of ACTIONS whether policies permit it on the table, and why not."""
    return {each: _offer(client, table_name, each) for each in actions}


_PERMITTED: Mapping[str, object] = {"permitted": True, "why": ""}


def _no(why: str) -> dict[str, object]:
    return {"permitted": False, "why": why}


def _offer(client: Client, table_name: str, action: str) -> Mapping[str, object]:
    """Whether ACTION is permitted. If nobody can say, the action is offered: the service decides again."""
    try:
        found = client.check_access(action, table_name)
    except TableAdminError:
        return _PERMITTED
    return _PERMITTED if found.permitted else _no(why_not(action, found))
