"""Where audit records go: a file that rotates, standard output, or the syslog of this machine."""

import contextlib
import fcntl
import os
import socket
from pathlib import Path
from typing import Protocol

# Facility `authpriv`, severity `info`: https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1
_PRIORITY = 10 * 8 + 6


class Destination(Protocol):
    """Where records go. Its methods block, and are called by one thread."""

    def write(self, lines: bytes) -> None:
        """Write LINES, whole; raises OSError, and then as much as is possible of them is undone."""

    def close(self) -> None:
        """Let go of what is open."""


class RotatingFile:
    """The file at PATH, and KEEP older ones beside it: PATH.1 is the newest of them.

    A file is rotated before it grows past ROTATE_BYTES. With SYNC, lines are on the disk when `write`
    returns. A lock keeps other servers from the file.
    """

    def __init__(self, path: Path, rotate_bytes: int, keep: int, *, sync: bool) -> None:
        """Open the file; raises OSError, BlockingIOError where another server has the file."""
        self.path = path
        self._rotate_bytes = rotate_bytes
        self._keep = keep
        self._sync = sync
        self._lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._file = -1
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._open()
        except OSError:
            os.close(self._lock)
            raise

    def write(self, lines: bytes) -> None:
        """See `Destination`."""
        self._reopen_if_moved()
        size = os.fstat(self._file).st_size
        if size and size + len(lines) > self._rotate_bytes:
            self._rotate()
            size = 0
        try:
            write_all(self._file, lines)
            if self._sync:
                os.fdatasync(self._file)
        except OSError:
            self._undo(size)
            raise

    def close(self) -> None:
        """See `Destination`."""
        self._close_file()
        os.close(self._lock)

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(self.path, flags, 0o600)
        size = os.fstat(self._file).st_size
        # A crash may have cut the last line.
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            write_all(self._file, b"\n")
        self._sync_folder()

    def _reopen_if_moved(self) -> None:
        """Follow the name where somebody else has moved or removed the file."""
        if self._file >= 0:
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._file), self.path.stat()):
                    return
        self._close_file()
        self._open()

    def _rotate(self) -> None:
        self._close_file()
        if self._keep == 0:
            self.path.unlink()
        for number in range(self._keep, 0, -1):
            newer = numbered(self.path, number - 1)
            if newer.exists():
                newer.replace(numbered(self.path, number))
        self._open()

    def _undo(self, size: int) -> None:
        """Remove a part of lines. After a failed sync only a new descriptor tells the truth."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, size)
        self._close_file()

    def _close_file(self) -> None:
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = -1

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def numbered(path: Path, number: int) -> Path:
    """The file at PATH for 0, else the older one with that number."""
    return path.with_name(f"{path.name}.{number}") if number else path


class StandardOutput:
    """Standard output. A reader that does not read holds up `write`, and nothing else."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor

    def write(self, lines: bytes) -> None:
        """See `Destination`. What a reader has got can't be undone."""
        write_all(self._descriptor, lines)

    def close(self) -> None:
        """Leave standard output open: it is the process's."""


class Syslog:
    """The syslog of this machine, at the Unix socket PATH, such as `/dev/log`; one message a record."""

    def __init__(self, path: Path) -> None:
        """Connect; raises OSError."""
        self._path = path
        self._socket = self._connected()

    def write(self, lines: bytes) -> None:
        """See `Destination`. A syslog that was restarted is connected to again."""
        try:
            self._send(lines)
        except OSError:
            self._socket.close()
            self._socket = self._connected()
            self._send(lines)

    def close(self) -> None:
        """See `Destination`."""
        self._socket.close()

    def _send(self, lines: bytes) -> None:
        for line in lines.splitlines():
            self._socket.sendall(b"<%d>tableadmin-server[%d]: %s" % (_PRIORITY, os.getpid(), line))

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        return connection


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of DATA, however many writes that takes; raises OSError."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
