"""When the keys of an issuer are fetched."""

import asyncio

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication.keys import FetchedKeys, KeysError, parse
from tests.server.security.authentication.issuer import Clock, Issuer, jwks, public_jwk

MAX_AGE = 300.0


def fetched(issuer: Issuer, clock: Clock) -> FetchedKeys:
    """The keys of ISSUER."""
    return FetchedKeys("corp", issuer.fetch, MAX_AGE, clock)


async def test_fifty_callers_make_one_fetch() -> None:
    """However many calls need the keys at once, for a known key or not, the issuer is asked once."""
    issuer = Issuer()
    keys = fetched(issuer, Clock())
    found = await asyncio.gather(*(keys.key("one") for _ in range(50)))
    assert all(found)
    assert 1 == issuer.fetches


async def test_unknown_key_ids_make_one_fetch_a_minute() -> None:
    """Calls that name unknown keys make the issuer be asked once a minute at most."""
    issuer, clock = Issuer(), Clock()
    keys = fetched(issuer, clock)
    await asyncio.gather(*(keys.key(f"unknown-{number}") for number in range(50)))
    assert 1 == issuer.fetches
    for second in range(120):
        clock.now = 1_000.0 + second
        await asyncio.gather(*(keys.key(f"unknown-{second}-{number}") for number in range(10)))
    assert 3 == issuer.fetches


async def test_a_new_key_is_found() -> None:
    """A key that the issuer begins to use is found by the first call that names the key."""
    issuer, clock = Issuer(), Clock()
    keys = fetched(issuer, clock)
    await keys.key("one")
    issuer.keys.append(public_jwk("two"))
    clock.now += 1
    assert await keys.key("two")


async def test_a_removed_key_is_out_within_the_age() -> None:
    """A key that the issuer removes is refused once the keys are as old as they may be."""
    issuer, clock = Issuer(), Clock()
    keys = fetched(issuer, clock)
    assert await keys.key("one")
    issuer.keys = [public_jwk("two")]
    clock.now += MAX_AGE
    assert await keys.key("one") is None


async def test_old_keys_are_kept() -> None:
    """While the issuer does not answer, its keys stay, and it is asked every few seconds at most."""
    issuer, clock = Issuer(), Clock()
    keys = fetched(issuer, clock)
    await keys.key("one")
    issuer.problem = KeysError("no answer")
    for second in range(100):
        clock.now = 1_000.0 + MAX_AGE + second
        assert await keys.key("one")
    assert 20 == issuer.fetches - 1
    assert {"loaded": 1, "refused": 20} == keys.loads


async def test_keys_are_renewed_in_the_background() -> None:
    """From half of their age on, keys are fetched again while calls go on with them."""
    issuer, clock = Issuer(), Clock()
    keys = fetched(issuer, clock)
    await keys.key("one")
    before = keys.keys
    clock.now += MAX_AGE / 2
    assert await keys.key("one")
    await asyncio.sleep(0)
    assert 2 == issuer.fetches
    assert keys.keys is before  # the same keys: what was verified with them stays verified


async def test_never_read() -> None:
    """Before the keys were read once, calls are told to come again, and the issuer is not asked by each."""
    issuer = Issuer(problem=KeysError("no answer"))
    keys = fetched(issuer, Clock())
    for _ in range(10):
        with pytest.raises(Failure) as raised:
            await keys.key("one")
        assert (Code.UNAVAILABLE, "KEYS_UNAVAILABLE") == (raised.value.code, raised.value.reason)
        assert raised.value.retry_delay
    assert 1 == issuer.fetches


async def test_a_caller_that_gives_up() -> None:
    """A caller that is cancelled does not end the fetch for the others."""
    issuer = Issuer()
    keys = fetched(issuer, Clock())
    first, second = (asyncio.create_task(keys.key("one")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert 1 == issuer.fetches


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"keys": {}}', b"[" * 100_000, b"\xff", b'{"keys": 1}']
)
def test_not_a_key_set(text: bytes) -> None:
    """A document that is no JWKS is an error, and not a set without keys."""
    with pytest.raises(KeysError):
        parse(text)


def test_too_many_keys() -> None:
    """A document with more keys than any issuer has is an error."""
    with pytest.raises(KeysError):
        parse(jwks(*(public_jwk(str(number % 2)) for number in range(1_000))))
