"""A server that writes its audit records to a pipe which somebody has to read."""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tableadmin import Client, Unavailable
from tests.fork_server import forked
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import ScriptedEndpoint
from tests.server_process import clean_environment

LISTENING = "tableadmin-server listening on "
# The smallest that there is: records fill it soon.
PIPE_SIZE = 4096


class Pipe:
    """The standard output of a server, which is read when a test says so."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._file, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        self.text = b""

    def read(self) -> bytes:
        """All that was read so far, and what there is now."""
        with suppress(BlockingIOError):
            self.text += os.read(self._file, PIPE_SIZE)
        return self.text

    @contextmanager
    def being_read(self) -> Iterator[None]:
        """All that comes is read."""
        enough = threading.Event()

        def read_all() -> None:
            while not enough.wait(0.01):
                self.read()

        with ThreadPoolExecutor(1) as thread:
            thread.submit(read_all)
            try:
                yield
            finally:
                enough.set()

    def close(self) -> None:
        """Read no more."""
        os.close(self._file)


@contextmanager
def writing_to_a_pipe(endpoint: ScriptedEndpoint, folder: Path) -> Iterator[tuple[str, Pipe]]:
    """The address of a server in front of ENDPOINT, and the pipe that its records go to."""
    pipe, log = Pipe(folder / "pipe"), folder / "log"
    log.touch()
    flags = ("--listen", "127.0.0.1:0", "--endpoint-url", endpoint.url, "--region", "us-west-2")
    alone = ("--operations-table", "", "--audit-file", "-")
    process = forked("tableadmin_server", (*flags, *alone), clean_environment(), folder / "pipe", log)
    try:
        # Standard output is for records alone then.
        wait_for(lambda: LISTENING in log.read_text(), 60)
        yield log.read_text().partition(LISTENING)[2].split()[0], pipe
    finally:
        pipe.close()
        process.kill()
        process.wait(60)


def test_a_pipe_that_nobody_reads(endpoint: ScriptedEndpoint, tmp_path: Path) -> None:
    """While nobody reads the pipe, changes are refused and reach no endpoint, and reads go on.

    Once somebody reads it again, changes go through, and every change that was made has its intent.
    """
    with writing_to_a_pipe(endpoint, tmp_path) as (address, pipe), Client(address, timeout=60) as client:
        made, refused = deletes(client)
        assert made
        assert "AUDIT_UNWRITABLE" == refused.reason
        with pytest.raises(Unavailable, match="cannot be written, so nothing was changed"):
            client.delete_table(table_name="refused")
        client.describe_table(table_name="read")
        reached = [json.loads(each.body)["TableName"] for each in endpoint.seen]
        assert [*made, "read"] == reached
        with pipe.being_read():
            wait_for(lambda: is_made(client, "after"), 60)
            wait_for(lambda: pipe.text.count(b'"after"') >= 2, 60)
    assert [] == [each for each in made if f'"{each}"'.encode() not in pipe.text]


def deletes(client: Client) -> tuple[list[str], Unavailable]:
    """Delete tables until that is refused: those that were deleted, and the refusal."""
    made: list[str] = []
    for number in range(2 * PIPE_SIZE // 100):
        try:
            client.delete_table(table_name=f"table-{number}")
        except Unavailable as refused:
            return made, refused
        made.append(f"table-{number}")
    raise AssertionError("the pipe is never full")


def is_made(client: Client, name: str) -> bool:
    """Whether the table NAME is deleted."""
    try:
        client.delete_table(table_name=name)
    except Unavailable:
        return False
    return True
