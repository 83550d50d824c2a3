"""boto3's waiters for tables and what belongs to them, and some that it lacks."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tableadmin.boto3.exceptions import ClientError, ParamValidationError, WaiterError

Answer: TypeAlias = Mapping[str, Any]

_SUCCESS, _FAILURE, _RETRY = "success", "failure", "retry"


class Acceptor(NamedTuple):
    """What an answer that `matches` means; it is given the waiter's own parameters too."""

    state: str
    explanation: str
    matches: Callable[[Answer, Mapping[str, Any]], bool]


class Waiting(NamedTuple):
    """What is asked every `delay` seconds, at most `max_attempts` times, and what the answers mean.

    `own_parameters` are those that the waiter takes and the operation does not.
    """

    operation: str
    delay: int
    max_attempts: int
    acceptors: tuple[Acceptor, ...]
    own_parameters: tuple[str, ...] = ()


def _found(answer: Answer, path: str) -> object:
    value: Any = answer
    for member in path.split("."):
        value = value.get(member) if isinstance(value, Mapping) else None
    return value


def _is(state: str, path: str, expected: str) -> Acceptor:
    explanation = f'For expression "{path}" we matched expected path: "{expected}"'
    return Acceptor(state, explanation, lambda answer, _: _found(answer, path) == expected)


def _error(state: str, code: str) -> Acceptor:
    explanation = f"Matched expected service error code: {code}"
    return Acceptor(state, explanation, lambda answer, _: _found(answer, "Error.Code") == code)


def _index(state: str, explanation: str, matches: Callable[[Mapping[str, Any] | None], bool]) -> Acceptor:
    """About the global secondary index of the parameter IndexName, None where the table shows none."""

    def of_answer(answer: Answer, own: Mapping[str, Any]) -> bool:
        if "Table" not in answer:
            return False
        indexes = answer["Table"].get("GlobalSecondaryIndexes", [])
        return matches(next((index for index in indexes if index["IndexName"] == own["IndexName"]), None))

    return Acceptor(state, explanation, of_answer)


def _statuses(answer: Answer) -> list[str]:
    return [each.get("DestinationStatus", "") for each in answer.get("KinesisDataStreamDestinations", [])]


_GIVEN_UP = {"DISABLED", "ENABLE_FAILED"}
_NO_DESTINATION_LEFT = (
    "length(KinesisDataStreamDestinations) > `0`  && length(KinesisDataStreamDestinations[?DestinationStatus"
    " == 'DISABLED' || DestinationStatus == 'ENABLE_FAILED']) ==  length(KinesisDataStreamDestinations)"
)

_BULK = "BulkOperationDescription.BulkOperationStatus"
_EXPORT = "ExportDescription.ExportStatus"
_IMPORT = "ImportTableDescription.ImportStatus"
_PITR = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
_TTL = "TimeToLiveDescription.TimeToLiveStatus"

