"""`AuditService` and `tablectl audit`: who may read the records, and what they show."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import grpc
import pytest

from tableadmin import Client, FailedPrecondition, InvalidArgument
from tableadmin.cli.app.program import run
from tableadmin.v1 import ReadAuditRecordsRequest
from tableadmin.v1.audit_service_pb2_grpc import AuditServiceStub
from tableadmin_server.failure import Failure
from tableadmin_server.security.identity import Caller, set_caller
from tableadmin_server.services.audit import AuditServicer
from tests.server.conftest import in_front_of
from tests.server.harness.scripted_endpoint import ScriptedEndpoint, answer
from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def audited(scripted: ScriptedEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with an audit file, in which are the records of two changes."""
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    scripted.step = answer({})
    with in_front_of(scripted, "--audit-file", str(path)) as server:
        with Client(server.address) as client:
            client.delete_table(table_name="Music")
            client.delete_table(table_name="Films")
        yield server


def test_records_are_searched(audited: ServerProcess) -> None:
    """The records that match come oldest first, and `last` asks for the newest of them."""
    with Client(audited.address) as client:
        found = [each for response in client.read_audit_records(name="Music") for each in response.records]
        assert ["Intent", "Success"] == [json.loads(each)["status"] for each in found]
        (newest,) = (each for response in client.read_audit_records(last=1) for each in response.records)
        assert [{"name": "Films"}] == json.loads(newest)["resources"]
        long_ago = datetime.now(UTC) - timedelta(days=1)
        assert [] == [
            each for response in client.read_audit_records(until=long_ago) for each in response.records
        ]


def test_new_records_are_followed(audited: ServerProcess) -> None:
    """A stream that follows answers at once, and then has each new record."""
    with Client(audited.address) as client, client.read_audit_records(name="New", follow=True) as stream:
        assert [] == list(next(stream).records)
        client.delete_table(table_name="New")
        statuses: list[str] = []
        while len(statuses) < 2:
            statuses += [json.loads(each)["status"] for each in next(stream).records]
        assert ["Intent", "Success"] == statuses


def test_requests_that_cannot_be(audited: ServerProcess) -> None:
    """`last` has bounds, and what is to come has no end."""
    with Client(audited.address) as client:
        for last in (0, 10_001):
            with pytest.raises(InvalidArgument, match="last"):
                list(client.read_audit_records(last=last))
        with pytest.raises(InvalidArgument, match="until"):
            list(client.read_audit_records(until=datetime.now(UTC), follow=True))


def test_a_server_without_an_audit_file(scripted_client: Client) -> None:
    """The error says that there is no file, and which key sets one."""
    with pytest.raises(FailedPrecondition, match=r"audit\.file") as raised:
        list(scripted_client.read_audit_records())
    assert "AUDIT_NOT_READABLE" == raised.value.reason


@pytest.mark.parametrize(
    ("peer", "permitted"),
    [
        ("127.0.0.1:4711", True),
        ("[::1]:4711", True),
        ("unix:", True),
        ("10.0.0.7:4711", False),
        ("[2001:db8::1]:4711", False),
        ("", False),
    ],
)
def test_without_policies_callers_on_this_machine_alone_may_read(
    tmp_path: Path, peer: str, *, permitted: bool
) -> None:
    """Where policies are configured, they decide instead."""
    set_caller(Caller(peer=peer))
    path = tmp_path / "audit.jsonl"
    assert path == AuditServicer(path, has_policies=True).permitted()
    servicer = AuditServicer(path, has_policies=False)
    if permitted:
        assert path == servicer.permitted()
    else:
        with pytest.raises(Failure) as raised:
            servicer.permitted()
        assert "AUDIT_NOT_PERMITTED" == raised.value.reason


def test_tablectl_search(
    audited: ServerProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row for each record; as JSON the records themselves."""
    monkeypatch.setenv("TABLEADMIN_SERVER", audited.address)
    assert 0 == run(["audit", "search", "--name", "Music", "--since", "1h", "--status", "success"])
    header, row = capsys.readouterr().out.splitlines()
    assert ["TIME", "STATUS", "PRINCIPAL", "RPC"] == header.split()[:4]
    assert ["Success", "User::none/anonymous", "DeleteTable", "Music", "default", "OK"] == row.split()[1:7]
    assert 0 == run(["audit", "search", "--name", "Music", "-o", "json"])
    records = json.loads(capsys.readouterr().out)["Records"]
    assert ["Intent", "Success"] == [each["status"] for each in records]
    assert 64 == run(["audit", "search", "--since", "yesterday"])
    assert "'yesterday' is not a time such as 2h" in capsys.readouterr().err


def test_following_ends_with_the_server(scripted: ScriptedEndpoint, tmp_path: Path) -> None:
    """A stream that follows does not hold up a server that stops: it ends UNAVAILABLE."""
    path = tmp_path / "audit.jsonl"
    with (
        in_front_of(scripted, "--audit-file", str(path), "--grace-period", "60") as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        request = ReadAuditRecordsRequest(follow=True)
        stream = iter(AuditServiceStub(channel).ReadAuditRecords(request))
        next(stream)
        began = time.monotonic()
        assert 0 == server.terminate()
        assert time.monotonic() - began < 30
        with pytest.raises(grpc.RpcError) as raised:
            next(stream)
        assert grpc.StatusCode.UNAVAILABLE == cast("grpc.Call", raised.value).code()
