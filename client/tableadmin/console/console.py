"""The console as a whole: the service, its routes and the listener."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from tableadmin.console.api import access, operations, plans, session, tables
from tableadmin.console.http.listener import Listener
from tableadmin.console.http.routes import Function, Route, Site
from tableadmin.console.live import events
from tableadmin.console.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tableadmin.client import Client
    from tableadmin.console.pricing import Pricing

_EVENTS = "/api/events"
# Every address of the page's requests. Nothing else of the service can be reached through the console.
_ROUTES = (
    ("GET", "/api/session", session.session),
    ("GET", "/api/access", access.of_endpoint),
    ("GET", "/api/tables/{name}", tables.table),
    ("GET", "/api/tables/{name}/export", tables.export_table),
    ("POST", "/api/tables/{name}/delete", tables.delete),
    ("GET", "/api/operations/{operation_id}", operations.operation),
    ("POST", "/api/operations/{operation_id}/approve", operations.approve),
    ("POST", "/api/operations/{operation_id}/reject", operations.reject),
    ("POST", "/api/operations/{operation_id}/cancel", operations.cancel),
    ("POST", "/api/validate", plans.validate),
    ("POST", "/api/plan", plans.plan),
    ("POST", "/api/apply", plans.apply),
)


class Console:
    """The console of CLIENT at PORT of loopback, 0 for a free port.

    The page calls the service SERVER. With PRICING, the plans of the page have costs. Raises TableAdminError
    if the service does not answer, and OSError if the port is taken.
    """

    def __init__(
        self, client: Client, *, port: int = 0, server: str = "", pricing: Pricing | None = None
    ) -> None:
        self._service = Service(client, server, pricing)
        routes = [Route(method, path, _bound(function, self._service)) for method, path, function in _ROUTES]
        self._listener = Listener(Site(routes, _EVENTS, self._events), port)

    @property
    def url(self) -> str:
        """The address to open; it can be opened once."""
        return self._listener.url

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer requests until the block ends. The endpoint of the client is followed at once."""
        thread = Thread(target=self._listener.serve_forever, args=(0.1,), daemon=True, name="console")
        thread.start()
        self._service.endpoint({}).start()
        try:
            yield
        finally:
            self._service.close()
            self._listener.shutdown()
            self._listener.server_close()
            thread.join()

    @contextmanager
    def _events(self, query: Mapping[str, str]) -> Iterator[Iterable[bytes]]:
        with self._service.endpoint(query).subscribed() as changes:
            yield events.encode_events(changes)


def _bound(function: Function, service: Service) -> Function:
    return partial(function, service)
