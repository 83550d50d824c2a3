"""The private members of botocore that the server uses: where one is missing, the server goes on."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from structlog.testing import capture_logs

import tableadmin_server.dynamodb
from tableadmin import Client
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client import botocore_private
from tableadmin_server.dynamodb.client.botocore_private import missing_members
from tableadmin_server.dynamodb.client.session import make_client
from tableadmin_server.dynamodb.endpoint import Endpoint
from tests.server.harness.scripted_endpoint import ScriptedEndpoint, answer, serving
from tests.server_process import running_server

REGION = "us-west-2"
OF_CLIENT = botocore_private._OF_CLIENT
STEPS = tuple(botocore_private._STEPS)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that any engine takes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def scripted() -> Iterator[ScriptedEndpoint]:
    """An endpoint that has one table."""
    with serving(answer({"TableNames": ["Music"]})) as endpoint:
        yield endpoint


def config_of(scripted: ScriptedEndpoint) -> EndpointConfig:
    """A configuration with SCRIPTED, where nobody looks for operations."""
    return EndpointConfig(endpoint_url=scripted.url, region=REGION, operations_table="")


def listed(scripted: ScriptedEndpoint) -> tuple[dict[str, Any], bool]:
    """What ListTables answers, and whether plain boto3 alone serves reads."""

    async def main() -> tuple[dict[str, Any], bool]:
        endpoint = Endpoint("scripted", config_of(scripted))
        try:
            return dict((await endpoint.call("ListTables", {})).data), endpoint._calls._reads is None
        finally:
            endpoint.close()

    return asyncio.run(main())


def test_nothing_is_missing(scripted: ScriptedEndpoint) -> None:
    """The botocore that is installed has every private member that is used, and reads do not need boto3."""
    assert [] == missing_members(make_client("scripted", config_of(scripted)))
    with capture_logs() as logged:
        assert ({"TableNames": ["Music"]}, False) == listed(scripted)
    assert [] == logged


@pytest.mark.parametrize("path", OF_CLIENT)
def test_a_client_without_a_member(
    path: str, scripted: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a private member of its client an endpoint logs the name once and reads through boto3."""
    found = botocore_private._member

    def without(client: BaseClient, asked: str) -> object:
        return None if asked == path else found(client, asked)

    monkeypatch.setattr(botocore_private, "_member", without)
    assert_read_by_boto3(scripted, path)


@pytest.mark.parametrize("step", STEPS)
def test_a_parser_without_a_step(
    step: str, scripted: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a step of botocore's parser an endpoint logs the name once and reads as boto3 does."""
    monkeypatch.setattr(botocore_private, "_STEPS", {**botocore_private._STEPS, step: "_renamed"})
    assert_read_by_boto3(scripted, "_renamed")


def assert_read_by_boto3(scripted: ScriptedEndpoint, member: str) -> None:
    """A read works without MEMBER, which the log names once."""
    with capture_logs() as logged:
        assert ({"TableNames": ["Music"]}, True) == listed(scripted)
    (entry,) = logged
    assert ("botocore lacks private members", "warning", "scripted", [member]) == (
        entry["event"],
        entry["log_level"],
        entry["endpoint"],
        entry["members"],
    )


def test_a_server_without_a_member(scripted: ScriptedEndpoint) -> None:
    """A server starts with a botocore that lacks a member, logs the name once, and serves reads."""
    flags = ("--endpoint-url", scripted.url, "--region", REGION, "--operations-table", "")
    with (
        running_server(*flags, module="tests.server.harness.lacking_server") as server,
        Client(server.address) as client,
    ):
        assert ["Music"] == list(client.list_tables().table_names)
        entries = [json.loads(line) for line in server.log.splitlines()]
    (entry,) = [each for each in entries if each["event"] == "botocore lacks private members"]
    assert ("default", [botocore_private.SERIALIZER]) == (entry["endpoint"], entry["members"])


def test_one_module_uses_private_members() -> None:
    """No other module of the package names a private member of botocore or is excused from the linter."""
    (folder,) = map(Path, tableadmin_server.dynamodb.__path__)
    names = {name for path in OF_CLIENT for name in path.split(".") if name.startswith("_")}
    names |= {*botocore_private._STEPS.values(), *botocore_private._STEPS_BY_TYPE.values()}
    private = re.compile(rf"SLF001|JSONParser|\b(?:{'|'.join(names)})\b")
    using = [file.name for file in folder.rglob("*.py") if private.search(file.read_text(encoding="utf-8"))]
    assert ["botocore_private.py"] == using
