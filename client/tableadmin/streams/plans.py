"""Streams of plans and exports: one response for each table, across calls. No I/O.

`stream` sends the calls, for the synchronous and for the asynchronous client.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar

import grpc

from tableadmin.awsshape.times import timestamp
from tableadmin.channel import DEFAULT_TIMEOUT
from tableadmin.errors import ERROR_CLASSES, TableAdminError
from tableadmin.streams.resumable import Request, ResumableStream
from tableadmin.v1 import (
    ExportTablesRequest,
    ExportTablesResponse,
    PlanTablesRequest,
    PlanTablesResponse,
    TableError,
    TablePlan,
    TableSpec,
)

Result = TypeVar("Result", PlanTablesResponse, ExportTablesResponse)

_CODES = {code.value[0]: code for code in grpc.StatusCode}


class _ResumableResults(ResumableStream[Request, Result, Result]):
    """A stream with one response for each table. After a lost connection it requests the remaining tables."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request
        self._seen: set[str] = set()
        self._total = 0
        # The time of the last response.
        self._last_response_at = 0.0

    def next_call(self) -> tuple[Request, float | None]:
        """Return the request, without a deadline: the results of 1,000 tables take minutes."""
        return self._request, None

    def received(self, response: Result) -> Sequence[Result]:
        """Return RESPONSE with the counts of all calls; nothing for a table that the caller already has."""
        self._note_answer()
        self._last_response_at = self.now()
        if response.table_name in self._seen:
            return ()
        self._seen.add(response.table_name)
        self._total = self._total or response.total_tables
        response.completed_tables, response.total_tables = len(self._seen), self._total
        return (response,)

    def ended(self, error: TableAdminError | None = None) -> Sequence[Result]:
        """Return no responses. The stream is finished when all tables have a response."""
        self.finished |= len(self._seen) == self._total and (self._answered or error is None)
        super().ended(error)
        return ()

    def _lost(self, error: TableAdminError) -> Sequence[Result]:
        if self._answered and self.now() - self._last_response_at > DEFAULT_TIMEOUT:
            raise error
        self._back_off(error)
        return ()


class ResumablePlans(_ResumableResults[PlanTablesRequest, PlanTablesResponse]):
    """Plan tables: a response for each of `specs` as soon as its plan is ready, in no particular order.

    A response has a `plan`, or the `error` that prevented a plan of this table alone. `completed_tables` and
    `total_tables` are the progress. The stream has no deadline. After a lost connection, it requests the
    remaining plans, for up to 30 seconds. `not_before` is the time at which the plans are to be applied,
    which policies may depend on. With `include_billing`, the plans contain the billing facts for
    `tableadmin.cost.plan_cost`.

    Raises TableAdminError: InvalidArgument with `field_violations` for invalid specs.
    """

    rpc: ClassVar[str] = "PlanTables"

    def __init__(
        self,
        specs: Iterable[TableSpec],
        not_before: datetime | None = None,
        *,
        include_billing: bool = False,
    ) -> None:
        super().__init__(
            PlanTablesRequest(
                specs=specs, not_before=timestamp(not_before), include_billing=include_billing or None
            )
        )

    def next_call(self) -> tuple[PlanTablesRequest, float | None]:
        """Return the request for the specs without a plan yet."""
        left = PlanTablesRequest()
        left.CopyFrom(self._request)
        del left.specs[:]
        left.specs.extend(spec for spec in self._request.specs if spec.table_name not in self._seen)
        return left, None


class ResumableExports(_ResumableResults[ExportTablesRequest, ExportTablesResponse]):
    """Export tables: a response for each table as soon as its spec is ready, in no particular order.

    Specify one of `table_names`, `prefix` and `all_tables`. A response has a `spec` and `notes` of settings
    that the spec does not contain, or the `error` that prevented the export of this table alone.
    `completed_tables` and `total_tables` are the progress. The stream has no deadline. After a lost
    connection, it requests the remaining tables, for up to 30 seconds. With `include_billing`, the responses
    contain the billing facts for `tableadmin.cost.live_cost`.

    Raises TableAdminError.
    """

    rpc: ClassVar[str] = "ExportTables"

    def __init__(
        self,
        *,
        table_names: Iterable[str] = (),
        prefix: str | None = None,
        all_tables: bool = False,
        include_billing: bool = False,
    ) -> None:
        super().__init__(
            ExportTablesRequest(
                table_names=table_names,
                prefix=prefix,
                all_tables=all_tables or None,
                include_billing=include_billing or None,
            )
        )

    def next_call(self) -> tuple[ExportTablesRequest, float | None]:
        """Return the request for the tables without a response yet, as far as their names are known."""
        left = ExportTablesRequest()
        left.CopyFrom(self._request)
        del left.table_names[:]
        left.table_names.extend(name for name in self._request.table_names if name not in self._seen)
        return left, None


@dataclass(frozen=True)
class Plans:
    """The plans of tables, in the order of their specs."""

    plans: Sequence[TablePlan]


@dataclass(frozen=True)
class Exports:
    """The specs of tables, and a note for each setting that the specs do not contain."""

    specs: Sequence[TableSpec]
    notes: Sequence[str]


def plans_of(names: Iterable[str], results: Iterable[PlanTablesResponse]) -> Plans:
    """Return the plans in RESULTS in the order of NAMES. Raises the first error."""
    found = {each.table_name: each for each in results}
    return Plans([each.plan for each in _without_errors(names, found)])


def exports_of(names: Iterable[str], results: Iterable[ExportTablesResponse]) -> Exports:
    """Return the specs in RESULTS in the order of NAMES, or sorted by name. Raises what `plans_of` raises."""
    found = {each.table_name: each for each in results}
    ordered = _without_errors(list(dict.fromkeys(names)) or sorted(found), found)
    return Exports([each.spec for each in ordered], [note for each in ordered for note in each.notes])


def table_error(table_name: str, error: TableError) -> TableAdminError:
    """Convert ERROR of one table to a TableAdminError."""
    code = _CODES.get(error.code, grpc.StatusCode.UNKNOWN)
    return ERROR_CLASSES[code](
        message=f"{table_name}: {error.message}",
        code=code,
        reason=error.reason,
        aws_code=error.aws_error_code,
        aws_request_id=error.aws_request_id,
    )


def _without_errors(names: Iterable[str], found: dict[str, Result]) -> list[Result]:
    ordered = [found[name] for name in names]
    failed = [each for each in ordered if each.HasField("error")]
    if not failed:
        return ordered
    error = table_error(failed[0].table_name, failed[0].error)
    if len(failed) > 1:
        error.message += f" (and {len(failed) - 1} more tables)"
    raise error
