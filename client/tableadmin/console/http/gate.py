"""Who may ask: the address, the origin and the cookie of a request. No I/O.

The console acts with the credentials of the user, so a request must prove that it comes from the page that
the user has opened. A page of another site can send requests to loopback, and can give its own name the
address 127.0.0.1 (DNS rebinding). The name is then in `Host`, and the site in `Origin` and `Sec-Fetch-Site`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from threading import Lock

from tableadmin.console.http.responses import Refusal

_HOSTS = ("127.0.0.1", "localhost")
_HTTP_PORT = 80
# Of a page of the console itself, and of an address that the user typed.
_OWN_SITES = ("same-origin", "none")


class Gate:
    """Lets the requests of one browser through: of the one that has exchanged the token of the address.

    The token is exchanged once. The address with the token is in the history of the browser and in the
    output of the terminal, and is of no use to whoever finds it there later.
    """

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        # Cookies of all ports of a host are in one jar.
        self.cookie_name = f"tablectl-console-{port}"
        self._hosts = {f"{host}:{port}" for host in _HOSTS}
        if port == _HTTP_PORT:
            self._hosts.update(_HOSTS)
        self._is_exchanged = False
        self._exchanging = Lock()

    def check_host(self, headers: Mapping[str, str]) -> None:
        """Raise Refusal for a request to another name or port than the console's."""
        if headers.get("Host") not in self._hosts:
            raise Refusal(
                HTTPStatus.FORBIDDEN, "open the console at the address that tablectl printed", "WRONG_HOST"
            )

    def check_origin(self, headers: Mapping[str, str], *, is_change: bool) -> None:
        """Raise Refusal for a request that a page of another origin has sent; a change has to say its own."""
        origin, own = headers.get("Origin"), f"http://{headers.get('Host')}"
        is_foreign = origin not in ((own,) if is_change else (own, None))
        if is_foreign or headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
            raise Refusal(HTTPStatus.FORBIDDEN, "the request is not of the console's page", "WRONG_ORIGIN")

    def check_cookie(self, headers: Mapping[str, str]) -> None:
        """Raise Refusal for a request without the cookie."""
        if not self.has_cookie(headers):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "this browser has no session: open the address that tablectl console printed",
                "NO_SESSION",
            )

    def has_cookie(self, headers: Mapping[str, str]) -> bool:
        """Whether the request has the cookie of this console."""
        try:
            morsel = SimpleCookie(headers.get("Cookie", "")).get(self.cookie_name)
        except CookieError:
            return False
        return morsel is not None and secrets.compare_digest(morsel.value.encode(), self._cookie.encode())

    def exchanged(self, token: str) -> str | None:
        """The Set-Cookie header for the browser that shows TOKEN; None for a wrong or used token."""
        with self._exchanging:
            is_right = secrets.compare_digest(token.encode(), self.token.encode())
            if self._is_exchanged or not is_right:
                return None
            self._is_exchanged = True
        return f"{self.cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"