# By name. Those of boto3 are as its service description has them (waiters-2.json).
WAITERS: Mapping[str, Waiting] = {
    "bulk_operation_completed": Waiting(
        "describe_bulk_operation",
        20,
        180,
        (
            _is(_SUCCESS, _BULK, "COMPLETED"),
            _is(_SUCCESS, _BULK, "COMPLETED_WITH_ERRORS"),
            _is(_FAILURE, _BULK, "CANCELLED"),
            _is(_FAILURE, _BULK, "FAILED"),
        ),
    ),
    "contributor_insights_enabled": Waiting(
        "describe_contributor_insights",
        20,
        30,
        (
            _is(_SUCCESS, "ContributorInsightsStatus", "ENABLED"),
            _is(_FAILURE, "ContributorInsightsStatus", "FAILED"),
        ),
    ),
    "export_completed": Waiting(
        "describe_export",
        20,
        60,
        (_is(_SUCCESS, _EXPORT, "COMPLETED"), _is(_FAILURE, _EXPORT, "FAILED")),
    ),
    "import_completed": Waiting(
        "describe_import",
        20,
        60,
        (
            _is(_SUCCESS, _IMPORT, "COMPLETED"),
            _is(_FAILURE, _IMPORT, "FAILED"),
            _is(_FAILURE, _IMPORT, "CANCELLED"),
        ),
    ),
    "kinesis_streaming_destination_active": Waiting(
        "describe_kinesis_streaming_destination",
        20,
        30,
        (
            Acceptor(
                _SUCCESS,
                'For expression "KinesisDataStreamDestinations[].DestinationStatus" we matched expected '
                'path: "ACTIVE" at least once',
                lambda answer, _: "ACTIVE" in _statuses(answer),
            ),
            Acceptor(
                _FAILURE,
                f'For expression "{_NO_DESTINATION_LEFT}" we matched expected path: "True"',
                lambda answer, _: bool(_statuses(answer)) and _GIVEN_UP.issuperset(_statuses(answer)),
            ),
        ),
    ),
    "table_exists": Waiting(
        "describe_table",
        20,
        25,
        (_is(_SUCCESS, "Table.TableStatus", "ACTIVE"), _error(_RETRY, "ResourceNotFoundException")),
    ),
    "table_not_exists": Waiting("describe_table", 20, 25, (_error(_SUCCESS, "ResourceNotFoundException"),)),
    # Beyond boto3. Building an index takes from minutes to days, so there is time; TTL takes up to an hour.
    "index_active": Waiting(
        "describe_table",
        20,
        180,
        (
            _index(
                _SUCCESS,
                "the index is ACTIVE and filled",
                lambda index: (
                    index is not None
                    and index.get("IndexStatus") == "ACTIVE"
                    and not index.get("Backfilling")
                ),
            ),
            _index(
                _FAILURE,
                "the index is being deleted",
                lambda index: index is not None and index.get("IndexStatus") == "DELETING",
            ),
        ),
        own_parameters=("IndexName",),
    ),
    "index_not_exists": Waiting(
        "describe_table",
        20,
        180,
        (
            _index(_SUCCESS, "the table has no such index", lambda index: index is None),
            _error(_SUCCESS, "ResourceNotFoundException"),
        ),
        own_parameters=("IndexName",),
    ),
    "pitr_enabled": Waiting(
        "describe_continuous_backups",
        5,
        60,
        (_is(_SUCCESS, _PITR, "ENABLED"), _error(_RETRY, "ContinuousBackupsUnavailableException")),
    ),
    "time_to_live_settled": Waiting(
        "describe_time_to_live",
        20,
        180,
        (_is(_SUCCESS, _TTL, "ENABLED"), _is(_SUCCESS, _TTL, "DISABLED")),
    ),
}


class Waiter:
    """Waits for one condition; `name` is the waiter's in CamelCase, as in boto3."""

    def __init__(self, name: str, call: Callable[..., dict[str, Any]]) -> None:
        self.name = "".join(map(str.capitalize, name.split("_")))
        self._waiting = WAITERS[name]
        self._call = call

    def wait(self, **params: Any) -> None:  # noqa: ANN401 - whatever the operation takes
        """Ask until the condition holds.

        WaiterConfig may hold Delay, in seconds, and MaxAttempts. Raises WaiterError when it can't come any
        more, when asking ends in an error that does not mean "not yet", and after MaxAttempts;
        ParamValidationError when a parameter is missing.
        """
        config = params.pop("WaiterConfig", {})
        delay = config.get("Delay", self._waiting.delay)
        attempts = config.get("MaxAttempts", self._waiting.max_attempts)
        own = {name: self._own(params, name) for name in self._waiting.own_parameters}
        matched: Acceptor | None = None
        attempt = 0
        while True:
            answer = self._answer(params)
            attempt += 1
            found = next((each for each in self._waiting.acceptors if each.matches(answer, own)), None)
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
