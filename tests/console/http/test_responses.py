"""What every answer of the console has, and which requests get one."""

import json
import re
import socket
from importlib.resources import files
from pathlib import Path

import pytest

from tableadmin.console.console import _ROUTES
from tableadmin.console.http.bodies import LARGEST
from tests.console.browsing import Browser

PAGE = Path(str(files("tableadmin.console") / "page"))
FILES = sorted(f"/{each.relative_to(PAGE)}" for each in PAGE.rglob("*") if each.is_file())
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE")


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/js/main.js", "/api/session", "/api/none", "/none", "/?token=x"]
)
def test_the_headers(browser: Browser, path: str) -> None:
    """No answer, page or error, may be framed, guessed, kept, or run what is not a file of the page."""
    for headers in ({}, {"Cookie": ""}, {"Host": "evil.example"}):
        response = browser.get(path, **headers)
        policy = response.headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= {
            *policy
        }
        assert {"form-action 'none'", "base-uri 'none'", "connect-src 'self'"} <= {*policy}
        assert "unsafe" not in " ".join(policy)
        assert "nosniff" == response.headers["x-content-type-options"]
        assert "no-referrer" == response.headers["referrer-policy"]
        assert "no-store" == response.headers["cache-control"]
        assert "same-origin" == response.headers["cross-origin-resource-policy"]
        assert "tablectl" == response.headers["server"]


def test_the_icon(stranger: Browser) -> None:
    """Each page names its icon, so that no browser asks for /favicon.ico."""
    icon = b'<link rel="icon" href="/icon.svg">'
    assert icon in stranger.get("/").body
    assert icon in stranger.enter().body
    assert icon in stranger.get("/").body
    assert 200 == stranger.get("/icon.svg").status


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_page(browser: Browser, path: str) -> None:
    """Every file of the page is served with its type."""
    response = browser.get(path)
    types = {"js": "text/javascript", "css": "text/css", "html": "text/html", "svg": "image/svg+xml"}
    assert (200, (PAGE / path[1:]).read_bytes()) == (response.status, response.body)
    assert types[path.rpartition(".")[2]] == response.headers["content-type"].partition(";")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/../console.py",
        "/js/../../console.py",
        "/%2e%2e/console.py",
        "/js/%2e%2e/%2e%2e/console.py",
        "//etc/passwd",
        "/js/",
        "/js",
        "/.",
        "/index.html/",
        "/api/../../console.py",
        "/js\\main.js",
    ],
)
def test_no_other_file(browser: Browser, path: str) -> None:
    """No path leads to another file."""
    assert (404, "NO_SUCH_ADDRESS") == ((response := browser.get(path)).status, response.reason)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("own", "path"),
    [(own, path) for own, path, _ in _ROUTES]
    + [("GET", each) for each in ("/", "/api/events", "/js/api.js")],
)
def test_the_methods(browser: Browser, own: str, path: str, method: str) -> None:
    """Every address takes one method, and answers every other one with the methods that there are."""
    if method == own:
        return
    response = browser.send(
        method,
        path.replace("{", "").replace("}", ""),
        {"Origin": browser.origin, "Content_Type": "application/json"},
        b"{}",
    )
    assert 405 == response.status
    assert own in response.headers["allow"].split(", ")


@pytest.mark.parametrize(
    ("headers", "body", "status", "reason"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415, "NOT_JSON"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415, "NOT_JSON"),
        ({"Content-Length": "x"}, b"", 411, "NO_LENGTH"),
        ({"Content-Length": "-1"}, b"", 411, "NO_LENGTH"),
        ({"Transfer-Encoding": "chunked"}, b"0\r\n\r\n", 411, "NO_LENGTH"),
        ({"Content-Length": str(LARGEST + 1)}, b"", 413, "TOO_LARGE"),
        ({"Content-Length": "9" * 5000}, b"", 413, "TOO_LARGE"),
        ({}, b"not json", 400, "NOT_JSON"),
        ({}, b"[1]", 400, "NOT_JSON"),
        ({}, b"\xff", 400, "NOT_JSON"),
        ({}, b"[" * 100_000, 400, "NOT_JSON"),
    ],
    ids=str,
)  # fmt: skip
def test_bodies(browser: Browser, headers: dict[str, str], body: bytes, status: int, reason: str) -> None:
    """A body is a JSON object of a bounded size that the request says; nothing else is read."""
    said = {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
    if "Transfer-Encoding" in headers:
        del said["Content-Length"]
    lines = [
        "POST /api/validate HTTP/1.1",
        f"Host: {browser.host}",
        f"Origin: {browser.origin}",
        f"Cookie: {browser.cookie}",
    ]
    lines += [f"{name}: {value}" for name, value in said.items()]
    head, _, answer = _exchanged(browser, "\r\n".join([*lines, "", ""]).encode() + body).partition(
        b"\r\n\r\n"
    )
    assert str(status).encode() == head.split()[1]
    assert reason == json.loads(answer)["error"]["reason"]
    # What is left of the body is not taken for another request.
    assert b"Connection: close" in head


@pytest.mark.parametrize(
    "request_line",
    ["nonsense", "GET /", "GET / HTTP/9.9", "GET " + "x" * 70_000 + " HTTP/1.1"],
    ids=lambda each: each[:20],
)
def test_what_is_no_request(browser: Browser, request_line: str) -> None:
    """What is no request ends the connection, and the console answers the next one."""
    answer = _exchanged(browser, f"{request_line}\r\n\r\n".encode())
    assert b"Traceback" not in answer
    assert 200 == browser.get("/api/session").status


def test_no_markup_in_the_page_is_text() -> None:
    """No module of the page makes elements of text, and the document has no inline script or style."""
    for each in PAGE.rglob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function", each.read_text()
        ), each
    index = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?![^>]*\bsrc=)|https?:", index)
    assert {f"/{each}" for each in re.findall(r'(?:href|src)="/([^"]+)"', index)} <= {*FILES}


def _exchanged(browser: Browser, request: bytes) -> bytes:
    """What the console answers to REQUEST until it closes the connection."""
    host, _, port = browser.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while part := connection.recv(65536):
            found += part
    return found
