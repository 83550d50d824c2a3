"""Records have the policies that decided, also of calls that are denied behind NOT_FOUND."""

from pathlib import Path

import pytest

from tableadmin import NotFound, PermissionDenied
from tests.server.security.audit.conftest import records
from tests.server.security.authorization.guarded import guarded


def test_policies_of_decisions(tmp_path: Path) -> None:
    """A permitted change names the policies that permit it, a denied call those that forbid it.

    An operation that may not be seen is not found for its caller, and denied in the record. Audit records
    themselves are for those whom a policy permits to read them.
    """
    path = tmp_path / "audit.jsonl"
    with guarded(tmp_path, flags=("--audit-file", str(path))) as server:
        with server.client("ana") as client:
            client.update_table(table_name="music-x", deletion_protection_enabled=True)
            with pytest.raises(PermissionDenied):
                client.describe_table(table_name="films")
            with pytest.raises(PermissionDenied):
                list(client.read_audit_records())
        with server.client("nobody") as client, pytest.raises(NotFound):
            client.cancel_operation("20260101t000000000-000000000000")
        with server.client("olga") as client:
            with pytest.raises(PermissionDenied):
                client.update_table(table_name="music-x", deletion_protection_enabled=False)
            found = [each for response in client.read_audit_records() for each in response.records]
    written = records(path)
    assert len(written) == len(found)
    outcomes = [each for each in written if each["status"] != "Intent"]
    assert [
        ("UpdateTable", "OK", [("allow", "music")]),
        ("DescribeTable", "PERMISSION_DENIED", [("deny", None)]),
        ("ReadAuditRecords", "PERMISSION_DENIED", [("deny", None)]),
        ("CancelOperation", "NOT_FOUND", [("deny", None)]),
        ("UpdateTable", "PERMISSION_DENIED", [("deny", "protected")]),
    ] == [
        (
            each["api"]["operation"],
            each["status_code"],
            [(of["decision"], of.get("policy", {}).get("uid")) for of in each["actor"]["authorizations"]],
        )
        for each in outcomes
    ]
    assert ["ana"] * 3 + ["nobody", "olga"] == [each["actor"]["user"]["name"] for each in outcomes]
