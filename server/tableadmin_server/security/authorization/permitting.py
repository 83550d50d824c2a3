"""The policies that permitted what the running task does, for whoever records it."""

from contextvars import ContextVar

_policies: ContextVar[tuple[str, ...]] = ContextVar("permitting_policies", default=())


def permitting_policies() -> tuple[str, ...]:
    """The policies of the last decision in this task that permitted something; () where none was asked."""
    return _policies.get()


def set_permitting_policies(policies: tuple[str, ...]) -> None:
    """Say which POLICIES have permitted what the running task does."""
    _policies.set(policies)
