"""Lines of the log are whole, in order, and never waited for."""

import fcntl
import os
import threading
from collections.abc import Iterator

import pytest

from tableadmin_server.logs.line_writer import MAX_KEPT, LineWriter

PIPE_BYTES = 64 * 1024


class Pipe:
    """A pipe that holds 64 KB, and the writer of its lines."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.lines = LineWriter(self.writer, lambda count: b"lost %d\n" % count)

    def read_all(self) -> list[bytes]:
        """Everything, once the writer has written it."""
        reading = threading.Thread(target=self._close_when_written)
        reading.start()
        with os.fdopen(self.reader, "rb") as file:
            read = file.read().splitlines()
        reading.join()
        return read

    def _close_when_written(self) -> None:
        self.lines.flush(30)
        os.close(self.writer)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe of its own for each test."""
    made = Pipe()
    yield made
    for each in (made.reader, made.writer):
        try:
            os.close(each)
        except OSError:
            continue


def test_a_pipe_that_nobody_reads_is_not_waited_for(pipe: Pipe) -> None:
    """Lines past the pipe are kept up to a bound and written in order; the others are counted."""
    written = [b"%06d " % number + b"-" * 1000 for number in range(3 * MAX_KEPT // 1000)]
    for line in written:
        pipe.lines.write(line + b"\n")
    read = pipe.read_all()
    *lines, lost = read
    assert written[: len(lines)] == lines
    assert lost == b"lost %d" % (len(written) - len(lines))
    assert sum(map(len, lines)) > MAX_KEPT


def test_lines_of_threads_are_whole(pipe: Pipe) -> None:
    """Threads that log at the same time do not mix their lines, also those of many KB."""
    expected = [bytes([ord("a") + thread]) * 9000 for thread in range(8)]

    def write(line: bytes) -> None:
        for _ in range(10):
            pipe.lines.write(line + b"\n")

    threads = [threading.Thread(target=write, args=(line,)) for line in expected]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(expected * 10) == sorted(pipe.read_all())


def test_without_a_reader_lines_are_dropped(pipe: Pipe) -> None:
    """A reader that has gone makes no error, and nothing is kept for it."""
    os.close(pipe.reader)
    for _ in range(3):
        pipe.lines.write(b"-" * 10_000 + b"\n")
    pipe.lines.flush(0)
    pipe.reader = os.open(os.devnull, os.O_RDONLY)


def test_a_descriptor_that_does_not_block(pipe: Pipe) -> None:
    """A descriptor that somebody made non-blocking loses no lines."""
    os.set_blocking(pipe.writer, False)
    written = [b"%d" % number * 500 for number in range(500)]
    for line in written:
        pipe.lines.write(line + b"\n")
    assert written == pipe.read_all()
