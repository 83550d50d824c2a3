"""Logs and statuses hold no credentials, whatever fails while a request is signed or sent."""

import fcntl
import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tableadmin import Client, TableAdminError
from tests.fork_server import forked
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import Answer, Seen, serving
from tests.server_process import clean_environment, running_server

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
            module="tests.server.harness.faulty_server",
        ) as server,
        Client(server.address, timeout=60) as client,
    ):
        told = []
        for call in (client.describe_table, client.delete_table):
            with pytest.raises(TableAdminError) as raised:
                call(table_name="Music")
            told.append(repr(raised.value) + str(raised.value))
        log = server.log
    assert "call ended" in log
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
        Client(server.address, timeout=60) as client,
    ):
        client.describe_limits()
        with pytest.raises(TableAdminError) as raised:
            client.delete_table(table_name="Music")
        log = server.log
        assert {TOKEN} == {seen.headers.get("X-Amz-Security-Token") for seen in endpoint.seen}
    told = str(raised.value)
    assert [] == [part for part in (SECRET, TOKEN, *SIGNED) for text in (log, told) if part in text]


def _logged(code: str, log_format: str = "json", **environment: str) -> bytes:
    """What a process that runs CODE with `log`, a logger, writes to standard error."""
    program = f"""
import logging, math, structlog
from tableadmin_server.logs import logs
logs.configure("info", {log_format!r})
log = structlog.get_logger()
{code}
logs.flush()
"""
    arguments = [sys.executable, "-c", program]
    return subprocess.run(
        arguments, check=True, stderr=subprocess.PIPE, env={**os.environ, **environment}
    ).stderr


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_failed_refresh_of_credentials(log_format: str) -> None:
    """Of an error while botocore refreshes credentials, the log has the class and not the text.

    The text can have the answer of STS with the new credentials.
    """
    code = f"""
try:
    raise ValueError("cannot parse <SessionToken>{TOKEN}</SessionToken>")
except ValueError:
    logging.getLogger("botocore.credentials").warning("Refreshing failed", exc_info=True)
"""
    logged = _logged(code, log_format).decode()
    assert "Refreshing failed (ValueError)" in logged
    assert TOKEN not in logged


def test_values_that_json_does_not_have() -> None:
    """Whatever is logged makes one line of JSON; lines of libraries have the name of their logger."""
    code = r"""
circle = []
circle.append(circle)
log.info("happened", half="\udce9", number=math.nan, raw=b"x", several={1}, thing=object, text="a\nb")
log.warning("happened", circle=circle)
log.debug("not logged")
logging.getLogger("library").error("%s failed", "something")
logging.getLogger("library").log(25, "between")
"""
    lines = [json.loads(line) for line in _logged(code).splitlines()]
    assert [
        ("info", "happened"),
        ("warning", "happened"),
        ("error", "something failed"),
        ("info", "between"),
    ] == [(line["level"], line["event"]) for line in lines]
    assert {"timestamp", "level", "event", "half", "number", "raw", "several", "thing", "text"} == set(
        lines[0]
    )
    assert lines[0]["text"] == "a\nb"
    assert lines[2]["logger"] == "library"


def test_text_of_callers_does_not_control_a_terminal() -> None:
    """In readable lines a value begins no line of its own, and sets no colour."""
    told = _logged(r"""log.info("happened", name="a\nb\x1b[31m", other="\udce9")""", "console")
    assert told.count(b"\n") == 1
    assert b"\x1b" not in told
    assert rb"name='a\nb\x1b[31m'" in told


@pytest.mark.parametrize(
    ("environment", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colors(environment: dict[str, str], colored: bool) -> None:  # noqa: FBT001  # a parameter of a test
    """Readable lines have colours on a terminal, unless the environment says otherwise."""
    reader, terminal = pty.openpty()
    code = "from tableadmin_server.logs import logs; logs.configure('info', 'console'); import structlog; "
    subprocess.run(
        [sys.executable, "-c", code + "structlog.get_logger().info('happened')"],
        check=True,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment},
    )
    told = os.read(reader, 4096)
    os.close(reader)
    os.close(terminal)
    assert b"happened" in told
    assert colored == (b"\x1b[" in told)


def test_nobody_reads_the_log(tmp_path: Path) -> None:
    """A full pipe on standard error stops no call: the server does not wait for the reader of its log."""
    log, out = tmp_path / "log", tmp_path / "out"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, select.PIPE_BUF)
    out.touch()
    with serving() as endpoint:
        flags = ("--listen", "127.0.0.1:0", "--endpoint-url", endpoint.url, "--region", "us-west-2")
        process = forked("tableadmin_server", flags, clean_environment(), out, log)
        try:
            wait_for(lambda: "listening on " in out.read_text(), 60)
            with Client(out.read_text().split()[-1], timeout=60) as client:
                for number in range(50):
                    client.delete_table(table_name=f"table-{number}")
        finally:
            process.kill()
            process.wait(60)
    # Less than fifty lines.
    assert 0 < len(os.read(reader, 2 * select.PIPE_BUF)) <= select.PIPE_BUF
    os.close(reader)
