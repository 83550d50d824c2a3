"""Keys that are fetched over HTTP, from an issuer that may misbehave."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest
from msgspec import structs

from tableadmin_server.config import ConfigError
from tableadmin_server.config.authenticator import JwtConfig, check_authenticators
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.fetching import key_fetcher
from tableadmin_server.security.authentication.json_web_tokens import JsonWebTokens
from tableadmin_server.security.authentication.keys import KeysError
from tests.authority import Authority
from tests.server.security.authentication.issuer import AUDIENCE, jwks, public_jwk, token

DISCOVERY = "/.well-known/openid-configuration"
Page = tuple[int, bytes]


class Site(ThreadingHTTPServer):
    """Answers with `pages`, by path; what is not there is 404."""

    daemon_threads = True
    pages: dict[str, Page]
    asked: list[str]

    @property
    def url(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def publish(self, **changes: str) -> None:
        """Answer as an OpenID issuer with the key `one`, whose configuration has CHANGES."""
        found = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **changes}
        self.pages = {
            DISCOVERY: (200, json.dumps(found).encode()),
            "/keys": (200, jwks(public_jwk("one"))),
        }


class Handler(BaseHTTPRequestHandler):
    """Serves a Site."""

    def do_GET(self) -> None:
        """Answer."""
        site = cast("Site", self.server)
        site.asked.append(self.path)
        status, body = site.pages.get(self.path, (404, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body.decode())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """An issuer with the key `one`."""
    server = Site(("127.0.0.1", 0), Handler)
    server.asked = []
    server.publish()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def configured(issuer: str, jwks_url: str | None = None) -> JwtConfig:
    """The configuration of the issuer."""
    return JwtConfig(principals="User", issuer=issuer, audience=AUDIENCE, jwks_url=jwks_url)


async def test_discovery(site: Site) -> None:
    """The keys of an issuer are where its OpenID configuration says."""
    asked = Authentication([JsonWebTokens("corp", configured(site.url))], FailedLogins(10))
    caller = await asked.caller(Credentials([f"Bearer {token(iss=site.url)}"]))
    assert ("corp/ana", [DISCOVERY, "/keys"]) == (caller.principal.id, site.asked)


async def test_url_of_keys(site: Site) -> None:
    """Keys come from their URL where that is configured, and nothing is discovered."""
    assert await key_fetcher(configured("https://login.example", f"{site.url}/keys"))() == jwks(
        public_jwk("one")
    )
    assert ["/keys"] == site.asked


async def test_authorities_of_the_site(site: Site, tmp_path: Path) -> None:
    """With ca_file the site must have a certificate of this authority, without it one of the system's."""
    ours, other = Authority(), Authority()
    files = ours.write_server(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files["cert"], files["key"])
    site.socket = tls.wrap_socket(site.socket, server_side=True)
    url = site.url.replace("http:", "https:") + "/keys"
    for name, authority in (("ours", ours), ("other", other)):
        (tmp_path / name).write_bytes(authority.pem)
    trusting = structs.replace(configured("https://login.example", url), ca_file=str(tmp_path / "ours"))
    assert jwks(public_jwk("one")) == await key_fetcher(trusting)()
    for ca_file in (str(tmp_path / "other"), None):
        with pytest.raises(KeysError, match="no answer: SSLError"):
            await key_fetcher(structs.replace(trusting, ca_file=ca_file))()
    assert ["/keys"] == site.asked


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda site: site.publish(issuer="https://evil.example"), "another issuer"),
        (lambda site: site.publish(jwks_uri="http://evil.example/keys"), "not an https"),
        (lambda site: site.publish(jwks_uri="file:///etc/passwd"), "not an https"),
        (lambda site: site.pages.update({DISCOVERY: (200, b"<html>")}), "is malformed"),
        (lambda site: site.pages.update({DISCOVERY: (200, b"[1]")}), "is malformed"),
        (lambda site: site.pages.clear(), "HTTP status 404"),
        (lambda site: site.pages.update({"/keys": (500, b"")}), "HTTP status 500"),
        (lambda site: site.pages.update({"/keys": (302, b"http://127.0.0.1:9/")}), "HTTP status 302"),
        (lambda site: site.pages.update({"/keys": (200, b"x" * 2_000_000)}), "too long"),
    ],
)
async def test_what_is_refused(site: Site, change: Callable[[Site], None], problem: str) -> None:
    """An answer that is not the issuer's, or is none, gives no keys."""
    change(site)
    with pytest.raises(KeysError, match=problem):
        await key_fetcher(configured(site.url))()


async def test_no_answer() -> None:
    """An issuer that does not answer gives no keys, and the problem names no more than its kind."""
    with pytest.raises(KeysError, match="no answer"):
        await key_fetcher(configured("http://127.0.0.1:9"))()


@pytest.mark.parametrize(
    "url", ["http://login.example", "file:///etc/keys", "ftp://login.example", "https://", "x", "http://[::1"]
)
def test_urls_that_are_refused(url: str) -> None:
    """Keys that somebody on the way could change are not fetched."""
    for config in (configured(url), configured("https://login.example", url)):
        with pytest.raises(ConfigError, match="https://"):
            check_authenticators({"corp": config})
