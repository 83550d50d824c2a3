"""Servers that tests start: a forked one is as one with an interpreter of its own."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.server_process import ServerProcess, running_server

FLAGS = ("--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2")
Start = Callable[..., AbstractContextManager[ServerProcess]]


@pytest.fixture(params=[False, True], ids=["forked", "fresh"])
def start(request: pytest.FixtureRequest) -> Start:
    """Start a server in each way."""
    return partial(running_server, fresh=request.param)


def status(pid: int, name: str) -> str:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return found


def test_ends(start: Start) -> None:
    """A server that is told to stop ends with 0."""
    with start(*FLAGS) as server:
        assert server.process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0)
        assert 0 == server.terminate()
        assert 0 == server.process.poll() == server.process.wait(0)


def test_is_killed(start: Start) -> None:
    """A server that is killed ends with the signal, and what is sent to it afterwards is sent to nobody."""
    with start(*FLAGS) as server:
        server.process.kill()
        assert -signal.SIGKILL == server.process.wait(60)
        server.process.terminate()


def test_is_interrupted(start: Start) -> None:
    """Ctrl-C stops a server."""
    with start(*FLAGS) as server:
        server.process.send_signal(signal.SIGINT)
        assert 0 == server.process.wait(60)


def test_does_not_start(start: Start) -> None:
    """Why a server did not start is told."""
    with (
        pytest.raises(RuntimeError, match=r"(?s)did not start.*No such option '--no-such-flag'"),
        start("--no-such-flag"),
    ):
        pass


def test_environment(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a server is what it was given: variables that configure AWS are not inherited."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with start("--region", "us-west-2", env={"TABLEADMIN_ENDPOINT_URL": FLAGS[1]}):
        pass


def test_fork_server() -> None:
    """What forks servers has one thread, so no lock is held in a server that no thread would release."""
    with running_server(*FLAGS) as first, running_server(*FLAGS) as second:
        parents = {status(int(status(each.process.pid, "PPid")), "PPid") for each in (first, second)}
        (fork_server,) = map(int, parents)
        assert os.getpid() == int(status(fork_server, "PPid"))
        assert "1" == status(fork_server, "Threads")
