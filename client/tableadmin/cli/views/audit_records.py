"""Audit records as text: time, principal, action, table and result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from tableadmin.cli.output.blocks import Block, Rows
from tableadmin.cli.output.terminal_text import printable

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict

_HEADERS = ("Time", "Status", "Principal", "RPC", "Names", "Endpoint", "Result", "From")


def rows(records: Sequence[AwsDict]) -> list[Block]:
    """Return a row for each of RECORDS."""
    return [Rows(_HEADERS, [_cells(each) for each in records], "no records")]


def record_line(record: AwsDict) -> str:
    """Return RECORD as one line. Absent members are dashes."""
    return printable("  ".join(cell or "-" for cell in _cells(record)))


def _cells(record: AwsDict) -> list[str]:
    found = cast("dict[str, Any]", record)
    unmapped = found.get("unmapped", {})
    source = found.get("src_endpoint", {})
    code, detail = found.get("status_code", ""), found.get("status_detail", "")
    return [
        datetime.fromtimestamp(found["time"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        found["status"],
        _principal(found),
        found["api"]["operation"],
        " ".join(each["name"] for each in found.get("resources", [])),
        unmapped.get("endpoint", ""),
        f"{code} {detail}".strip(),
        source.get("ip") or source.get("name", ""),
    ]


def _principal(record: dict[str, Any]) -> str:
    """Return the principal. For a change by an operation, its `requested_by` follows in brackets."""
    uid = str(record["actor"]["user"]["uid"])
    requested_by = record.get("unmapped", {}).get("requested_by")
    return f"{uid} ({requested_by})" if requested_by else uid
