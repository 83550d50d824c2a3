"""The embedded engine: MiniStack's DynamoDB in a child process, which ends with its parent.

The parent binds the listening socket and the child inherits the socket, so no other process can take the
port. The standard input of the child is a pipe from the parent. The child ends when the pipe closes, which
the kernel does however the parent ends, also by SIGKILL. The child ignores signals for the server (Ctrl-C on
the terminal, SIGTERM to the whole service), so calls under way are answered while the server drains.

With a data directory, MiniStack reads its tables when it starts. It writes them when it ends, and within
about a second after a change. If a save takes so long that saves would use more than a twentieth of the time,
it saves less often. If the child is killed or runs out of memory, it is started again on the same port with
the tables of the last save. Later changes are lost.

``python -m tableadmin_server.embedded FD`` runs the child.
"""

import asyncio
import contextlib
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
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

__all__ = ["EmbeddedEngine", "EmbeddedEngineError", "EmbeddedEngineMissing"]

_HOST = "127.0.0.1"
_STATE_FILE = "dynamodb.json"
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
# The least seconds between saves, and the largest part of the time for saves.
_SAVE_SECONDS = 1.0
_SAVING_SHARE = 0.05
_LOCK_SECONDS = 5.0
_LAST_LINES = 20
# An engine that has run for _STABLE_SECONDS is stable. From the second exit in a row of an unstable engine
# on, the pause before the next start doubles with each exit. After _MAX_EXITS such exits in a row the engine
# counts as available only when it is stable.
_STABLE_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_MAX_EXITS = 5

# The child inherits only these variables: neither credentials nor settings of MiniStack.
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
    # A socket that does not exist, because MiniStack would stop Docker containers that have its label.
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
}

_READS = ("Describe", "List", "Get", "BatchGet", "TransactGet", "Query", "Scan")

_logger = logging.getLogger(__name__)


class EmbeddedEngineError(Exception):
    """The embedded engine failed. The text says why, with the last lines that the engine wrote."""


class EmbeddedEngineMissing(EmbeddedEngineError):
    """The package of the embedded engine is not installed. The text says which extra installs it."""

    def __init__(self) -> None:
        super().__init__("the embedded engine is not installed: pip install 'tableadmin[embedded]'")


