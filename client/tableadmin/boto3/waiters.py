"""boto3's waiters for tables and their resources, and additional waiters."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError

from tableadmin.boto3.exceptions import ClientError, ParamValidationError, WaiterError

Answer: TypeAlias = Mapping[str, Any]

_SUCCESS, _FAILURE, _RETRY = "success", "failure", "retry"

# botocore's explanations of a match, by matcher.
_EXPLANATIONS = {
    "path": 'For expression "{argument}" we matched expected path: "{expected}"',
    "pathAny": 'For expression "{argument}" we matched expected path: "{expected}" at least once',
    "error": "Matched expected service error code: {expected}",
}


@dataclass(frozen=True)
class AcceptorConfig:
    """The meaning of a response: `state` is success, failure or retry if `argument` matches `expected`.

    `argument` is a JMESPath expression. $NAME in it is a parameter of the waiter itself. `words` is the
    explanation of an additional waiter's match.
    """

    state: str
    matcher: str
    expected: str | bool
    argument: str | None = None
    words: str = field(default="", repr=False)

    @property
    def explanation(self) -> str:
        """The explanation of a match."""
        return self.words or _EXPLANATIONS[self.matcher].format(**vars(self))

    def matcher_func(self, response: Answer) -> bool:
        """Whether RESPONSE, or an error's response, matches."""
        error = response.get("Error")
        if self.matcher == "error":
            return error is not None and error.get("Code") == self.expected
        if error is not None and "Code" in error:
            return False
        try:
            found = jmespath.search(self.argument or "", response)
        except JMESPathError:  # the length of a missing member
            return False
        if self.matcher == "pathAny":
            return isinstance(found, list) and self.expected in found
        return bool(found == self.expected)

    def bound(self, own: Mapping[str, object]) -> "AcceptorConfig":
        """Return a copy with the values of the waiter's own parameters."""
        argument = self.argument or ""
        for name, value in own.items():
            literal = json.dumps(value).replace("`", "\\`")
            argument = argument.replace(f"${name}", f"`{literal}`")
        return replace(self, argument=argument or None)


@dataclass
class SingleWaiterConfig:
    """The settings of a waiter: a call every `delay` seconds, at most `max_attempts` times.

    `acceptors` are the meanings of responses. Callers can change all settings of this waiter.
    """

    operation: str
    delay: float
    max_attempts: int
    acceptors: list[AcceptorConfig]
    description: str = ""


class WaiterConfig(NamedTuple):
    """A waiter: its operation, the interval of its calls, and the meanings of responses.

    `own_parameters` are parameters of the waiter that the operation does not have.
    """

    operation: str
    delay: int
    max_attempts: int
    acceptors: tuple[AcceptorConfig, ...]
    own_parameters: tuple[str, ...] = ()
    description: str = ""


def _is(state: str, path: str, expected: str) -> AcceptorConfig:
    return AcceptorConfig(state, "path", expected, path)


def _error(state: str, code: str) -> AcceptorConfig:
    return AcceptorConfig(state, "error", code)


def _index(state: str, expression: str, expected: str | bool, words: str) -> AcceptorConfig:  # noqa: FBT001 - the result of a JMESPath expression
    return AcceptorConfig(state, "path", expected, expression, words)


_NO_DESTINATION_LEFT = (
    "length(KinesisDataStreamDestinations) > `0`  && length(KinesisDataStreamDestinations[?DestinationStatus"
    " == 'DISABLED' || DestinationStatus == 'ENABLE_FAILED']) ==  length(KinesisDataStreamDestinations)"
)

# The beginning of expressions about the global secondary index in the parameter IndexName.
_INDEX = "Table.GlobalSecondaryIndexes[?IndexName == $IndexName"
_BULK = "BulkOperationDescription.BulkOperationStatus"
_EXPORT = "ExportDescription.ExportStatus"
_IMPORT = "ImportTableDescription.ImportStatus"
_PITR = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
_TTL = "TimeToLiveDescription.TimeToLiveStatus"

