"""Which static tokens prove whom, and how often one may guess."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.config import ConfigError
from tableadmin_server.config.authenticator import StaticToken, TokenConfig, check_authenticators
from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tableadmin_server.security.identity import Caller
from tests.server.security.authentication.issuer import Clock

OLD, NEW = "the-old-token", "the-new-token"
PEER = "10.0.0.1:5000"


def entry(text: str, name: str = "deploy", expires: date | None = None) -> StaticToken:
    """The configuration of the token TEXT."""
    return StaticToken(name=name, sha256=digest_of(text), groups=("pipelines",), expires=expires)


def asking(*tokens: StaticToken, clock: Clock | None = None, per_minute: int = 1000) -> Authentication:
    """What takes TOKENS."""
    config = TokenConfig(principals="Service", tokens=tokens)
    wall = clock or datetime.now(UTC).timestamp
    return Authentication([StaticTokens("ci", config)], FailedLogins(per_minute, clock or Clock()), wall)


async def shown(asked: Authentication, text: str, peer: str = PEER) -> Caller:
    """Whom the token TEXT proves."""
    return await asked.caller(Credentials([f"Bearer {text}"], peer=peer, user_agent="curl"))


async def refused(asked: Authentication, text: str, peer: str = PEER) -> Failure:
    """Why the token TEXT is refused."""
    with pytest.raises(Failure) as raised:
        await shown(asked, text, peer)
    return raised.value


async def test_several_tokens_of_one_principal() -> None:
    """Each token of a principal proves the same one, so that tokens can be replaced without a pause."""
    asked = asking(entry(OLD), entry(NEW))
    callers = [await shown(asked, text) for text in (OLD, NEW)]
    assert callers[0] == callers[1]
    assert ("Service::ci/deploy", frozenset({"ci/pipelines"})) == (
        str(callers[0].principal),
        callers[0].principal.groups,
    )
    assert ("token", PEER, "curl") == (callers[0].proof, callers[0].peer, callers[0].user_agent)


async def test_the_hash_is_no_token() -> None:
    """Whoever has read the configuration has no token."""
    assert "CREDENTIALS_INVALID" == (await refused(asking(entry(OLD)), digest_of(OLD))).reason


async def test_expiry() -> None:
    """A token is refused from the date on at which it expires."""
    clock = Clock(datetime(2027, 6, 29, 23, 59, 59, tzinfo=UTC).timestamp())
    asked = asking(entry(OLD, expires=date(2027, 6, 30)), clock=clock)
    assert clock.now + 1 == (await shown(asked, OLD)).expires
    clock.now += 1
    assert "CREDENTIALS_EXPIRED" == (await refused(asked, OLD)).reason


def write(file: Path, *texts: str) -> None:
    """Write a file with the tokens TEXTS."""
    file.write_text("".join(f'[[tokens]]\nname = "deploy"\nsha256 = "{digest_of(each)}"\n' for each in texts))


async def test_tokens_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed file is read within a second; a broken one changes nothing."""
    monkeypatch.setattr("tableadmin_server.security.authentication.changing_file._INTERVAL", 0.0)
    file = tmp_path / "tokens.toml"
    write(file, OLD)
    config = TokenConfig(principals="Service", tokens_file=str(file))
    asked = Authentication([StaticTokens("ci", config)], FailedLogins(1000))
    await shown(asked, OLD)
    write(file, NEW)
    assert "CREDENTIALS_INVALID" == (await refused(asked, OLD)).reason
    for broken in ("[[tokens]", '[[tokens]]\nname = "x"', '[[tokens]]\nname = "x"\nsha256 = "short"'):
        file.write_text(broken)
        await shown(asked, NEW)
    file.unlink()
    await shown(asked, NEW)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A server does not start without the tokens that it is told to read."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        StaticTokens("ci", TokenConfig(principals="Service", tokens_file=str(tmp_path / "nowhere.toml")))


async def test_failed_logins_of_an_address() -> None:
    """An address that guesses is refused until its share of the minute has passed; others are not."""
    clock = Clock()
    asked = asking(entry(OLD), clock=clock, per_minute=60)
    for _ in range(60):
        assert (await refused(asked, "guess")).code == Code.UNAUTHENTICATED
    failure = await refused(asked, "guess", "10.0.0.1:6000")
    assert (Code.RESOURCE_EXHAUSTED, "TOO_MANY_FAILED_LOGINS") == (failure.code, failure.reason)
    assert failure.retry_delay == pytest.approx(1.0)
    assert (await refused(asked, "guess", "10.0.0.2:5000")).code == Code.UNAUTHENTICATED
    await shown(asked, OLD)
    clock.now += 1
    assert (await refused(asked, "guess")).code == Code.UNAUTHENTICATED
    assert (await refused(asked, "guess")).code == Code.RESOURCE_EXHAUSTED


async def test_failed_logins_of_an_ipv6_network() -> None:
    """The addresses of one IPv6 network count as one: they are one customer's."""
    asked = asking(entry(OLD), per_minute=1)
    await refused(asked, "guess", "[2001:db8::1]:5000")
    assert (await refused(asked, "guess", "[2001:db8::2]:5000")).code == Code.RESOURCE_EXHAUSTED
    assert (await refused(asked, "guess", "[2001:db8:0:1::1]:5000")).code == Code.UNAUTHENTICATED


async def test_addresses_are_forgotten() -> None:
    """However many addresses guess, few of them are kept."""
    logins = FailedLogins(60, Clock())
    for number in range(20_000):
        logins.note(f"10.{number >> 8}.{number & 255}.1:5000")
    assert 10_000 == len(logins._whole)


@pytest.mark.parametrize("name", ["corp/x", "Corp", "", "a" * 64, "corp\n", "none"])
def test_names_of_authenticators(name: str) -> None:
    """A name that could make a principal or a group look like one of another authenticator is refused.

    `none` is the authenticator of callers who prove nothing.
    """
    config = TokenConfig(principals="Service", tokens=(entry(OLD),))
    with pytest.raises(
        ConfigError, match=r"a name must have 1 to 63 characters|the name none is reserved for"
    ):
        check_authenticators({name: config})
    check_authenticators({"corp": config})
