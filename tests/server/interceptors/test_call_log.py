"""The log has one line for each call, at a level by the method and the outcome."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from tableadmin import Client, TableAdminError
from tableadmin_server.interceptors.call_log import level_of
from tableadmin_server.security.audit.record import Outcome
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import REQUEST_ID, ScriptedEndpoint, error, serving
from tests.server_process import ServerProcess, running_server

CHANGE, READ = "/tableadmin.v1.TableAdmin/DeleteTable", "/tableadmin.v1.TableAdmin/DescribeTable"
HEALTH = "/grpc.health.v1.Health/Check"


@pytest.fixture
def lines(scripted_server: ServerProcess) -> "Lines":
    """The lines of calls that the server logs from now on."""
    return Lines(scripted_server)


class Lines:
    """The lines of calls that SERVER logs from now on."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._begin = len(server.log)

    def __call__(self, count: int) -> list[dict[str, Any]]:
        """The lines, once there are COUNT of them."""
        wait_for(lambda: len(self._found()) >= count)
        return self._found()

    def _found(self) -> list[dict[str, Any]]:
        whole = self._server.log[self._begin :].rpartition("\n")[0].splitlines()
        return [each for each in map(json.loads, whole) if each["event"] == "call ended"]


def test_a_change_that_was_made(scripted_client: Client, endpoint: ScriptedEndpoint, lines: Lines) -> None:
    """The line says who asked for what, what came of it, both request ids, and how long the call took."""
    scripted_client.describe_table(table_name="Music")
    scripted_client.delete_table(table_name="Music")
    (line,) = lines(1)
    assert {
        "rpc": "tableadmin.v1.TableAdmin/DeleteTable",
        "names": ["Music"],
        "principal": "User::none/anonymous",
        "code": "OK",
        "aws_request_id": REQUEST_ID,
        "level": "info",
    }.items() <= line.items()
    assert "127.0.0.1" in line["peer"]
    assert "grpc-python" in line["user_agent"]
    assert len(line["request_id"]) == len("0" * 32)
    assert 0 < line["seconds"] < 60
    assert [each.operation for each in endpoint.seen] == ["DescribeTable", "DeleteTable"]


def test_a_change_that_is_refused(
    scripted_server: ServerProcess, scripted_client: Client, endpoint: ScriptedEndpoint, lines: Lines
) -> None:
    """The line has the code and the reason, AWS's and the service's own."""
    endpoint.step = error("ResourceNotFoundException")
    with pytest.raises(TableAdminError):
        scripted_client.delete_table(table_name="Music")
    with Client(scripted_server.address, endpoint="absent") as client, pytest.raises(TableAdminError):
        client.delete_table(table_name="Music")
    by_aws, by_us = lines(2)
    assert ("NOT_FOUND", "RESOURCE_NOT_FOUND_EXCEPTION", REQUEST_ID) == (
        by_aws["code"],
        by_aws["reason"],
        by_aws["aws_request_id"],
    )
    assert ("NOT_FOUND", "ENDPOINT_NOT_FOUND", "absent") == (
        by_us["code"],
        by_us["reason"],
        by_us["endpoint"],
    )


def test_a_request_that_cannot_be_read(scripted_server: ServerProcess, lines: Lines) -> None:
    """The line names nothing, and the call ends as without it."""
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError):
        channel.unary_unary("/tableadmin.v1.TableAdmin/DeleteTable", bytes, bytes)(b"\xff")
    (line,) = lines(1)
    assert (None, "INVALID_ARGUMENT", "MALFORMED_REQUEST") == (
        line.get("names"),
        line["code"],
        line["reason"],
    )


def test_a_token_where_the_endpoint_belongs(scripted_server: ServerProcess, lines: Lines) -> None:
    """What can be no name of an endpoint is not in the log: it may be a secret in the wrong place."""
    metadata = (("tableadmin-endpoint", "Bearer sEcReT"),)
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError):
        channel.unary_unary(READ, bytes, bytes)(b"", metadata=metadata)
    (line,) = lines(1)
    assert line["endpoint"] == "(malformed name)"
    assert "sEcReT" not in scripted_server.log


def test_a_read_that_is_refused(scripted_client: Client, endpoint: ScriptedEndpoint, lines: Lines) -> None:
    """Above DEBUG the log has the reads that fail, and not those that succeed."""
    scripted_client.describe_table(table_name="Music")
    endpoint.step = error("ResourceNotFoundException")
    with pytest.raises(TableAdminError):
        scripted_client.describe_table(table_name="Absent")
    (line,) = lines(1)
    assert ("warning", "NOT_FOUND", ["Absent"]) == (line["level"], line["code"], line["names"])


@pytest.mark.parametrize(
    ("method", "code", "reason", "level"),
    [
        (READ, "OK", "", logging.DEBUG),
        (CHANGE, "OK", "", logging.INFO),
        (READ, "CANCELLED", "", logging.DEBUG),
        (CHANGE, "CANCELLED", "", logging.INFO),
        (READ, "NOT_FOUND", "RESOURCE_NOT_FOUND_EXCEPTION", logging.WARNING),
        (CHANGE, "PERMISSION_DENIED", "PERMISSION_DENIED", logging.WARNING),
        (READ, "UNAVAILABLE", "ENDPOINT_UNREACHABLE", logging.ERROR),
        (READ, "UNAVAILABLE", "SERVER_STOPPING", logging.INFO),
        (CHANGE, "INTERNAL", "INTERNAL", logging.ERROR),
        (HEALTH, "OK", "", logging.DEBUG),
        (HEALTH, "NOT_FOUND", "", logging.DEBUG),
        (HEALTH, "INTERNAL", "INTERNAL", logging.ERROR),
    ],
)
def test_levels(method: str, code: str, reason: str, level: int) -> None:
    """What is broken is an error, what is refused a warning, a change is told of, all else is for DEBUG."""
    assert level == level_of(method, Outcome(code, reason))


@pytest.fixture(scope="module")
def talkative() -> Iterator[ServerProcess]:
    """A server that logs everything."""
    with serving() as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
        with running_server(*flags, "--log-level", "debug") as server:
            yield server


def test_everything_at_debug(talkative: ServerProcess) -> None:
    """At DEBUG there is a line of every call: reads, streams, health, and RPCs that are not there."""
    lines = Lines(talkative)
    with (
        Client(talkative.address) as client,
        grpc.insecure_channel(talkative.address) as channel,
    ):
        client.describe_table(table_name="Music")
        HealthStub(channel).Check(HealthCheckRequest())
        with pytest.raises(grpc.RpcError):
            HealthStub(channel).Check(HealthCheckRequest(service="absent"))
        with pytest.raises(grpc.RpcError):
            channel.unary_unary("/tableadmin.v1.TableAdmin/Absent", bytes, bytes)(b"")
    assert [
        ("debug", READ, "OK", ["Music"]),
        ("debug", HEALTH, "OK", None),
        ("debug", HEALTH, "NOT_FOUND", None),
        ("warning", "/tableadmin.v1.TableAdmin/Absent", "UNIMPLEMENTED", None),
    ] == [(each["level"], f"/{each['rpc']}", each["code"], each.get("names")) for each in lines(4)]
