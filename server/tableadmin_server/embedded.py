"""The embedded engine: MiniStack's DynamoDB as a child process that lives exactly as long as its parent.

The parent binds the listening socket and the child inherits it, so no port can be lost between
choosing it and using it. The child also inherits the read end of a pipe as its standard input and
ends when that closes: the kernel closes it however the parent ends, SIGKILL included, on Linux and
macOS alike. Signals meant for the server (Ctrl-C on the terminal, SIGTERM to the whole service)
leave the child alone, so calls under way are answered while the server drains.

With a data directory, MiniStack reads its tables when it starts and writes them once, when it ends;
the end of the parent counts, by SIGKILL too. What was done since the start is lost only if the
child itself is killed with SIGKILL, runs out of memory, or the machine goes down.

``python -m tableadmin_server.embedded FD`` is the child; nobody else needs to run it.
"""

import asyncio
import fcntl
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

__all__ = ["EmbeddedEngine", "EmbeddedEngineError", "EmbeddedEngineMissing"]

_HOST = "127.0.0.1"
_STATE_FILE = "dynamodb.json"
_STOP_SECONDS = 30.0
_LOCK_SECONDS = 5.0
_LAST_LINES = 20

# Nothing else of the environment reaches the child: neither credentials nor MiniStack's own settings.
_INHERITED_VARIABLES = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "PYTHONPATH",
        "PYTHONHOME",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
    }
)

_ENGINE_VARIABLES = {
    "SERVICES": "dynamodb",
    "MINISTACK_HOST": _HOST,
    "LOG_LEVEL": "WARNING",
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "S3_PERSIST": "0",
    "USE_SSL": "0",
    # MiniStack stops containers that carry its label; a socket that does not exist keeps it away from Docker.
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
}

_logger = logging.getLogger(__name__)


class EmbeddedEngineError(Exception):
    """The embedded engine could not be started. The text says why, with the last lines it wrote."""


class EmbeddedEngineMissing(EmbeddedEngineError):
    """The package of the embedded engine is not installed. The text says which extra installs it."""

    def __init__(self) -> None:
        super().__init__("the embedded engine is not installed: pip install 'tableadmin[embedded]'")


