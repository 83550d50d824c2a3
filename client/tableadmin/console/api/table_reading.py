"""A table with all its parts, read now.

The parts are read by calls of their own, not by a watch: a watch of one table waits behind the polls of all
others, and AWS allows only 10 reads of tags and of backups a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from tableadmin.errors import TableAdminError, Unimplemented
from tableadmin.v1 import TablePart, TableState, UnreadablePart

if TYPE_CHECKING:
    from tableadmin.client import Client

# Puts a part of the table of that name and ARN into the state.
_Read: TypeAlias = "Callable[[Client, TableState, str, str], None]"

# What `GetResourcePolicy` answers for a table without a policy.
_NO_POLICY = "POLICY_NOT_FOUND_EXCEPTION"


def read(client: Client, name: str) -> TableState:
    """The table NAME, with the reasons for parts that can't be read; raises TableAdminError."""
    state = TableState(table=client.describe_table(table_name=name).table)

    def attempt(part: str) -> UnreadablePart | None:
        try:
            _PARTS[part](client, state, name, state.table.table_arn)
        except Unimplemented:
            return None
        except TableAdminError as error:
            return _unreadable(part, error)
        return None

    with ThreadPoolExecutor(len(_PARTS)) as readers:
        state.unreadable_parts.extend(filter(None, readers.map(attempt, _PARTS)))
    return state


def _unreadable(part: str, error: TableAdminError) -> UnreadablePart | None:
    if error.reason == _NO_POLICY:
        return None
    return UnreadablePart(
        part=TablePart.Value(f"TABLE_PART_{part}"),
        code=error.code.value[0],
        reason=error.reason,
        message=str(error),
    )


def _time_to_live(client: Client, state: TableState, name: str, arn: str) -> None:
    del arn
    state.time_to_live.CopyFrom(client.describe_time_to_live(table_name=name).time_to_live_description)


def _continuous_backups(client: Client, state: TableState, name: str, arn: str) -> None:
    del arn
    answer = client.describe_continuous_backups(table_name=name)
    state.continuous_backups.CopyFrom(answer.continuous_backups_description)


def _tags(client: Client, state: TableState, name: str, arn: str) -> None:
    del name
    state.tags.extend(client.list_tags_of_resource.items(resource_arn=arn))


def _resource_policy(client: Client, state: TableState, name: str, arn: str) -> None:
    del name
    state.resource_policy = client.get_resource_policy(resource_arn=arn).policy


def _contributor_insights(client: Client, state: TableState, name: str, arn: str) -> None:
    del arn
    state.contributor_insights.CopyFrom(client.describe_contributor_insights(table_name=name))


def _kinesis(client: Client, state: TableState, name: str, arn: str) -> None:
    del arn
    answer = client.describe_kinesis_streaming_destination(table_name=name)
    state.kinesis_destinations.extend(answer.kinesis_data_stream_destinations)


_PARTS: Mapping[str, _Read] = {
    "TIME_TO_LIVE": _time_to_live,
    "CONTINUOUS_BACKUPS": _continuous_backups,
    "TAGS": _tags,
    "RESOURCE_POLICY": _resource_policy,
    "CONTRIBUTOR_INSIGHTS": _contributor_insights,
    "KINESIS": _kinesis,
}
