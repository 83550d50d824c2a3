"""The log has one line for each change, whether it was made or refused, and none for reads."""

import json
from typing import Any

import grpc
import pytest

from tableadmin import Client, TableAdminError
from tests.server.conftest import wait_for
from tests.server.scripted_endpoint import REQUEST_ID, ScriptedEndpoint, error
from tests.server_process import ServerProcess


@pytest.fixture
def lines(scripted_server: ServerProcess) -> "Lines":
    """The lines of changes that the server logs from now on."""
    return Lines(scripted_server)


class Lines:
    """The lines of changes that SERVER logs from now on."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._begin = len(server.log)

    def __call__(self, count: int) -> list[dict[str, Any]]:
        """The lines, once there are COUNT of them."""
        wait_for(lambda: len(self._found()) >= count)
        return self._found()

    def _found(self) -> list[dict[str, Any]]:
        whole = self._server.log[self._begin :].rpartition("\n")[0].splitlines()
        return [each for each in map(json.loads, whole) if each["event"] == "change"]


def test_a_change_that_was_made(scripted_client: Client, endpoint: ScriptedEndpoint, lines: Lines) -> None:
    """The line says who asked for what, what came of it, both request ids, and how long the call took."""
    scripted_client.describe_table(table_name="Music")
    scripted_client.delete_table(table_name="Music")
    (line,) = lines(1)
    assert {
        "rpc": "tableadmin.v1.TableAdmin/DeleteTable",
        "names": ["Music"],
        "principal": "User::none/anonymous",
        "outcome": "OK",
        "aws_request_id": REQUEST_ID,
        "level": "info",
    }.items() <= line.items()
    assert "127.0.0.1" in line["peer"]
    assert "grpc-python" in line["user_agent"]
    assert len(line["request_id"]) == len("0" * 32)
    assert 0 < line["seconds"] < 10
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
        by_aws["outcome"],
        by_aws["reason"],
        by_aws["aws_request_id"],
    )
    assert ("NOT_FOUND", "ENDPOINT_NOT_FOUND", "absent") == (
        by_us["outcome"],
        by_us["reason"],
        by_us["endpoint"],
    )


def test_a_request_that_cannot_be_read(scripted_server: ServerProcess, lines: Lines) -> None:
    """The line names nothing, and the call ends as without it."""
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError):
        channel.unary_unary("/tableadmin.v1.TableAdmin/DeleteTable", bytes, bytes)(b"\xff")
    (line,) = lines(1)
    assert ([], "INVALID_ARGUMENT", "MALFORMED_REQUEST") == (line["names"], line["outcome"], line["reason"])
