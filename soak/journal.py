"""What callers asked for, and what they were told."""

import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc

from tableadmin import v1
from tableadmin.errors import OperationFailed, TableAdminError

T = TypeVar("T")

# Nothing that the soak does may end so, whatever breaks.
_NEVER = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNKNOWN,
    }
)
# After these codes the change may have been made or not.
_UNKNOWN_OUTCOME = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
_ERRORS_OF_ENGINE = frozenset({"InternalFailure", "InternalServerError"})
_NOT_SENT = "the call was not sent"


@dataclass(frozen=True)
class Told:
    """What a caller was told of a change: ERROR is None where it was told that the change was made."""

    operation: str
    params: Mapping[str, Any]
    error: TableAdminError | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether the change may have been made or not, by what the caller was told."""
        if self.error is None or self.is_unsent:
            return False
        return self.error.code in _UNKNOWN_OUTCOME or _is_of_engine(self.error)

    @property
    def is_unsent(self) -> bool:
        """Whether the caller was told that nothing was sent to the endpoint."""
        return self.error is not None and _NOT_SENT in self.error.message


def _is_of_engine(error: TableAdminError) -> bool:
    """Whether ERROR is an internal error that the engine has answered: DynamoDB Local on disk has some."""
    return error.aws_code in _ERRORS_OF_ENGINE


@dataclass
class Journal:
    """All calls of all callers."""

    # By the kind of the call, the code and the reason.
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    told: list[Told] = field(default_factory=list)
    # The operations as last seen, by their ids.
    operations: dict[str, v1.Operation] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    async def ended(self, kind: str, call: Awaitable[T]) -> T | TableAdminError:
        """What CALL of KIND returns, or the error that it raises."""
        began = time.monotonic()
        try:
            answer = await call
        except TableAdminError as error:
            self.calls[kind, error.code.name, error.reason] += 1
            if error.code in _NEVER and not isinstance(error, OperationFailed) and not _is_of_engine(error):
                self.problems.append(f"{kind} ended in {error.code.name}: {error}")
            return error
        finally:
            self.seconds[kind].append(time.monotonic() - began)
        self.calls[kind, "OK", ""] += 1
        return answer

    async def change(self, operation: str, params: Mapping[str, Any], call: Awaitable[object]) -> Told:
        """What is told of CALL, which changes what PARAMS say."""
        answer = await self.ended(operation, call)
        told = Told(operation, params, answer if isinstance(answer, TableAdminError) else None)
        self.told.append(told)
        return told

    def check(self, what: str, problem: str, *, holds: bool) -> None:
        """Count a check of WHAT; PROBLEM is noted where it does not hold."""
        self.checks[what] += 1
        if not holds:
            self.problems.append(f"{what}: {problem}")
