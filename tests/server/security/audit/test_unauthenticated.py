"""Calls without a valid token are recorded, and no token is."""

from pathlib import Path

import pytest

from tableadmin import Client
from tableadmin.errors import Unauthenticated
from tests.server.harness.scripted_endpoint import ScriptedEndpoint
from tests.server.harness.static_token import TOKEN, config_with_token
from tests.server.security.audit.conftest import records
from tests.server_process import running_server

GUESSED = (("authorization", "Bearer guessed-secret"),)


def test_a_call_without_a_valid_token(scripted: ScriptedEndpoint, tmp_path: Path) -> None:
    """The record says from where the call came and why it was refused; its bytes are not parsed.

    A call with the token has the principal and how it was proved.
    """
    path = tmp_path / "audit.jsonl"
    config = config_with_token(tmp_path, scripted.url, f'[audit]\nfile = "{path}"')
    with running_server("--config", str(config)) as server:
        with Client(server.address, metadata=GUESSED) as client, pytest.raises(Unauthenticated):
            client.delete_table(table_name="Music")
        with Client(server.address, token=TOKEN) as client:
            client.delete_table(table_name="Films")
        with Client(server.address) as client, pytest.raises(Unauthenticated):
            client.describe_table(table_name="Music")
        log = server.log
    guessed, intent, outcome, without = records(path)
    assert [("UNAUTHENTICATED", "CREDENTIALS_INVALID"), ("UNAUTHENTICATED", "CREDENTIALS_MISSING")] == [
        (each["status_code"], each["status_detail"]) for each in (guessed, without)
    ]
    for each in (guessed, without):
        assert "resources" not in each
        assert "127.0.0.1" == each["src_endpoint"]["ip"]
        assert [{"decision": "deny"}] == each["actor"]["authorizations"]
    for each in (intent, outcome):
        assert "Service::ci/deploy" == each["actor"]["user"]["uid"]
        assert [{"name": "ci/pipelines"}] == each["actor"]["user"]["groups"]
        assert "token" == each["unmapped"]["proof"]
    written = path.read_text() + log
    assert "guessed-secret" not in written
    assert TOKEN not in written