class EmbeddedEngine:
    """A running embedded engine. As a context manager it stops the engine at the end of the block.

    ``url`` is its URL, on a free port of 127.0.0.1. The engine accepts any credentials and any region.
    """

    def __init__(self, data_dir: Path | None, listener: socket.socket) -> None:
        self._data_dir = data_dir
        self._listener = listener
        self._port: int = listener.getsockname()[1]
        self._stopping = threading.Event()
        self._failure: EmbeddedEngineError | None = None
        # Held while the process is started or stopped.
        self._lock = threading.Lock()
        self.url = f"http://{_HOST}:{self._port}"
        self.process: subprocess.Popen[str]

    @classmethod
    def start(cls, data_dir: Path | None = None, timeout: float = _START_SECONDS) -> Self:
        """Start an engine, and return when it answers.

        ``data_dir`` keeps tables across restarts, and is created if it does not exist. Only one engine at a
        time can use it. Without it all tables are lost when the engine stops. ``timeout`` is in seconds.

        Raises EmbeddedEngineMissing without the package, and EmbeddedEngineError if the engine does not start
        or ``data_dir`` cannot be used or read.
        """
        if find_spec("ministack") is None or find_spec("hypercorn") is None:
            raise EmbeddedEngineMissing
        listener = socket.create_server((_HOST, 0))
        engine = cls(data_dir, listener)
        try:
            engine._begin(timeout)
        except BaseException:
            listener.close()
            raise
        _log_start(engine.url, data_dir)
        return engine

    def _begin(self, timeout: float) -> None:
        lock = None if self._data_dir is None else _lock(self._data_dir)
        try:
            environment = _environment(os.environ, self._port, self._data_dir)
            self.process = _launch(self._listener.fileno(), environment, lock)
        finally:
            if lock is not None:
                os.close(lock)
        _await_answer(self.process, self._port, timeout)

    def supervise(self, available: Callable[[bool], object], lost: Callable[[], object]) -> None:
        """Restart the engine whenever it exits unexpectedly, until `stop`. Needs a data directory.

        ``available`` is called with False when the engine has exited, and with True when it answers again.
        ``lost`` is called if the engine can't be restarted; `stop` then raises the reason. Both are called in
        another thread. Calls wait during a restart. An engine that exits repeatedly is restarted after longer
        and longer pauses, and counts as available only after it has run for a minute.
        """
        threading.Thread(target=self._supervise, args=(available, lost), daemon=True).start()

    def _supervise(self, available: Callable[[bool], object], lost: Callable[[], object]) -> None:
        exits = 0
        while True:
            began = time.monotonic()
            code = self._exit_status(exits, available)
            if self._stopping.is_set():
                return
            exits = 1 if time.monotonic() - began >= _STABLE_SECONDS else exits + 1
            available(False)  # noqa: FBT003 - a callback of this one argument
            self._stopping.wait(_pause(exits))
            with self._lock:
                if self._stopping.is_set():
                    return
                try:
                    self._restart(code)
                except EmbeddedEngineError as error:
                    self._failure = error
                    self._listener.close()
                    lost()
                    return

    def _exit_status(self, exits: int, available: Callable[[bool], object]) -> int:
        """Wait until the engine exits. After EXITS in a row, first report the engine as available again."""
        if exits >= _MAX_EXITS:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(_STABLE_SECONDS)
        if exits:
            available(True)  # noqa: FBT003 - as above
        return self.process.wait()

    def _restart(self, code: int) -> None:
        if self._data_dir is None:
            raise EmbeddedEngineError(
                f"the embedded engine exited with status {code} and its tables are lost; "
                "use --data-dir to store tables on disk"
            )
        _logger.error(
            "the embedded engine exited with status %s and is started again with the tables in %s; "
            "changes after the last save are lost",
            code,
            self._data_dir,
        )
        _close_input(self.process)
        self._begin(_START_SECONDS)
        _logger.warning("the embedded engine is running again")

    def stop(self) -> None:
        """End the engine, and wait until it has saved its tables. A second call does nothing.

        An engine that has not ended after 30 seconds is killed. Raises EmbeddedEngineError if the engine
        could not save its tables, or had exited before and could not be restarted.
        """
        self._stopping.set()
        with self._lock:
            self._listener.close()
            if self._failure is not None:
                raise self._failure
            code = _stop(self.process)
        if code and self._data_dir is not None:
            raise EmbeddedEngineError(
                f"the embedded engine could not save its tables in {self._data_dir} (exit status {code}); "
                "see the log for the reason"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _pause(exits: int) -> float:
    """The seconds before the next start after EXITS in a row."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (exits - 2)) if exits > 1 else 0.0


def _log_start(url: str, data_dir: Path | None) -> None:
    if data_dir is None:
        _logger.warning(
            "the embedded engine at %s stores tables in memory only: they are lost when the server stops",
            url,
        )
    else:
        _logger.info("the embedded engine at %s stores its tables in %s", url, data_dir)


def _lock(data_dir: Path) -> int:
    """Lock the data directory for one engine. The kernel releases the lock when the engine has ended.

    Waits a few seconds, because the engine of a server that was just killed may still be saving.
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
    """Call ListTables once, and wait for the answer or for the end of the engine.

    The socket already listens, so the call waits until the engine runs.
    """
    assert process.stderr is not None
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    outcome: SimpleQueue[int | Exception] = SimpleQueue()
    for target, args in (
        (_read_output, (process.stderr, lines, outcome)),
        (_ask, (port, timeout, outcome)),
    ):
        threading.Thread(target=target, args=args, daemon=True).start()
    try:
        first = outcome.get(timeout=timeout)
    except Empty:
        first = TimeoutError()
    except BaseException:  # ends the process also after Ctrl-C
        _kill(process)
        raise
    if isinstance(first, Exception):
        _kill(process)
        raise EmbeddedEngineError(_failure(first, timeout, lines)) from first
    if first != http.client.OK:
        _stop(process)
        raise EmbeddedEngineError(f"the embedded engine returned HTTP status {first} for its first call")


def _read_output(stream: IO[str], lines: deque[str], outcome: "SimpleQueue[int | Exception]") -> None:
    with stream:
        for line in stream:
            lines.append(line.rstrip())
            _logger.warning("embedded engine: %s", line.rstrip())
    outcome.put(EOFError())


def _ask(port: int, timeout: float, outcome: "SimpleQueue[int | Exception]") -> None:
    try:
        outcome.put(_list_tables(port, timeout))
    except TimeoutError as error:
        outcome.put(error)
    except (OSError, http.client.HTTPException):
        pass  # the engine has ended; its last lines tell more


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
        f"did not respond within {timeout:g} s"
        if isinstance(error, TimeoutError)
        else "exited while starting"
    )
    return "\n  ".join([f"the embedded engine {what}", *lines])


