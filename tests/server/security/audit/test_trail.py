"""Audit records reach their destination before the call goes on, or the call is refused."""

import asyncio
import errno
import os
import resource
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.config.audit import AuditConfig
from tableadmin_server.failure import Failure
from tableadmin_server.security.audit.destination import RotatingFile, StandardOutput, Syslog
from tableadmin_server.security.audit.opening import open_audit
from tableadmin_server.security.audit.trail import UNWRITABLE, Trail


class Recorder:
    """A destination that remembers what is written at once, and fails while it is told to."""

    def __init__(self) -> None:
        self.wrote = threading.Event()
        self.written: list[bytes] = []
        self.error: OSError | None = None

    def write(self, lines: bytes) -> None:
        """Remember LINES."""
        if self.error:
            raise self.error
        self.written.append(lines)
        self.wrote.set()

    def close(self) -> None:
        """Keep all."""


async def test_records_that_come_together_are_written_together() -> None:
    """64 callers at a time cost few writes; each caller waits until its own record is written."""
    recorder = Recorder()
    trail = Trail(recorder)

    async def caller(number: int) -> None:
        for turn in range(10):
            line = b"%d-%d\n" % (number, turn)
            await trail.append(line)
            assert line in recorder.written[-1]

    await asyncio.gather(*map(caller, range(64)))
    await trail.close()
    assert len(b"".join(recorder.written).splitlines()) == 640
    assert len(recorder.written) <= 40


async def test_a_record_that_cannot_be_written_refuses_the_call() -> None:
    """The call ends UNAVAILABLE with AUDIT_UNWRITABLE, and goes through once there is room again."""
    recorder = Recorder()
    trail = Trail(recorder)
    recorder.error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(Failure) as raised:
        await trail.append(b"intent\n")
    assert (Code.UNAVAILABLE, UNWRITABLE) == (raised.value.code, raised.value.reason)
    assert "space" not in raised.value.message
    recorder.error = None
    await trail.append(b"next\n")
    assert [b"next\n"] == recorder.written


async def test_whatever_goes_wrong_refuses_the_call() -> None:
    """A destination that fails in a way that nobody has thought of leaves no caller waiting."""

    class Broken(Recorder):
        def write(self, lines: bytes) -> None:
            raise ValueError(lines)

    trail = Trail(Broken())
    with pytest.raises(Failure, match="cannot be written"):
        await asyncio.wait_for(trail.append(b"intent\n"), 60)
    await trail.close()


async def test_outcomes_that_cannot_be_written_are_written_first_later() -> None:
    """What has happened is not forgotten: the record comes before the next ones, or at the end."""
    recorder = Recorder()
    trail = Trail(recorder)
    recorder.error = OSError(errno.ENOSPC, "No space left on device")
    await trail.append_or_keep(b"first\n")
    await trail.append_or_keep(b"second\n")
    recorder.error = None
    await trail.append(b"third\n")
    trail.keep(b"fourth\n")
    await trail.close()
    assert b"first\nsecond\nthird\nfourth\n" == b"".join(recorder.written)


async def test_outcomes_are_tried_again_by_themselves() -> None:
    """A record of what has happened does not wait for the next change."""
    recorder = Recorder()
    trail = Trail(recorder, retry_seconds=0.01)
    recorder.error = OSError(errno.ENOSPC, "No space left on device")
    await trail.append_or_keep(b"first\n")
    await asyncio.sleep(0.05)
    assert [] == recorder.written
    recorder.error = None
    assert await asyncio.to_thread(recorder.wrote.wait, 60)
    await trail.close()
    assert [b"first\n"] == recorder.written


async def test_a_blocked_pipe_does_not_hold_up_the_loop() -> None:
    """While nobody reads the pipe, calls are refused within the time of a write, and the loop goes on."""
    reading, writing = os.pipe()
    trail = Trail(StandardOutput(writing), write_seconds=0.5)
    line = b"x" * 65_535 + b"\n"
    os.write(writing, line)  # fills the pipe
    turns = 0

    async def loop() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    looping = asyncio.create_task(loop())
    for _ in range(2):
        with pytest.raises(Failure, match="cannot be written"):
            await trail.append(line)
    assert turns > 5
    looping.cancel()
    # Somebody reads again: what was stuck gets through, and so do new records once the stuck write has ended.
    assert line + line == await asyncio.to_thread(_read, reading, 2 * len(line))
    await asyncio.wait_for(_accepted(trail, b"after\n"), 60)
    assert b"after\n" == _read(reading, len(b"after\n"))
    await trail.close()
    os.close(reading)
    os.close(writing)


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """A line that does not fit is taken back, so that the next line stands by itself."""
    path = tmp_path / "audit.jsonl"
    file = RotatingFile(path, 1_000_000, 1, sync=True)
    file.write(b"a" * 99 + b"\n")
    with _files_of_at_most(150), pytest.raises(OSError, match="File too large"):
        file.write(b"b" * 99 + b"\n")
    file.write(b"c\n")
    assert b"a" * 99 + b"\nc\n" == path.read_bytes()
    file.close()


