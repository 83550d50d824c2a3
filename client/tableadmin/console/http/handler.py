"""One connection of a browser: requests are checked, routed and answered."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from tableadmin.console.http import bodies, files, headers, pages, responses
from tableadmin.console.http.responses import Refusal, Response
from tableadmin.console.http.routes import not_allowed, route
from tableadmin.errors import TableAdminError

if TYPE_CHECKING:
    from tableadmin.console.http.gate import Gate
    from tableadmin.console.http.routes import Site

# Seconds that a browser gets to send a request, and to take an answer.
_TIMEOUT = 20
_CHANGES = "POST"


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of a connection for a Site."""

    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT
    # An answer is sent in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, site: Site, gate: Gate, *arguments: object) -> None:
        self._site = site
        self._gate = gate
        super().__init__(*arguments)  # type: ignore[arg-type] # what socketserver gives

    def version_string(self) -> str:
        """The `Server` header, without the version of Python."""
        return "tablectl"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
        """Say nothing: the terminal of the user is no access log."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what can't be read as a request, or has a method that HTTP does not have."""
        del explain
        status = HTTPStatus(code)
        self.close_connection = True
        self._send(responses.error_response(status, message or status.phrase, status.name))

    def do_GET(self) -> None:
        """Answer a request of any method; what each address takes, its route says."""
        self._answer(self.command)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_TRACE = do_GET  # noqa: N815 - the names in the library

    def _answer(self, method: str) -> None:
        try:
            self._gate.check_host(self._headers)
            answer = self._routed(method, urlsplit(self.path).path)
        except Refusal as refusal:
            # What is left of a body that was not read would be taken for the next request.
            self.close_connection = self.close_connection or method != "GET"
            answer = refusal.response
        except TableAdminError as error:
            answer = responses.failure_response(error)
        except Exception as error:  # noqa: BLE001 - a fault of one answer ends nothing else
            answer = _fault(error)
        if answer is not None:
            self._send(answer)

    def _routed(self, method: str, path: str) -> Response | None:
        if path == "/":
            return self._entered(method)
        self._gate.check_origin(self._headers, is_change=method != "GET")
        self._gate.check_cookie(self._headers)
        found = files.file(path)
        if found is None:
            return self._asked(method, path)
        if method != "GET":
            raise not_allowed(["GET"])
        return found

    def _entered(self, method: str) -> Response:
        """The page, or the cookie for a browser that shows the token."""
        if method != "GET":
            raise not_allowed(["GET"])
        if self._gate.has_cookie(self._headers):
            return files.index()
        cookie = self._gate.exchanged(self._query.get("token", ""))
        return pages.entry_page(cookie) if cookie else pages.REFUSED

    def _asked(self, method: str, path: str) -> Response | None:
        if path == self._site.events_path:
            self._stream(method)
            return None
        function, values = route(self._site.routes, method, path)
        body = bodies.read(self._headers, self.rfile.read) if method == _CHANGES else {}
        return responses.json_response(function(self._query, body, **values))

    def _stream(self, method: str) -> None:
        """Send events until the browser leaves or the console ends."""
        if method != "GET":
            raise not_allowed(["GET"])
        with self._site.events(self._query) as events:
            self.close_connection = True
            self._begin(HTTPStatus.OK, "text/event-stream", (("X-Accel-Buffering", "no"),))
            try:
                for event in events:
                    self.wfile.write(event)
                    self.wfile.flush()
            except OSError:
                return

    def _send(self, answer: Response) -> None:
        length = ("Content-Length", str(len(answer.body)))
        try:
            self._begin(answer.status, answer.content_type, (length, *answer.headers))
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.wfile.flush()
        except OSError:  # the browser has left
            self.close_connection = True

    def _begin(self, status: HTTPStatus, content_type: str, more: tuple[tuple[str, str], ...]) -> None:
        self.send_response(status)
        closing = (("Connection", "close"),) if self.close_connection else ()
        for name, value in (("Content-Type", content_type), *headers.ALWAYS, *more, *closing):
            self.send_header(name, value)
        self.end_headers()

    @property
    def _headers(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self.headers)

    @property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))


def handler(site: Site, gate: Gate) -> partial[Handler]:
    """What makes the handler of each connection to SITE."""
    return partial(Handler, site, gate)


def _fault(error: Exception) -> Response:
    """The answer to what the console has done wrong; the terminal has the traceback."""
    traceback.print_exception(error, file=sys.stderr)
    text = f"internal error in tablectl console: {type(error).__name__}; the terminal has the traceback"
    return responses.error_response(HTTPStatus.INTERNAL_SERVER_ERROR, text, "INTERNAL")
