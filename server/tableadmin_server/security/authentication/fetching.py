"""Fetches the keys of an issuer over HTTP."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import urllib3

from tableadmin_server.config.authenticator import JwtConfig, is_safe_url
from tableadmin_server.security.authentication.keys import Fetch, KeysError

# Timeouts in seconds: of one step, and of a whole document.
_TIMEOUT = urllib3.Timeout(connect=2.0, read=3.0)
_TOTAL_SECONDS = 8.0
_MAX_DOCUMENT = 1024 * 1024
_CHUNK = 16 * 1024
_OK = 200


def key_fetcher(config: JwtConfig) -> Fetch:
    """Return a function that fetches the keys of CONFIG's issuer in its own thread. It raises KeysError."""
    pool = urllib3.PoolManager(
        cert_reqs="CERT_REQUIRED", ca_certs=config.ca_file, timeout=_TIMEOUT, retries=False
    )
    # A slow server blocks only this thread.
    thread = ThreadPoolExecutor(1, thread_name_prefix="jwks")

    def get(url: str) -> bytes:
        return _get(pool, url)

    def keys() -> bytes:
        return get(config.jwks_url or _jwks_url(get, config.issuer))

    async def fetch() -> bytes:
        try:
            async with asyncio.timeout(_TOTAL_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(thread, keys)
        except TimeoutError as error:
            raise KeysError(f"no answer within {_TOTAL_SECONDS:g} seconds") from error

    return fetch


def _jwks_url(get: Callable[[str], bytes], issuer: str) -> str:
    """The URL of ISSUER's keys (https://openid.net/specs/openid-connect-discovery-1_0.html)."""
    try:
        found = msgspec.json.decode(
            get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"), type=_Discovery
        )
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeysError("the OpenID configuration is malformed") from error
    if found.issuer != issuer:
        raise KeysError("the OpenID configuration belongs to another issuer")
    if not is_safe_url(found.jwks_uri):
        raise KeysError("the OpenID configuration has a jwks_uri that is not an https:// URL")
    return found.jwks_uri


class _Discovery(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


def _get(pool: urllib3.PoolManager, url: str) -> bytes:
    """The document at URL, without following redirections; raises KeysError."""
    ends = time.monotonic() + _TOTAL_SECONDS
    try:
        # Without compression a small answer can't expand to a large one.
        response = pool.request(
            "GET", url, headers={"accept-encoding": "identity"}, redirect=False, preload_content=False
        )
        try:
            document = b""
            while chunk := response.read1(_CHUNK):
                document += chunk
                if len(document) > _MAX_DOCUMENT or time.monotonic() > ends:
                    raise KeysError("the answer is too long, or comes too slowly")
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise KeysError(f"no answer: {type(error).__name__}") from error
    if response.status != _OK:
        raise KeysError(f"answered with HTTP status {response.status}")
    return document
