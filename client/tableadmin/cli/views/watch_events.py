"""Events of a watch as JSON objects, with boto3's table descriptions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from tableadmin.cli.app.session import aws
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.v1 import TableChange, TableEvent, WatchEvent, WatchGap


def as_json(response: WatchEvent) -> AwsDict:
    """Return the event as a dict with `time` and `type`.

    `type` is SNAPSHOT, CREATED, CHANGED, DELETED, GAP or CHECKPOINT. Events of tables also have `table`,
    `changes` and `state`, which is null for a deleted table. Gaps have `since` and `reason`.
    """
    now: AwsDict = {"time": datetime.now(UTC)}
    if response.HasField("table"):
        return now | _table(response.table)
    if response.HasField("gap"):
        return now | _gap(response.gap)
    return now | {"type": "CHECKPOINT"}


def _table(event: TableEvent) -> AwsDict:
    return {
        "type": word(event, "type"),
        "table": event.table_name,
        "changes": [_change(each) for each in event.changes],
        "state": aws(event.state) if event.HasField("state") else None,
    }


def _gap(gap: WatchGap) -> AwsDict:
    return {"type": "GAP", "since": gap.since.ToDatetime(UTC), "reason": gap.reason}


def _change(change: TableChange) -> AwsDict:
    return {
        "aspect": word(change, "aspect"),
        "subject": change.subject,
        "before": _parsed(change.before),
        "after": _parsed(change.after),
    }


def _parsed(text: str) -> AwsValue:
    return cast("AwsValue", json.loads(text)) if text else None
