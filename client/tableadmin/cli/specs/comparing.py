"""Comparing specs with live tables, once or whenever a table changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import click

from tableadmin.cli.app.session import Session
from tableadmin.cli.app.stalls import until_stalled
from tableadmin.cli.output import terminal_text
from tableadmin.cli.specs import consumption, planning
from tableadmin.cli.specs.spec_files import LoadedSpec

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.requests.cost_options import CostOptions
    from tableadmin.cli.views.plans.drift import Comparison
    from tableadmin.client import Client
    from tableadmin.cost import Prices, TableCost, Usage
    from tableadmin.drift import TableDrift
    from tableadmin.v1 import Operation, PlanTablesResponse, TableEvent


class Scope(NamedTuple):
    """The tables without a spec that are reported: names that begin with PREFIX, except IGNORED."""

    prefix: str
    ignored: Sequence[str]

    def holds(self, name: str) -> bool:
        """Whether the table NAME is reported."""
        return name.startswith(self.prefix) and not any(fnmatchcase(name, each) for each in self.ignored)


def compare_tables(
    endpoint: str,
    client: Client,
    loaded: Sequence[LoadedSpec],
    scope: Scope,
    *,
    include_billing: bool = False,
) -> Sequence[Comparison]:
    """Compare the tables of ENDPOINT with the specs LOADED, and list tables of SCOPE without a spec.

    With INCLUDE_BILLING, the results contain the billing facts, and tables without a spec are read.

    Raises CommandFailed for invalid specs, and TableAdminError.
    """
    from tableadmin.cli.views.plans.drift import Comparison  # noqa: PLC0415 - protobuf
    from tableadmin.drift import table_drifts  # noqa: PLC0415 - protobuf

    results = _results(client, loaded, include_billing=include_billing)
    live = [name for name in client.list_tables.items() if scope.holds(name)]
    drifts = table_drifts(results, live)
    if include_billing:
        drifts = _with_bills(client, drifts)
    found = [Comparison(endpoint, each) for each in drifts]
    return list(_with_last_operations(client, found))


def add_costs(
    found: Sequence[Comparison], clients: Mapping[str, Client], options: CostOptions, prices: Prices
) -> tuple[list[Comparison], list[str]]:
    """Return FOUND with the costs of the tables by PRICES, and notes of what could not be read for them.

    CLIENTS are the clients by endpoint.
    """
    read = {
        endpoint: consumption.usage(
            client, options, [_bills(each.drift) for each in found if each.endpoint == endpoint]
        )
        for endpoint, client in clients.items()
    }
    notes = dict.fromkeys(note for each in read.values() for note in each.notes)
    return [replace(each, cost=_cost(each.drift, read[each.endpoint].usage, prices)) for each in found], [
        *notes
    ]


def _cost(drift: TableDrift, usage: Usage, prices: Prices) -> TableCost | None:
    from tableadmin.cost import live_cost, plan_cost  # noqa: PLC0415 - protobuf

    if drift.plan is not None:
        return plan_cost(drift.plan, usage, prices)
    if drift.billed_table is not None:
        return live_cost(drift.table_name, drift.billed_table, usage, prices)
    return None


def _bills(drift: TableDrift) -> consumption.Bills:
    planned = consumption.of_plans([drift.plan] if drift.plan else [])
    return planned[0] if planned else consumption.Bills(drift.table_name, drift.billed_table)


def _with_bills(client: Client, drifts: Sequence[TableDrift]) -> list[TableDrift]:
    """Return DRIFTS with the billing facts of the tables without a spec, as far as they can be read."""
    from tableadmin.drift import batches, unmanaged_names, with_bills  # noqa: PLC0415 - protobuf

    exports = [
        each
        for batch in batches(unmanaged_names(drifts))
        for each in until_stalled(client, client.export_tables(table_names=batch, include_billing=True))
    ]
    return with_bills(drifts, exports)


def _results(
    client: Client, loaded: Sequence[LoadedSpec], *, include_billing: bool
) -> list[PlanTablesResponse]:
    from tableadmin.drift import batches  # noqa: PLC0415 - protobuf

    return [
        each
        for batch in batches(list(loaded))
        for each in planning.planning_results(client, batch, include_billing=include_billing)
    ]


def _with_last_operations(client: Client, found: Sequence[Comparison]) -> Iterator[Comparison]:
    """Return FOUND with the last operation of each drifted table, if the service returns it."""
    from tableadmin.drift import DriftStatus  # noqa: PLC0415 - protobuf
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    known = True
    for each in found:
        operation = None
        if known and each.drift.status is DriftStatus.DRIFTED:
            try:
                operation = _last_operation(client, each.drift.table_name)
            except TableAdminError:  # the service has no operations, or the caller may not see them
                known = False
        yield replace(each, last_operation=operation)


def _last_operation(client: Client, table_name: str) -> Operation | None:
    """Return the newest operation on the table that has called AWS, None if there is none."""
    operations = client.list_operations(table_name=table_name, page_size=10)
    return next((each for each in operations if each.calls), None)


class ResumableOperationWatch:
    """Compares a table again after each change that the service reports, and shows new results."""

    def __init__(
        self, session: Session, endpoint: str, client: Client, loaded: Sequence[LoadedSpec], scope: Scope
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._client = client
        self._specs = {each.spec.table_name: each for each in loaded}
        self._scope = scope
        self._shown: dict[str, Comparison] = {}

    def run(self) -> None:
        """Show the tables that do not match their specs, then each change, until Ctrl-C."""
        from tableadmin.v1 import TablePart  # noqa: PLC0415 - protobuf

        begun = False
        parts = [each for each in TablePart.values() if each]
        with self._client.watch(all_tables=True, parts=parts) as events:
            for event in until_stalled(self._client, events, first_only=True):
                # No change is missed: the comparison starts when the service watches all tables.
                if not begun and event.HasField("checkpoint"):
                    begun = True
                    self._begin()
                elif begun and event.HasField("table"):
                    self._look_at(event.table)

    def _begin(self) -> None:
        for each in compare_tables(self._endpoint, self._client, list(self._specs.values()), self._scope):
            self._note(each, tell=not each.is_same)

    def _look_at(self, event: TableEvent) -> None:
        from tableadmin.cli.views.plans.drift import Comparison  # noqa: PLC0415 - protobuf
        from tableadmin.drift import DriftStatus, TableDrift, table_drifts  # noqa: PLC0415 - protobuf
        from tableadmin.v1 import TableEventType  # noqa: PLC0415 - protobuf

        name = event.table_name
        if name in self._specs:
            results = planning.planning_results(self._client, [self._specs[name]])
            now = table_drifts(results, ())[0]
        elif not self._scope.holds(name):
            return
        elif event.type == TableEventType.TABLE_EVENT_TYPE_DELETED:
            self._forget(name)
            return
        else:
            now = TableDrift(name, DriftStatus.UNMANAGED)
        if name not in self._shown or _differs(self._shown[name].drift, now):
            (comparison,) = _with_last_operations(self._client, [Comparison(self._endpoint, now)])
            self._note(comparison, tell=True)

    def _forget(self, name: str) -> None:
        """Remove the deleted table NAME, which has no spec."""
        if self._shown.pop(name, None):
            self._write(f"{name} deleted", {"TableName": name, "Status": "DELETED"})

    def _note(self, comparison: Comparison, *, tell: bool) -> None:
        from tableadmin.cli.views.plans import drift as view  # noqa: PLC0415 - protobuf

        self._shown[comparison.drift.table_name] = comparison
        if tell:
            self._write(view.comparison_line(comparison), view.record(comparison))

    def _write(self, text: str, record: AwsDict) -> None:
        if self._session.in_blocks:
            moment = datetime.now(UTC).strftime("%H:%M:%S")
            click.echo(terminal_text.printable(f"{moment} {text}"))
        else:
            self._session.show_item(record)


def _differs(before: TableDrift, now: TableDrift) -> bool:
    changes = [list(each.plan.changes) if each.plan else [] for each in (before, now)]
    return before.status is not now.status or changes[0] != changes[1]