def _stop(process: subprocess.Popen[str]) -> int:
    """End PROCESS. Returns its exit status."""
    _close_input(process)
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _logger.warning(
            "the embedded engine did not stop within %g s and was killed; its tables were not saved",
            _STOP_SECONDS,
        )
        _kill(process)
        return process.wait()


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    _close_input(process)


def _close_input(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def _run(listener: int) -> None:
    """Run the engine in the child process, on the inherited socket, until standard input closes."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    _refuse_unreadable_state()
    asyncio.run(_serve(listener))


def _refuse_unreadable_state() -> None:
    """Exit if MiniStack cannot read the saved tables: it would overwrite them with an empty state."""
    persistence = import_module("ministack.core.persistence")
    state = Path(persistence.STATE_DIR) / _STATE_FILE
    if not persistence.PERSIST_STATE or not state.exists():
        return
    try:
        saved = persistence.load_state("dynamodb")
        saved["tables"].values()
        import_module("ministack.services.dynamodb").restore_state(saved)
    except Exception as error:  # noqa: BLE001 - MiniStack raises anything for a malformed state
        sys.exit(
            f"{state} cannot be read ({type(error).__name__}); move the file away to start without tables"
        )


class _StateSaver:
    """MiniStack as an ASGI application that saves its tables soon after a change, not only at the end."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app
        self._persistence = import_module("ministack.core.persistence")
        self._state = Path(self._persistence.STATE_DIR) / _STATE_FILE
        self._changed = asyncio.Event()
        self._last: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has them
        await self._app(scope, receive, send)
        if scope["type"] == "http" and _may_change(dict(scope["headers"]).get(b"x-amz-target", b"")):
            self._changed.set()

    async def run(self, finished: asyncio.Event) -> None:
        """Save after changes until FINISHED. MiniStack saves later changes when it ends."""
        ending = asyncio.create_task(finished.wait())
        while self._persistence.PERSIST_STATE and not finished.is_set():
            changed = asyncio.create_task(self._changed.wait())
            await asyncio.wait({changed, ending}, return_when=asyncio.FIRST_COMPLETED)
            if changed.done():
                await asyncio.wait({ending}, timeout=await self._save())
        await ending
        self._last = self._version()

    async def _save(self) -> float:
        """Save the tables. Returns the seconds until the next save."""
        self._changed.clear()
        began = time.monotonic()
        # The state is copied between two calls, so it is consistent. A thread writes it, so no call is
        # delayed.
        state = import_module("ministack.services.dynamodb").get_state()
        await asyncio.to_thread(self._persistence.save_state, "dynamodb", state)
        return max(_SAVE_SECONDS, (time.monotonic() - began) / _SAVING_SHARE)

    def check(self) -> None:
        """Exit with an error if the tables were not saved at the end, which MiniStack only logs."""
        if self._persistence.PERSIST_STATE and self._version() == self._last:
            sys.exit(f"the tables could not be saved to {self._state}")

    def _version(self) -> int | None:
        """A number that changes with each save, because a save replaces the file."""
        return self._state.stat().st_ino if self._state.exists() else None


def _may_change(target: bytes) -> bool:
    operation = target.decode("latin-1").rpartition(".")[2]
    return not operation.startswith(_READS)


async def _serve(listener: int) -> None:
    # Packages of the extra `embedded`, which only the child needs.
    from hypercorn.asyncio import serve  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415

    config = Config()
    config.bind = [f"fd://{listener}"]
    config.loglevel = _ENGINE_VARIABLES["LOG_LEVEL"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5  # the parent has stopped calling, or has ended
    parent_gone = asyncio.Event()
    finish = asyncio.get_running_loop().call_soon_threadsafe
    threading.Thread(target=_watch_parent, args=(lambda: finish(parent_gone.set),), daemon=True).start()
    saving = _StateSaver(import_module("ministack.app").app)
    saved = asyncio.create_task(saving.run(parent_gone))
    await serve(saving, config, shutdown_trigger=lambda: saved)
    saving.check()


def _watch_parent(finish: Callable[[], object]) -> None:
    """Wait for the end of the parent, then call FINISH, and exit if that takes too long."""
    os.read(sys.stdin.fileno(), 1)
    finish()
    time.sleep(_STOP_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    _run(int(sys.argv[1]))