def test_a_line_that_a_crash_has_cut(tmp_path: Path) -> None:
    """The next line begins on a line of its own."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"whole":1}\n{"cut')
    file = RotatingFile(path, 1_000_000, 1, sync=True)
    file.write(b"{}\n")
    assert b'{"whole":1}\n{"cut\n{}\n' == path.read_bytes()
    file.close()


@pytest.mark.parametrize("sync", [True, False])
def test_a_write_ends_on_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, sync: bool) -> None:
    """With sync, each write asks the kernel to write to the disk once, after the whole of its lines."""
    sizes: list[int] = []
    fdatasync = os.fdatasync

    def noted(file: int) -> None:
        sizes.append(os.fstat(file).st_size)
        fdatasync(file)

    monkeypatch.setattr(os, "fdatasync", noted)
    file = RotatingFile(tmp_path / "audit.log", 1_000, 1, sync=sync)
    file.write(b"one\n")
    file.write(b"two\nthree\n")
    file.close()
    assert sizes == ([4, 14] if sync else [])


def test_rotation_keeps_so_many_files(tmp_path: Path) -> None:
    """A file does not grow past its bound, .1 is the newest of the older ones, and the oldest are removed."""
    path = tmp_path / "audit.jsonl"
    file = RotatingFile(path, 100, 2, sync=False)
    for number in range(10):
        file.write(b"%d" % number + b"-" * 48 + b"\n")
    file.close()
    assert ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2", "audit.jsonl.lock"] == sorted(
        each.name for each in tmp_path.iterdir()
    )
    firsts = [[chr(line[0]) for line in _lines(tmp_path / f"audit.jsonl{end}")] for end in (".2", ".1", "")]
    assert [["4", "5"], ["6", "7"], ["8", "9"]] == firsts
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in tmp_path.iterdir())


def test_rotation_is_as_configured(tmp_path: Path) -> None:
    """The configuration says how large the file becomes, and how many older files are kept."""
    config = AuditConfig(file=str(tmp_path / "audit.jsonl"), rotate_bytes=65_536, keep=1)
    asyncio.run(_append(config, [b"-" * 40_000 + b"\n"] * 3))
    assert ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.lock"] == sorted(
        each.name for each in tmp_path.iterdir()
    )


def test_the_syslog_is_the_one_configured(tmp_path: Path) -> None:
    """Records go to the socket that the configuration names."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        log.settimeout(60)
        asyncio.run(_append(AuditConfig(syslog=str(tmp_path / "log")), [b"{}\n"]))
        assert log.recv(100).endswith(b": {}")


async def _append(config: AuditConfig, lines: Sequence[bytes]) -> None:
    """Write LINES to the audit of CONFIG."""
    audit = open_audit(config)
    assert audit.trail is not None
    for line in lines:
        await audit.trail.append(line)
    await audit.close()


def test_a_file_that_somebody_has_moved(tmp_path: Path) -> None:
    """A file that was moved or removed is made anew, as logrotate expects."""
    path = tmp_path / "audit.jsonl"
    file = RotatingFile(path, 1_000_000, 2, sync=False)
    file.write(b"first\n")
    path.rename(tmp_path / "moved")
    file.write(b"second\n")
    path.unlink()
    file.write(b"third\n")
    file.close()
    assert (b"first\n", b"third\n") == ((tmp_path / "moved").read_bytes(), path.read_bytes())


def test_one_server_a_file(tmp_path: Path) -> None:
    """A second server can't open the file; after the first one has ended it can."""
    path = tmp_path / "audit.jsonl"
    first = RotatingFile(path, 1_000_000, 2, sync=False)
    with pytest.raises(BlockingIOError):
        RotatingFile(path, 1_000_000, 2, sync=False)
    first.close()
    RotatingFile(path, 1_000_000, 2, sync=False).close()


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """Records do not land in a file that somebody else has chosen."""
    path = tmp_path / "audit.jsonl"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        RotatingFile(path, 1_000_000, 2, sync=False)
    assert not (tmp_path / "elsewhere").exists()


def test_syslog_that_is_restarted(tmp_path: Path) -> None:
    """Each record is a message of facility authpriv; a syslog that was restarted gets the next ones."""
    path = tmp_path / "log"
    syslog: Syslog | None = None
    for _ in range(2):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
            daemon.bind(str(path))
            syslog = syslog or Syslog(path)
            syslog.write(b'{"a":1}\n{"b":2}\n')
            expected = [
                b"<86>tableadmin-server[%d]: %s" % (os.getpid(), each) for each in (b'{"a":1}', b'{"b":2}')
            ]
            assert expected == [daemon.recv(1000), daemon.recv(1000)]
        path.unlink()
    assert syslog is not None
    with pytest.raises(OSError, match="No such file"):
        syslog.write(b"{}\n")
    syslog.close()


def _read(descriptor: int, size: int) -> bytes:
    """Read SIZE bytes, as many times as it takes."""
    received = b""
    while len(received) < size:
        received += os.read(descriptor, size - len(received))
    return received


async def _accepted(trail: Trail, line: bytes) -> None:
    """Append LINE until the trail takes it."""
    while True:
        with suppress(Failure):
            return await trail.append(line)
        await asyncio.sleep(0.01)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
