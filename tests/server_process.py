"""A real server process for tests: `tableadmin-server` with the flags a test wants, on a free port."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tests.fork_server import ForkedProcess, forked

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LISTENING = "tableadmin-server listening on "
_HEALTH = "tableadmin-server answering health checks on "
_METRICS = "tableadmin-server answering Prometheus on "

Process: TypeAlias = "subprocess.Popen[bytes] | ForkedProcess"


@dataclass(frozen=True)
class ServerProcess:
    """A running server: what it said when it started, its process, and the file its log goes to."""

    started: str
    process: Process
    log_file: Path

    @property
    def address(self) -> str:
        """Where its first listener listens."""
        return self.addresses[0]

    @property
    def addresses(self) -> list[str]:
        """Where its listeners listen."""
        return _said(self.started, _LISTENING)

    @property
    def health_address(self) -> str | None:
        """Where it answers health checks alone."""
        return next(iter(_said(self.started, _HEALTH)), None)

    @property
    def metrics_address(self) -> str | None:
        """Where it answers Prometheus."""
        return next(iter(_said(self.started, _METRICS)), None)

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.log_file.read_text(encoding="utf-8")

    def terminate(self) -> int:
        """Send SIGTERM and wait for the end; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without anything that configures AWS or this project, and EXTRA."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TABLEADMIN_", "TABLECTL_", "BOTO_"))
    }
    # No file of the user's counts, and nobody is asked for credentials over the network.
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nowhere, "AWS_EC2_METADATA_DISABLED": "true", **extra}


@contextmanager
def running_server(
    *flags: str,
    env: Mapping[str, str] | None = None,
    module: str = "tableadmin_server",
    fresh: bool = False,
    listen: str | None = "127.0.0.1:0",
) -> Iterator[ServerProcess]:
    """A server started with FLAGS on a free port; it is stopped at the end, by SIGKILL if need be.

    Without LISTEN the configuration says where it listens.

    A process that has imported the server forks it; a FRESH one has an interpreter of its own.
    """
    start = _started if fresh else forked
    with tempfile.TemporaryDirectory(prefix="tableadmin-") as folder:
        out, log = Path(folder) / "out", Path(folder) / "log"
        out.touch()
        log.touch()
        arguments = [*(("--listen", listen) if listen else ()), *flags]
        process = start(module, arguments, clean_environment(**(env or {})), out, log)
        try:
            yield ServerProcess(_listening(process, out, log), process, log)
        finally:
            _stop(process)


def run_server(
    *flags: str, env: Mapping[str, str] | None = None, module: str = "tableadmin_server"
) -> "subprocess.CompletedProcess[str]":
    """Run a server that does not stay: its exit code and what it wrote."""
    with tempfile.TemporaryDirectory(prefix="tableadmin-") as folder:
        out, log = Path(folder) / "out", Path(folder) / "log"
        out.touch()
        log.touch()
        process = forked(module, flags, clean_environment(**(env or {})), out, log)
        try:
            code = process.wait(_START_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(flags, code, out.read_text("utf-8"), log.read_text("utf-8"))


def _started(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], out: Path, log: Path
) -> subprocess.Popen[bytes]:
    with out.open("wb") as stdout, log.open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment,
        )


def _said(text: str, beginning: str) -> list[str]:
    """What follows BEGINNING in each line of TEXT that begins so."""
    return [line.removeprefix(beginning) for line in text.splitlines() if line.startswith(beginning)]


def _listening(process: Process, out: Path, log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        said = out.read_text(encoding="utf-8")
        if _said(said, _LISTENING) and said.endswith("\n"):
            return said
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start: {log.read_text(encoding='utf-8')}")


def _stop(process: Process) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
