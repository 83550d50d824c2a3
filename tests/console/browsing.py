"""A browser as far as HTTP goes: it keeps the cookie and sends what browsers send."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SECONDS = 60


@dataclass(frozen=True)
class Response:
    """A status, the headers by their names in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - of any shape
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The reason of an error."""
        return str(self.json["error"]["reason"])


class Browser:
    """Asks the console at URL, whose token it has not shown yet."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self.origin = f"http://{parts.netloc}"
        self.entry = f"{parts.path}?{parts.query}"
        self.cookie = ""

    def enter(self) -> Response:
        """Open the address with the token, and keep the cookie."""
        response = self.get(self.entry)
        self.cookie = response.headers.get("set-cookie", "").partition(";")[0]
        return response

    def get(self, path: str, **headers: str) -> Response:
        """GET PATH; HEADERS have _ for -, and replace what would be sent."""
        return self.send("GET", path, headers)

    def post(self, path: str, body: object, **headers: str) -> Response:
        """POST BODY as JSON, as the page does."""
        own = {"Origin": self.origin, "Content_Type": "application/json"}
        return self.send("POST", path, own | headers, json.dumps(body).encode())

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response:
        """Any request."""
        connection = http.client.HTTPConnection(self.host, timeout=SECONDS)
        try:
            connection.request(method, path, body, self._with_cookie(headers or {}))
            answer = connection.getresponse()
            return Response(answer.status, _lower(answer), answer.read())
        finally:
            connection.close()

    @contextmanager
    def events(self, path: str = "/api/events") -> Iterator[Iterator[tuple[str, Any]]]:
        """The events of the console, each with its name and data."""
        connection = http.client.HTTPConnection(self.host, timeout=SECONDS)
        try:
            connection.request("GET", path, headers=self._with_cookie({}))
            yield _events(connection.getresponse())
        finally:
            connection.close()

    def _with_cookie(self, headers: Mapping[str, str]) -> dict[str, str]:
        own = {"Cookie": self.cookie} if self.cookie else {}
        return own | {name.replace("_", "-"): value for name, value in headers.items()}


def _lower(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def _events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    name = ""
    while line := answer.readline():
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