@dataclass(frozen=True)
class EmbeddedEngine:
    """A running embedded engine. As a context manager it stops the engine at the end of the block.

    ``url`` is its endpoint on a free port of 127.0.0.1; any credentials and any region will do.
    """

    url: str
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, data_dir: Path | None = None, timeout: float = 30.0) -> Self:
        """Start an engine and return when it answers.

        ``data_dir`` keeps tables across restarts and is created when missing; one engine at a time
        can use it. Without it everything is gone when the engine stops. ``timeout`` is in seconds.

        Raises EmbeddedEngineMissing without the package and EmbeddedEngineError when the engine does
        not come up, or when ``data_dir`` cannot be used or holds a state that cannot be read.
        """
        if find_spec("ministack") is None or find_spec("hypercorn") is None:
            raise EmbeddedEngineMissing
        lock = None if data_dir is None else _lock(data_dir)
        try:
            with socket.create_server((_HOST, 0)) as listener:
                port: int = listener.getsockname()[1]
                process = _launch(listener.fileno(), _environment(os.environ, port, data_dir), lock)
        finally:
            if lock is not None:
                os.close(lock)
        _await_answer(process, port, timeout)
        _say_what_is_kept(data_dir)
        return cls(f"http://{_HOST}:{port}", process)

    def stop(self) -> None:
        """End the engine and wait until it has saved its tables; a second call does nothing.

        An engine that has not ended after 30 seconds is killed, and the log says that its tables were
        not saved.
        """
        _stop(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _say_what_is_kept(data_dir: Path | None) -> None:
    if data_dir is None:
        _logger.warning("the embedded engine keeps nothing: every table is gone when it stops")
    else:
        _logger.info("the embedded engine keeps its tables in %s", data_dir)


def _lock(data_dir: Path) -> int:
    """Take the data directory for one engine: the kernel lets go of the lock when that engine has ended.

    The engine of a server that was just killed may still be saving, hence the few seconds of patience.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedEngineError(
            f"the data directory {data_dir} cannot be used: {error.strerror}"
        ) from error
    while not _try_lock(descriptor):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise EmbeddedEngineError(f"the data directory {data_dir} is in use by another embedded engine")
        time.sleep(0.05)
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _environment(ours: Mapping[str, str], port: int, data_dir: Path | None) -> dict[str, str]:
    inherited = {name: value for name, value in ours.items() if name in _INHERITED_VARIABLES}
    kept = {} if data_dir is None else {"PERSIST_STATE": "1", "STATE_DIR": str(data_dir.resolve())}
    return {**inherited, **_ENGINE_VARIABLES, **kept, "GATEWAY_PORT": str(port)}


def _launch(listener: int, environment: dict[str, str], lock: int | None) -> subprocess.Popen[str]:
    # -P: a file called ministack.py in the current directory is not the engine.
    return subprocess.Popen(  # noqa: S603 - our own module, with no input of a user in the arguments
        [sys.executable, "-P", "-m", __spec__.name, str(listener)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        pass_fds=[listener] if lock is None else [listener, lock],
        start_new_session=True,
        text=True,
        errors="replace",
    )


def _await_answer(process: subprocess.Popen[str], port: int, timeout: float) -> None:
    """Ask for the list of tables once, and wait for the answer.

    The socket listens already and holds the question until the engine runs; should the engine end
    instead, the kernel resets the connection.
    """
    assert process.stderr is not None
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    reader = threading.Thread(target=_read_output, args=(process.stderr, lines), daemon=True)
    reader.start()
    try:
        status = _list_tables(port, timeout)
    except (OSError, http.client.HTTPException) as error:
        _kill(process)
        reader.join(1.0)
        raise EmbeddedEngineError(_failure(error, timeout, lines)) from error
    except BaseException:  # Ctrl-C while waiting leaves no process behind
        _kill(process)
        raise
    if status != http.client.OK:
        _stop(process)
        raise EmbeddedEngineError(f"the embedded engine answered its first call with HTTP status {status}")


def _read_output(stream: IO[str], lines: deque[str]) -> None:
    with stream:
        for line in stream:
            lines.append(line.rstrip())
            _logger.warning("embedded engine: %s", line.rstrip())


def _list_tables(port: int, timeout: float) -> int:
    connection = http.client.HTTPConnection(_HOST, port, timeout=timeout)
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    try:
        connection.request("POST", "/", body="{}", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _failure(error: Exception, timeout: float, lines: deque[str]) -> str:
    what = (
        f"did not answer within {timeout:g} s" if isinstance(error, TimeoutError) else "ended while starting"
    )
    return "\n  ".join([f"the embedded engine {what}", *lines])


def _stop(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _logger.warning(
            "the embedded engine did not end within %g s: killed, its tables not saved", _STOP_SECONDS
        )
        _kill(process)


def _kill(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.kill()
    process.wait()
    process.stdin.close()


def _run(listener: int) -> None:
    """Be the engine, in the child process, on the inherited socket until standard input closes."""
    for meant_for_the_server in (signal.SIGTERM, signal.SIGINT):
        signal.signal(meant_for_the_server, signal.SIG_IGN)
    _refuse_unreadable_state()
    asyncio.run(_serve(listener))


def _refuse_unreadable_state() -> None:
    """End here if MiniStack cannot read the saved tables: it would start empty and save that over them."""
    persistence = import_module("ministack.core.persistence")
    state = Path(persistence.STATE_DIR) / _STATE_FILE
    if persistence.PERSIST_STATE and state.exists() and persistence.load_state("dynamodb") is None:
        sys.exit(f"{state} cannot be read; move it away to start with no tables")


async def _serve(listener: int) -> None:
    # Of the optional extra, and needed by the child alone.
    from hypercorn.asyncio import serve  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415

    config = Config()
    config.bind = [f"fd://{listener}"]
    config.loglevel = _ENGINE_VARIABLES["LOG_LEVEL"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5  # the parent has stopped calling, or is gone
    parent_gone = asyncio.Event()
    finish = asyncio.get_running_loop().call_soon_threadsafe
    threading.Thread(target=_watch_parent, args=(lambda: finish(parent_gone.set),), daemon=True).start()
    await serve(import_module("ministack.app").app, config, shutdown_trigger=parent_gone.wait)


def _watch_parent(finish: Callable[[], object]) -> None:
    """Wait for the end of the parent, ask for an orderly end, and insist on it."""
    os.read(sys.stdin.fileno(), 1)
    finish()
    time.sleep(_STOP_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    _run(int(sys.argv[1]))
