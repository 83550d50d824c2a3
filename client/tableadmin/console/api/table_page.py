"""All of a table, as the page of the table shows it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tableadmin.cli.output.blocks import Block, Fields, Lines, Rows, block_data
from tableadmin.cli.views import replicas, table_description, wide_columns
from tableadmin.cli.views.formatting import time, word
from tableadmin.cli.views.message_rows import rows
from tableadmin.cli.views.unreadable_parts import DESCRIPTION, unreadable_lines, unreadable_parts

if TYPE_CHECKING:
    from tableadmin.v1 import TableState

_KINESIS = (
    ("Stream", "stream_arn"),
    ("Status", "destination_status"),
    ("Why", "destination_status_description"),
)


def sections(state: TableState) -> list[dict[str, object]]:
    """What is known of the table, under titles; what the table does not have is left out."""
    return [{"title": title, **block_data(block)} for title, block in _blocks(state) if _has_something(block)]


def unreadable(state: TableState) -> list[str]:
    """What the service could not read of the table, and why."""
    return [*unreadable_lines([state])]


def _blocks(state: TableState) -> Iterator[tuple[str, Block]]:
    table = state.table
    if DESCRIPTION not in unreadable_parts(state):
        yield "Settings", table_description.description(table)[0]
        yield "Indexes", table_description.indexes(table)
        for block in replicas.blocks(table):
            yield "Replicas", block
    yield "Time to live and backups", Fields([pair for pair in _kept(state) if pair[1]])
    yield "Tags", Rows(("Key", "Value"), [(each.key, each.value) for each in state.tags])
    yield "Kinesis data streams", rows(_KINESIS, state.kinesis_destinations)
    yield "Resource policy", Lines(_document(state.resource_policy))


def _has_something(block: Block) -> bool:
    return bool(block.lines if isinstance(block, Lines) else block.rows)


def _kept(state: TableState) -> Iterator[tuple[str, str]]:
    yield "TTL", wide_columns.time_to_live(state)
    yield "PITR", wide_columns.recovery(state)
    recovery = state.continuous_backups.point_in_time_recovery_description
    for label, field in (
        ("Restorable from", "earliest_restorable_date_time"),
        ("Restorable to", "latest_restorable_date_time"),
    ):
        yield label, time(getattr(recovery, field)) if recovery.HasField(field) else ""  # type: ignore[arg-type] # a field's name
    yield "Contributor Insights", word(state.contributor_insights, "contributor_insights_status")


def _document(policy: str) -> list[str]:
    try:
        return json.dumps(json.loads(policy), indent=2).splitlines() if policy else []
    except ValueError:
        return [policy]
