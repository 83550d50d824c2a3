"""Who calls: the principal, and how the server came to know it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

PrincipalType: TypeAlias = Literal["User", "Service"]
# How a principal was proved; "none" where the listener asks for no proof, "" where nobody knows any more.
Proof: TypeAlias = Literal["", "none", "socket", "certificate", "jwt", "token"]


@dataclass(frozen=True)
class Principal:
    """A person or a program, as an authenticator knows it.

    `id` and each of `groups` begin with the name of the authenticator and a slash, such as `corp/ana`: two
    authenticators can't speak for each other's principals. `name` is the id without this prefix.
    """

    type: PrincipalType
    id: str
    groups: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The id as the authenticator gave it."""
        return self.id.partition("/")[2]

    def __str__(self) -> str:
        return f"{self.type}::{self.id}"


def parsed_principal(text: str) -> Principal:
    """The principal that TEXT names, such as `Service::local/admin`; raises ValueError."""
    kind, _, name = text.partition("::")
    if kind not in get_args(PrincipalType) or "/" not in name:
        raise ValueError(f"{text!r} is not a principal")
    return Principal(cast("PrincipalType", kind), name)


# Whoever calls a listener that asks for no proof.
ANONYMOUS = Principal("User", "none/anonymous")


@dataclass(frozen=True)
class Caller:
    """A principal, how it was proved, and where its call came from.

    `peer` is an IP address with port, or `unix:`. `expires` is the moment, in seconds of Unix time, at which
    the proof expires; streams end then.
    """

    principal: Principal = ANONYMOUS
    proof: Proof = "none"
    peer: str = ""
    user_agent: str = ""
    expires: float | None = None


# Of the call that the running task serves. Tasks that a call starts inherit it.
_caller: ContextVar[Caller] = ContextVar("caller")
_NOBODY = Caller()


def caller() -> Caller:
    """Who made the call that the running task serves; anonymous outside of a call."""
    return _caller.get(_NOBODY)


def set_caller(caller: Caller) -> None:
    """Say who made the call that the running task serves."""
    _caller.set(caller)


@contextmanager
def acting_for(principal: Principal, peer: str) -> Iterator[None]:
    """Have what is done meanwhile done for PRINCIPAL, whose call came from PEER."""
    token = _caller.set(Caller(principal, peer=peer))
    try:
        yield
    finally:
        _caller.reset(token)
