"""The embedded engine, each time as a real child process."""

import logging
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from tableadmin import Client, v1
from tableadmin_server import embedded
from tableadmin_server.embedded import EmbeddedEngine, EmbeddedEngineError, EmbeddedEngineMissing
from tests.engines import Engine
from tests.measuring import least
from tests.server_process import running_server

_SERVER = """
import sys, time
from pathlib import Path
from tableadmin_server.embedded import EmbeddedEngine
print(EmbeddedEngine.start(*map(Path, sys.argv[1:])).url, flush=True)
time.sleep(60)
"""


def _table_names(url: str) -> list[str]:
    return Engine("ministack", url).boto3().list_tables()["TableNames"]


def _create_table(url: str, name: str) -> None:
    Engine("ministack", url).boto3().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _listens(host: str, url: str) -> bool:
    port = urlsplit(url).port
    assert port is not None
    try:
        socket.create_connection((host, port), timeout=60).close()
    except OSError:
        return False
    return True


def test_answers_as_soon_as_it_is_started() -> None:
    """A started engine answers, with no table in it."""
    with EmbeddedEngine.start() as engine:
        assert _table_names(engine.url) == []


def test_listens_on_loopback_only() -> None:
    """The engine listens at 127.0.0.1 and at no other address of the machine."""
    with EmbeddedEngine.start() as engine:
        assert [_listens(host, engine.url) for host in ("127.0.0.1", "127.0.0.2", "::1")] == [
            True,
            False,
            False,
        ]


def test_is_gone_after_the_block() -> None:
    """The engine ends with its block."""
    with EmbeddedEngine.start() as engine:
        pass
    assert not _listens("127.0.0.1", engine.url)


def test_stops_twice() -> None:
    """Stopping an engine that has stopped does nothing."""
    engine = EmbeddedEngine.start()
    engine.stop()
    engine.stop()
    assert engine.process.returncode == 0


def test_data_directory_keeps_tables(tmp_path: Path) -> None:
    """With a data directory, which need not exist yet, tables are there again after a restart."""
    with EmbeddedEngine.start(tmp_path / "new" / "data") as engine:
        _create_table(engine.url, "Music")
    with EmbeddedEngine.start(tmp_path / "new" / "data") as engine:
        assert _table_names(engine.url) == ["Music"]


def test_forgets_without_data_directory(caplog: pytest.LogCaptureFixture) -> None:
    """Without a data directory the next engine is empty, and the log has said so."""
    with EmbeddedEngine.start() as engine:
        _create_table(engine.url, "Music")
    with EmbeddedEngine.start() as engine:
        assert _table_names(engine.url) == []
        assert f"{engine.url} stores tables in memory only: they are lost" in caplog.text


def test_says_where_tables_are_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a data directory the log says where the tables are kept."""
    with caplog.at_level(logging.INFO), EmbeddedEngine.start(tmp_path):
        pass
    assert f"stores its tables in {tmp_path}" in caplog.text


def test_killed_parent_takes_the_engine_along(tmp_path: Path) -> None:
    """When the server is killed with SIGKILL its engine saves the tables and is deleted within 2 seconds."""
    folders = (tmp_path / str(number) for number in count())

    def seconds() -> float:
        folder = next(folders)
        command = [sys.executable, "-c", _SERVER, str(folder)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            _create_table(url, "Music")
            server.kill()
        killed = time.monotonic()
        _wait_for(lambda: not _listens("127.0.0.1", url))
        taken = time.monotonic() - killed
        with EmbeddedEngine.start(folder) as engine:
            assert _table_names(engine.url) == ["Music"]
        return taken

    assert least(seconds, 2) < 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_for_the_server_leave_it_alone(number: signal.Signals) -> None:
    """SIGTERM and SIGINT sent to every process of the service do not end the engine before the server."""
    with EmbeddedEngine.start() as engine:
        os.kill(engine.process.pid, number)
        assert _table_names(engine.url) == []
    assert engine.process.returncode == 0


def test_environment_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of MiniStack that happen to be in the environment change nothing."""
    for name, value in {"SERVICES": "s3", "USE_SSL": "1", "BIND_HOST": "0.0.0.0"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedEngine.start() as engine:
        assert _table_names(engine.url) == []


def test_writes_nothing_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a data directory the engine leaves no file in the current or the temporary directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with EmbeddedEngine.start() as engine:
        _create_table(engine.url, "Music")
    assert list(tmp_path.iterdir()) == []


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MiniStack the message says which extra installs it."""
    monkeypatch.setitem(sys.modules, "ministack", None)
    with pytest.raises(EmbeddedEngineMissing, match=r"pip install 'tableadmin\[embedded\]'"):
        EmbeddedEngine.start()


def test_too_slow() -> None:
    """An engine that does not answer in time is an error that says how long was waited."""
    with pytest.raises(EmbeddedEngineError, match=r"did not respond within 0\.01 s"):
        EmbeddedEngine.start(timeout=0.01)


def test_unreadable_state_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A saved state that cannot be read is an error that names the file, which stays as it is."""
    state = tmp_path / "dynamodb.json"
    state.write_text("{")
    with pytest.raises(EmbeddedEngineError, match=rf"exited while starting(.|\n)*{state} cannot be read"):
        EmbeddedEngine.start(tmp_path)
    assert state.read_text() == "{"


def test_unusable_data_directory(tmp_path: Path) -> None:
    """A data directory that cannot be made is an error that says why."""
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedEngineError, match="file/data cannot be used: Not a directory"):
        EmbeddedEngine.start(tmp_path / "file" / "data")


