"""The listener: what it does with too many connections, half a request, and a fault of the console itself."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from threading import Thread

import pytest

from tableadmin.console.http import listener
from tableadmin.console.http.handler import Handler
from tableadmin.console.http.listener import Listener
from tableadmin.console.http.routes import Route, Site
from tests.console.browsing import SECONDS, Browser


def _broken(query: object, body: object) -> object:
    del query, body
    raise ValueError("a secret")


SITE = Site([Route("GET", "/api/broken", _broken)], "/api/events", lambda _: nullcontext(()))


@contextmanager
def listening() -> Iterator[Browser]:
    """A browser that has entered a listener of its own."""
    with Listener(SITE, 0) as started:
        thread = Thread(target=started.serve_forever, args=(0.05,))
        thread.start()
        browser = Browser(started.url)
        browser.enter()
        yield browser
        started.shutdown()
        thread.join()


def connected(browser: Browser) -> socket.socket:
    """A connection to the listener."""
    host, _, port = browser.host.partition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def test_loopback_alone() -> None:
    """The listener is at 127.0.0.1 and at no other address."""
    with Listener(SITE, 0) as started:
        assert "127.0.0.1" == started.server_address[0]


def test_too_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection too many is closed, and a closed one makes room."""
    monkeypatch.setattr(listener, "_CONNECTIONS", 3)
    with listening() as browser:
        with ExitStack() as others:
            for _ in range(3):
                others.enter_context(connected(browser)).sendall(b"GET / HTTP/1.1\r\n")
            with connected(browser) as refused:
                assert b"" == refused.recv(1)
        # The threads of the closed connections end on their own time.
        while True:
            try:
                assert 200 == browser.get("/").status
            except ConnectionError:
                continue
            break


def test_half_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that does not finish its request is closed."""
    monkeypatch.setattr(Handler, "timeout", 0.1)
    with listening() as browser, connected(browser) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert b"" == slow.recv(1)


def test_a_fault_of_the_console(capfd: pytest.CaptureFixture[str]) -> None:
    """The page is told that there was a fault, the terminal which one."""
    with listening() as browser:
        response = browser.get("/api/broken")
        assert (500, "INTERNAL") == (response.status, response.reason)
        assert b"secret" not in response.body
    assert "ValueError: a secret" in capfd.readouterr().err
