"""How much each principal may ask."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.config import ConfigError
from tableadmin_server.config.limits import LimitsConfig, check_limits
from tableadmin_server.failure import Failure
from tableadmin_server.security.identity import Caller, Principal
from tableadmin_server.security.limits import Limits
from tests.server.security.authentication.issuer import Clock

ANA = Caller(Principal("User", "corp/ana"), "jwt")
BEN = Caller(Principal("User", "corp/ben"), "jwt")
FEW = LimitsConfig(calls_per_second=2.0, burst=4, concurrent_calls=2, streams=1)


def call(limits: Limits, caller: Caller) -> None:
    """One call that ends at once."""
    with limits.call(caller, is_stream=False):
        pass


@contextmanager
def refused(what: str, seconds: float) -> Iterator[None]:
    """A call in here is refused for the limit WHAT, and may come again after so many SECONDS."""
    with pytest.raises(Failure) as raised:
        yield
    assert (Code.RESOURCE_EXHAUSTED, "CALLER_LIMIT_EXCEEDED") == (raised.value.code, raised.value.reason)
    assert what in raised.value.message
    assert raised.value.retry_delay == pytest.approx(seconds)


def test_calls_a_second() -> None:
    """A principal that has used its burst may call as often as its rate allows; others are not affected."""
    clock = Clock()
    limits = Limits(FEW, clock)
    for _ in range(4):
        call(limits, ANA)
    with refused("2 calls per second", 0.5):
        call(limits, ANA)
    call(limits, BEN)
    clock.now += 0.5
    call(limits, ANA)
    with refused("2 calls per second", 0.5):
        call(limits, ANA)
    clock.now += 1_000_000
    for _ in range(4):
        call(limits, ANA)
    with refused("2 calls per second", 0.5):
        call(limits, ANA)


def test_calls_and_streams_at_the_same_time() -> None:
    """Calls and streams that have ended, in whatever way, count no more."""
    limits = Limits(LimitsConfig(concurrent_calls=2, streams=1))
    for _ in range(3):
        with ExitStack() as open_calls:
            for is_stream in (False, False, True):
                open_calls.enter_context(limits.call(ANA, is_stream=is_stream))
            with refused("2 calls at the same time", 1.0):
                call(limits, ANA)
            with refused("1 streams at the same time", 1.0), limits.call(ANA, is_stream=True):
                pass
            call(limits, BEN)
        with pytest.raises(ZeroDivisionError), limits.call(ANA, is_stream=True):
            raise ZeroDivisionError


def test_limits_of_one_principal() -> None:
    """The limits of a single principal replace those of all, key by key."""
    limits = Limits(
        LimitsConfig(burst=1, calls_per_second=1.0, principals={str(BEN.principal): {"burst": 3}}), Clock()
    )
    call(limits, ANA)
    with refused("1 calls per second", 1.0):
        call(limits, ANA)
    for _ in range(3):
        call(limits, BEN)
    with refused("1 calls per second", 1.0):
        call(limits, BEN)


def test_who_is_not_asked_has_no_limits() -> None:
    """A listener that asks nobody who calls limits nobody."""
    limits = Limits(LimitsConfig(burst=1, calls_per_second=1.0), Clock())
    for _ in range(10):
        call(limits, Caller())


def test_principals_are_forgotten() -> None:
    """However many principals call, few of those that do nothing are kept, and all of those that call."""
    limits = Limits(LimitsConfig())
    with limits.call(ANA, is_stream=True):
        for number in range(10_100):
            call(limits, Caller(Principal("User", f"corp/{number}"), "jwt"))
        assert str(ANA.principal) in limits._uses
    assert len(limits._uses) <= 10_000


@pytest.mark.parametrize(
    ("principals", "problem"),
    [
        ({"corp/ana": {}}, "must have the form"),
        ({"User::ana": {}}, "must have the form"),
        ({"User::corp/ana": {"brust": 1}}, "brust"),
        ({"User::corp/ana": {"burst": 0}}, "burst"),
        ({"User::corp/ana": {"failed_logins_per_minute": 1}}, "failed_logins_per_minute"),
    ],
)
def test_limits_that_cannot_be(principals: dict[str, dict[str, object]], problem: str) -> None:
    """A wrong name of a principal, or a wrong key, is an error of the configuration."""
    with pytest.raises(ConfigError, match=problem):
        check_limits(LimitsConfig(principals=principals))
