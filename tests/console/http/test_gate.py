"""Who may ask the console: one browser, at the console's own address, from the console's own page."""

import pytest

from tableadmin.console.console import Console
from tests.console.browsing import Browser

EVERYTHING = ("/index.html", "/js/main.js", "/style/base.css", "/api/session", "/api/events", "/api/tables/x")


def test_the_token_is_exchanged_for_a_cookie(stranger: Browser) -> None:
    """The address with the token sets a cookie that no script reads and no other site sends."""
    response = stranger.enter()
    name, *attributes = response.headers["set-cookie"].split("; ")
    assert (200, {"HttpOnly", "SameSite=Strict", "Path=/"}) == (response.status, set(attributes))
    assert name.startswith(f"tablectl-console-{stranger.host.partition(':')[2]}=")
    assert 200 == stranger.get("/").status
    assert 200 == stranger.get("/api/session").status


def test_the_token_is_exchanged_once(console: Console, stranger: Browser) -> None:
    """The address with the token is of no use to a second browser; the first one gets the page again."""
    stranger.enter()
    second = Browser(console.url).enter()
    assert (403, False) == (second.status, "set-cookie" in second.headers)
    again = stranger.get(stranger.entry)
    assert (200, False) == (again.status, "set-cookie" in again.headers)


@pytest.mark.parametrize("entry", ["/", "/?token=", "/?token=guessed", "/?other=x"])
def test_without_the_token(stranger: Browser, entry: str) -> None:
    """Without the right token there is no cookie, and the token stays good."""
    response = stranger.get(entry)
    assert (403, False) == (response.status, "set-cookie" in response.headers)
    assert 200 == stranger.enter().status


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("cookie", ["", "{name}=", "{name}=guessed", "other={value}"])
def test_without_the_cookie(browser: Browser, path: str, cookie: str) -> None:
    """No address but the first answers without the cookie."""
    name, _, value = browser.cookie.partition("=")
    response = browser.get(path, Cookie=cookie.format(name=name, value=value))
    assert (403, "NO_SESSION") == (response.status, response.reason)


@pytest.mark.parametrize("path", ["/", *EVERYTHING])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"]
)
def test_another_name(browser: Browser, path: str, host: str) -> None:
    """A name that somebody gave the address 127.0.0.1 is refused, with the cookie too (DNS rebinding)."""
    response = browser.get(path, Host=host.format(port=browser.host.partition(":")[2]))
    assert (403, "WRONG_HOST") == (response.status, response.reason)


def test_localhost(browser: Browser) -> None:
    """`localhost` is a name of the console: people forward ports to it."""
    assert 200 == browser.get("/api/session", Host=browser.host.replace("127.0.0.1", "localhost")).status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://{host}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_another_origin(browser: Browser, headers: dict[str, str]) -> None:
    """A page of another origin, or of another port of this machine, gets nothing and changes nothing."""
    sent = {name: value.format(host=browser.host) for name, value in headers.items()}
    for response in (
        browser.get("/api/session", **sent),
        browser.get("/api/events", **sent),
        browser.get("/js/main.js", **sent),
        browser.post("/api/plan", {}, **sent),
    ):
        assert (403, "WRONG_ORIGIN") == (response.status, response.reason)


def test_a_change_says_its_origin(browser: Browser) -> None:
    """A change without an origin is refused: browsers send the origin with each."""
    response = browser.send("POST", "/api/validate", {"Content_Type": "application/json"}, b"{}")
    assert (403, "WRONG_ORIGIN") == (response.status, response.reason)
    assert 200 == browser.post("/api/validate", {"text": ""}).status
