"""`tablectl history`: what happened to a table, and who asked for it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Run, runner
from tests.server_process import ServerProcess, running_server

SPEC = """\
TableName: Music
BillingMode: PAY_PER_REQUEST
AttributeDefinitions: [{AttributeName: Artist, AttributeType: S}]
KeySchema: [{AttributeName: Artist, KeyType: HASH}]
DeletionProtectionEnabled: true
"""


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server on the embedded engine with an audit file."""
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    with running_server("--embedded", "--audit-file", str(path)) as server:
        yield server


def test_a_life(environment: dict[str, str], audited: ServerProcess, tmp_path: Path) -> None:
    """An operation with its calls is one event, and each direct change is one, in the order of time."""
    tablectl = runner({**environment, "TABLEADMIN_SERVER": audited.address})
    (tmp_path / "music.yaml").write_text(SPEC)
    applied = tablectl("apply", "-f", str(tmp_path / "music.yaml"), "--yes")
    assert 0 == applied.returncode, applied.stderr
    refused = tablectl("table", "delete", "Music", "--yes")
    assert 1 == refused.returncode
    assert 0 == tablectl("tag", "set", "Music", "team=audio").returncode
    assert "no operations and no other changes of Songs\n" == tablectl("history", "Songs").stderr
    ran = tablectl("history", "Music")
    assert (0, "") == (ran.returncode, ran.stderr)
    created, deleted, tagged = ran.stdout.splitlines()[1:]
    assert "CreateTable" in created
    assert " SUCCEEDED " in created
    assert "DeleteTable" in deleted
    assert "anonymous" in deleted
    assert " FAILURE " in deleted
    assert "TagResource" in tagged
    assert " SUCCESS" in tagged
    answer = json.loads(tablectl("history", "Music", "-o", "json").stdout)
    assert ["Operation", "AuditRecord", "AuditRecord"] == [list(each)[2] for each in answer["Events"]]


def test_without_audit(tablectl: Run, table: str) -> None:
    """Without an audit file the operations are shown, and a note says that there may be more."""
    ran = tablectl("history", table)
    assert 0 == ran.returncode
    assert "note: only operations are shown: " in ran.stderr
    assert f"no operations of {table}\n" in ran.stderr
