"""What the routes work with: the client, the endpoints that are followed, and the plans that were shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

from tableadmin.console.http.responses import Refusal
from tableadmin.console.live.endpoints import Endpoint
from tableadmin.console.shown_plans import ShownPlans
from tableadmin.errors import PermissionDenied
from tableadmin.v1 import ConfiguredEndpoint

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.console.pricing import Pricing


class Service:
    """The service of CLIENT, which the page calls SERVER; raises TableAdminError if it does not answer."""

    def __init__(self, client: Client, server: str, pricing: Pricing | None = None) -> None:
        self.client = client
        self.server = server
        self.pricing = pricing
        self.configured = _configured(client)
        self.principal = client.who_am_i()
        self.shown_plans = ShownPlans()
        self._followed: dict[str, Endpoint] = {}
        self._lock = Lock()

    @property
    def chosen(self) -> str:
        """The name of the endpoint of the client's own calls; "" for a default whose name is not known."""
        default = next((each.name for each in self.configured if each.is_default), "")
        return self.client.options.endpoint or default

    def endpoint(self, query: Mapping[str, str]) -> Endpoint:
        """The endpoint that QUERY names, or the chosen one; raises Refusal for one that there is not."""
        name = query.get("endpoint", self.chosen)
        if name not in {self.chosen, *(each.name for each in self.configured)}:
            raise Refusal(HTTPStatus.NOT_FOUND, f"there is no endpoint {name!r}", "NO_SUCH_ENDPOINT")
        with self._lock:
            if name not in self._followed:
                self._followed[name] = Endpoint(self.client.with_options(endpoint=name or None))
            return self._followed[name]

    def close(self) -> None:
        """Follow no endpoint any more."""
        with self._lock:
            followed = list(self._followed.values())
        for each in followed:
            each.close()


def _configured(client: Client) -> Sequence[ConfiguredEndpoint]:
    """The endpoints of the service; if the principal may not list them, those where they may do something."""
    try:
        return client.list_endpoints()
    except PermissionDenied:
        named = [each.endpoint for each in client.who_am_i().endpoints if each.endpoint]
    # With one endpoint there is no doubt which is the default.
    return [ConfiguredEndpoint(name=each, is_default=len(named) == 1, has_operations=True) for each in named]