# The waiters by name. boto3's waiters are copied from its service description (waiters-2.json).
WAITERS: Mapping[str, WaiterConfig] = {
    "bulk_operation_completed": WaiterConfig(
        "describe_bulk_operation",
        20,
        180,
        (
            _is(_SUCCESS, _BULK, "COMPLETED"),
            _is(_SUCCESS, _BULK, "COMPLETED_WITH_ERRORS"),
            _is(_FAILURE, _BULK, "CANCELLED"),
            _is(_FAILURE, _BULK, "FAILED"),
        ),
        description="Wait until a bulk operation is completed.",
    ),
    "contributor_insights_enabled": WaiterConfig(
        "describe_contributor_insights",
        20,
        30,
        (
            _is(_SUCCESS, "ContributorInsightsStatus", "ENABLED"),
            _is(_FAILURE, "ContributorInsightsStatus", "FAILED"),
        ),
    ),
    "export_completed": WaiterConfig(
        "describe_export",
        20,
        60,
        (_is(_SUCCESS, _EXPORT, "COMPLETED"), _is(_FAILURE, _EXPORT, "FAILED")),
    ),
    "import_completed": WaiterConfig(
        "describe_import",
        20,
        60,
        (
            _is(_SUCCESS, _IMPORT, "COMPLETED"),
            _is(_FAILURE, _IMPORT, "FAILED"),
            _is(_FAILURE, _IMPORT, "CANCELLED"),
        ),
    ),
    "kinesis_streaming_destination_active": WaiterConfig(
        "describe_kinesis_streaming_destination",
        20,
        30,
        (
            AcceptorConfig(
                _SUCCESS, "pathAny", "ACTIVE", "KinesisDataStreamDestinations[].DestinationStatus"
            ),
            AcceptorConfig(_FAILURE, "path", expected=True, argument=_NO_DESTINATION_LEFT),
        ),
    ),
    "table_exists": WaiterConfig(
        "describe_table",
        20,
        25,
        (_is(_SUCCESS, "Table.TableStatus", "ACTIVE"), _error(_RETRY, "ResourceNotFoundException")),
    ),
    "table_not_exists": WaiterConfig(
        "describe_table", 20, 25, (_error(_SUCCESS, "ResourceNotFoundException"),)
    ),
    # Waiters that boto3 lacks. Building an index takes minutes to days, enabling TTL up to an hour.
    "index_active": WaiterConfig(
        "describe_table",
        20,
        180,
        (
            _index(
                _SUCCESS,
                f"{_INDEX} && !Backfilling] | [0].IndexStatus",
                "ACTIVE",
                "the index is ACTIVE and filled",
            ),
            _index(_FAILURE, f"{_INDEX}] | [0].IndexStatus", "DELETING", "the index is being deleted"),
        ),
        own_parameters=("IndexName",),
    ),
    "index_not_exists": WaiterConfig(
        "describe_table",
        20,
        180,
        (
            _index(_SUCCESS, f"Table && !({_INDEX}])", expected=True, words="the table has no such index"),
            _error(_SUCCESS, "ResourceNotFoundException"),
        ),
        own_parameters=("IndexName",),
    ),
    "pitr_enabled": WaiterConfig(
        "describe_continuous_backups",
        5,
        60,
        (_is(_SUCCESS, _PITR, "ENABLED"), _error(_RETRY, "ContinuousBackupsUnavailableException")),
    ),
    "time_to_live_settled": WaiterConfig(
        "describe_time_to_live",
        20,
        180,
        (_is(_SUCCESS, _TTL, "ENABLED"), _is(_SUCCESS, _TTL, "DISABLED")),
    ),
}


class Waiter:
    """Waits for one condition. As in boto3, `name` is in CamelCase and `config` has the settings."""

    def __init__(self, name: str, operation: str, call: Callable[..., dict[str, Any]]) -> None:
        waiting = WAITERS[name]
        self.name = "".join(map(str.capitalize, name.split("_")))
        self.config = SingleWaiterConfig(
            operation,
            waiting.delay,
            waiting.max_attempts,
            list(waiting.acceptors),
            waiting.description,
        )
        self._own_parameters = waiting.own_parameters
        self._call = call

    def wait(self, **params: Any) -> None:  # noqa: ANN401 - the parameters of the operation
        """Call the operation until the condition holds.

        WaiterConfig may contain Delay, in seconds, and MaxAttempts. Raises WaiterError if the condition can't
        hold any more, after an unexpected error, and after MaxAttempts. Raises ParamValidationError if a
        parameter is missing.
        """
        config = params.pop("WaiterConfig", {})
        delay = config.get("Delay", self.config.delay)
        attempts = config.get("MaxAttempts", self.config.max_attempts)
        own = {name: self._own(params, name) for name in self._own_parameters}
        acceptors = [each.bound(own) for each in self.config.acceptors] if own else self.config.acceptors
        matched: AcceptorConfig | None = None
        attempt = 0
        while True:
            answer = self._answer(params)
            attempt += 1
            found = next((each for each in acceptors if each.matcher_func(answer)), None)
            if found is None and "Error" in answer:
                error = answer["Error"]
                raise self._failed(f"An error occurred ({error['Code']}): {error['Message']}", answer)
            matched = found or matched
            if found and found.state == _SUCCESS:
                return
            if found and found.state == _FAILURE:
                raise self._failed(
                    f"Waiter encountered a terminal failure state: {found.explanation}", answer
                )
            if attempt >= attempts:
                seen = f". Previously accepted state: {matched.explanation}" if matched else ""
                raise self._failed(f"Max attempts exceeded{seen}", answer)
            time.sleep(delay)

    def _own(self, params: dict[str, Any], name: str) -> object:
        try:
            return params.pop(name)
        except KeyError:
            raise ParamValidationError(report=f'Missing required parameter in input: "{name}"') from None

    def _answer(self, params: Mapping[str, Any]) -> Answer:
        try:
            return self._call(**params)
        except ClientError as error:
            response: Answer = error.response
            return response

    def _failed(self, reason: str, answer: Answer) -> WaiterError:
        return WaiterError(name=self.name, reason=reason, last_response=answer)
