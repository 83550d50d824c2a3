"""The policies that permitted the current task's call, for the audit."""

from contextvars import ContextVar

_policies: ContextVar[tuple[str, ...]] = ContextVar("permitting_policies", default=())


def permitting_policies() -> tuple[str, ...]:
    """Return the policies of the last decision in this task that permitted an action, () for none."""
    return _policies.get()


def set_permitting_policies(policies: tuple[str, ...]) -> None:
    """Set the POLICIES that have permitted the current task's call."""
    _policies.set(policies)