def test_data_directory_is_for_one_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines cannot use one data directory, where the last to stop would win."""
    monkeypatch.setattr(embedded, "_LOCK_SECONDS", 0.1)
    with EmbeddedEngine.start(tmp_path), pytest.raises(EmbeddedEngineError, match="in use by another"):
        EmbeddedEngine.start(tmp_path)


def test_a_killed_engine_is_started_again(tmp_path: Path) -> None:
    """With a data directory an engine that is killed comes back at the same URL with its saved tables."""
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    with EmbeddedEngine.start(tmp_path) as engine:
        engine.supervise(told.put, lambda: None)
        _create_table(engine.url, "Music")
        _wait_for(lambda: "Music" in _saved(tmp_path))
        engine.process.kill()
        assert [told.get(timeout=60), told.get(timeout=60)] == [False, True]
        assert _table_names(engine.url) == ["Music"]
        _create_table(engine.url, "Books")
    with EmbeddedEngine.start(tmp_path) as engine:
        assert _table_names(engine.url) == ["Books", "Music"]


def test_an_engine_that_exits_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between starts grow; past a bound the engine is not called available until it is stable."""
    assert [0, 1, 2, 4, 8, 16, 30, 30] == [embedded._pause(exits) for exits in range(1, 9)]
    monkeypatch.setattr(embedded, "_FIRST_PAUSE", 0.1)
    monkeypatch.setattr(embedded, "_MAX_EXITS", 2)
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    with EmbeddedEngine.start(tmp_path) as engine:
        engine.supervise(told.put, lambda: None)
        engine.process.kill()
        assert [False, True] == [told.get(timeout=60), told.get(timeout=60)]
        monkeypatch.setattr(embedded, "_STABLE_SECONDS", 3600.0)
        first = engine.process
        first.kill()
        assert told.get(timeout=60) is False
        _wait_for(lambda: engine.process is not first and _table_names(engine.url) == [])
        assert told.empty()


def test_tables_are_saved_while_it_runs(tmp_path: Path) -> None:
    """A change is on the disk soon, without an end of the engine."""
    with EmbeddedEngine.start(tmp_path) as engine:
        for name in ("Music", "Books"):
            _create_table(engine.url, name)
            _wait_for(lambda name=name: name in _saved(tmp_path))  # type: ignore[misc] # bound at once


@pytest.mark.parametrize("state", ["[]", '{"foo": 1}', '"text"', "null", '{"tables": {"Music": 5}}', "\xff"])
def test_json_that_is_no_state_is_refused_and_left_alone(tmp_path: Path, state: str) -> None:
    """A data file that is JSON, but no state of the engine, is an error that names the file."""
    file = tmp_path / "dynamodb.json"
    file.write_text(state, encoding="latin-1")
    with pytest.raises(EmbeddedEngineError, match=rf"{file} cannot be read"):
        EmbeddedEngine.start(tmp_path)
    assert file.read_text(encoding="latin-1") == state


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_tables_that_could_not_be_saved(tmp_path: Path) -> None:
    """A server whose engine can't save its tables at the end says so and exits 1."""
    with (
        running_server("--embedded", "--data-dir", str(tmp_path)) as server,
        Client(server.address) as client,
    ):
        client.list_tables()
        resource.prlimit(_child(server.process.pid), resource.RLIMIT_FSIZE, (10, 10))
        client.create_table(v1.CreateTableRequest(**MUSIC))
        assert 1 == server.terminate()
        assert f"tableadmin-server: the embedded engine could not save its tables in {tmp_path}" in server.log


def test_a_server_without_its_engine_ends() -> None:
    """Without a data directory the server ends when its engine does: exit code 1, and a line says why."""
    with running_server("--embedded") as server:
        os.kill(_child(server.process.pid), signal.SIGKILL)
        assert 1 == server.process.wait(60)
        assert "tableadmin-server: the embedded engine exited with status -9" in server.log


def test_health_says_that_the_engine_is_away(tmp_path: Path) -> None:
    """Health is NOT_SERVING from the end of the engine until it answers again, and the log has both."""
    with (
        running_server("--embedded", "--data-dir", str(tmp_path)) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        watch = HealthStub(channel).Watch(HealthCheckRequest(), timeout=60)
        seen = [next(watch).status]
        os.kill(_child(server.process.pid), signal.SIGKILL)
        seen += [next(watch).status, next(watch).status]
        with Client(server.address) as client:
            client.list_tables()
        watch.cancel()
        assert "started again with the tables in" in server.log
        assert "is running again" in server.log
    status = HealthCheckResponse
    assert [status.SERVING, status.NOT_SERVING, status.SERVING] == seen


def test_a_proxy_is_not_asked() -> None:
    """A server reaches its own engine whatever proxy the environment names."""
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    with running_server("--embedded", env=proxies) as server, Client(server.address) as client:
        assert [] == list(client.list_tables().table_names)


MUSIC: dict[str, Any] = {
    "table_name": "Music",
    "key_schema": [v1.KeySchemaElement(attribute_name="Artist", key_type=v1.KeyType.KEY_TYPE_HASH)],
    "attribute_definitions": [
        v1.AttributeDefinition(
            attribute_name="Artist", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
        )
    ],
    "billing_mode": v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST,
}


def _saved(data_dir: Path) -> str:
    file = data_dir / "dynamodb.json"
    return file.read_text() if file.exists() else ""


def _child(parent: int) -> int:
    return int(subprocess.check_output(["pgrep", "-P", str(parent)], text=True).split()[0])


def _wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
