"""The caller of a call: its principal, how it was authenticated, and the policies that permitted the call."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

PrincipalType: TypeAlias = Literal["User", "Service"]
# How a principal was authenticated: "none" for a listener without authentication, "" if it was not stored.
Proof: TypeAlias = Literal["", "none", "socket", "certificate", "jwt", "token"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a program, identified by an authenticator.

    `id` and each of `groups` begin with the name of the authenticator and a slash, such as `corp/ana`, so
    that principals of different authenticators never have the same id. `name` is the id without this prefix.
    """

    type: PrincipalType
    id: str
    groups: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The id without the name of the authenticator."""
        return self.id.partition("/")[2]

    def __str__(self) -> str:
        return f"{self.type}::{self.id}"


def parsed_principal(text: str) -> Principal:
    """Return the principal of TEXT, such as `Service::local/admin`. Raises ValueError."""
    kind, _, name = text.partition("::")
    if kind not in get_args(PrincipalType) or "/" not in name:
        raise ValueError(f"{text!r} is not a principal")
    return Principal(cast("PrincipalType", kind), name)


# The principal of all callers of a listener without authentication.
ANONYMOUS = Principal("User", "none/anonymous")


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal, how it was authenticated, and where its call came from.

    `peer` is an IP address with port, or `unix:`. `expires` is the Unix time in seconds at which the
    credentials expire. Streams end then.
    """

    principal: Principal = ANONYMOUS
    proof: Proof = "none"
    peer: str = ""
    user_agent: str = ""
    expires: float | None = None


# The caller of the current task's call. Tasks that a call starts inherit it.
_caller: ContextVar[Caller] = ContextVar("caller")
_NOBODY = Caller()


def caller() -> Caller:
    """Return the caller of the current task's call, anonymous outside of a call."""
    return _caller.get(_NOBODY)


def set_caller(caller: Caller) -> None:
    """Set the caller of the current task's call."""
    _caller.set(caller)


@contextmanager
def acting_for(principal: Principal, peer: str) -> Iterator[None]:
    """Make PRINCIPAL at PEER the caller within the context."""
    token = _caller.set(Caller(principal, peer=peer))
    try:
        yield
    finally:
        _caller.reset(token)


# The policies of the last decision in the current task that permitted an action, for the audit.
_permitting_policies: ContextVar[tuple[str, ...]] = ContextVar("permitting_policies", default=())


def permitting_policies() -> tuple[str, ...]:
    """Return the policies of the last decision in this task that permitted an action, () for none."""
    return _permitting_policies.get()


def set_permitting_policies(policies: tuple[str, ...]) -> None:
    """Set the POLICIES that have permitted the current task's call."""
    _permitting_policies.set(policies)
