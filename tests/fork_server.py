"""Server processes that are forked from one that has what takes most of a start.

The server is imported there, and botocore's models are read.

`forked` starts one. The first call in a process starts the fork server, `python -m tests.fork_server SOCKET`,
which ends with the process that started it. The fork server has no threads, and nothing of gRPC has begun
there. Each connection to it asks for one server and, after its process id, is told its exit code.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_IMPORTED = "tableadmin_server.command"
_STARTED = threading.Lock()


class ForkedProcess:
    """A forked process, with what tests use of `subprocess.Popen`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile()
        self._reading = threading.Lock()
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while the process runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; raises TimeoutExpired after TIMEOUT seconds."""
        if self.returncode is None and not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked server", timeout or 0)
        with self._reading:
            if self.returncode is None:
                self.returncode = int(self._answers.readline())
                self._answers.close()
                self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def forked(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], stdout: Path, stderr: Path
) -> ForkedProcess:
    """Run `python -m MODULE ARGUMENTS` with ENVIRONMENT, which writes to STDOUT and STDERR."""
    request = {
        "module": module,
        "arguments": arguments,
        "environment": environment,
        "stdout": str(stdout),
        "stderr": str(stderr),
    }
    with _STARTED:
        address = _address()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    connection.sendall(json.dumps(request).encode())
    connection.shutdown(socket.SHUT_WR)
    return ForkedProcess(connection)


@cache
def _address() -> str:
    """Where the fork server of this process listens; it is started first."""
    running = ExitStack()
    atexit.register(running.close)
    folder = running.enter_context(tempfile.TemporaryDirectory(prefix="tableadmin-fork-"))
    address = f"{folder}/socket"
    server = running.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server", address],
            cwd=Path(__file__).parents[1],
            # It makes a client itself, whatever profile the environment names.
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    )
    assert server.stdin is not None
    assert server.stdout is not None
    running.callback(server.stdin.close)
    server.stdout.readline()
    return address


def _serve(address: str) -> None:
    """Fork until standard input ends, which is when the process that started this one ends."""
    import_module(_IMPORTED)
    _read_models()
    # A server collects garbage when it starts: it need not look at what it shares with the fork server.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print(flush=True)  # noqa: T201  # the caller waits for it
        while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
            connection, _ = listener.accept()
            _reap()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    _attend(connection)
    _reap()


def _read_models() -> None:
    """Make a client of boto3: the models that are read for it stay in memory."""
    from tableadmin_server.config import EndpointConfig  # noqa: PLC0415  # only the fork server needs them
    from tableadmin_server.dynamodb.client.session import make_client  # noqa: PLC0415

    make_client("default", EndpointConfig(endpoint_url="http://127.0.0.1:9", region="us-west-2")).close()


def _reap() -> None:
    """Forget the children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _attend(connection: socket.socket) -> NoReturn:
    """Fork the server that CONNECTION asks for, and tell its id and its exit code."""
    with connection.makefile() as asked:
        request = json.load(asked)
    server = os.fork()
    if server == 0:
        connection.close()
        _run(**request)
    with suppress(BrokenPipeError):
        connection.sendall(b"%d\n" % server)
        _, status = os.waitpid(server, 0)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], stdout: str, stderr: str
) -> NoReturn:
    """Be what `python -m MODULE ARGUMENTS` would be."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, path in ((0, os.devnull), (1, stdout), (2, stderr)):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    code = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001  # the interpreter would do the same
        sys.excepthook(*sys.exc_info())
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
