"""Logs and statuses hold no credentials, whatever fails while a request is signed or sent."""

import json

import pytest

from tableadmin import Client, TableAdminError
from tests.server.scripted_endpoint import Answer, Seen, serving
from tests.server_process import running_server

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYSECRETKEY"
TOKEN = "FwoGZXIvYXdzESESSIONTOKEN"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": TOKEN,
}
# What only an Authorization header has.
SIGNED = ("AWS4-HMAC-SHA256", "Signature=")


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("level", ["info", "debug"])
def test_a_fault_below_signing(log_format: str, level: str) -> None:
    """The log has the traceback, of reads, writes and libraries, without the values of variables."""
    flags = ("--log-format", log_format, "--log-level", level, "--region", "us-west-2")
    with (
        serving() as endpoint,
        running_server(
            *flags,
            "--endpoint-url",
            endpoint.url,
            env=CREDENTIALS,
            module="tests.server.faulty_server",
        ) as server,
        Client(server.address, timeout=30) as client,
    ):
        told = []
        for call in (client.describe_table, client.delete_table):
            with pytest.raises(TableAdminError) as raised:
                call(table_name="Music")
            told.append(repr(raised.value) + str(raised.value))
        log = server.log
    assert "call failed" in log
    assert "a fault below signing" in log
    assert "the library failed" in log
    assert "_break_off" in log
    assert [] == [part for part in (SECRET, TOKEN, *SIGNED) for text in (log, *told) if part in text]
    if log_format == "json":
        assert all(json.loads(line)["event"] for line in log.splitlines())


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_debug(log_format: str) -> None:
    """At the level debug calls that succeed, are refused or are tried again tell nothing of credentials."""

    def step(seen: Seen) -> Answer:
        if seen.operation == "DeleteTable":
            return Answer(500, b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}')
        return Answer()

    flags = ("--log-format", log_format, "--log-level", "debug", "--region", "us-west-2")
    with (
        serving(step) as endpoint,
        running_server(
            *flags, "--endpoint-url", endpoint.url, "--max-attempts", "2", env=CREDENTIALS
        ) as server,
        Client(server.address, timeout=30) as client,
    ):
        client.describe_limits()
        with pytest.raises(TableAdminError) as raised:
            client.delete_table(table_name="Music")
        log = server.log
        assert {TOKEN} == {seen.headers.get("X-Amz-Security-Token") for seen in endpoint.seen}
    told = str(raised.value)
    assert [] == [part for part in (SECRET, TOKEN, *SIGNED) for text in (log, told) if part in text]
