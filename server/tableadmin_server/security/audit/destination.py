"""The destinations of audit records: a rotating file, standard output, or the syslog of this machine."""

import contextlib
import fcntl
import os
import socket
from pathlib import Path
from typing import Protocol

# Facility `authpriv`, severity `info`: https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1
_PRIORITY = 10 * 8 + 6


class Destination(Protocol):
    """A destination of records. Its methods block, and are called by one thread."""

    def write(self, lines: bytes) -> None:
        """Write all of LINES. Raises OSError, after it has removed the written part if possible."""

    def close(self) -> None:
        """Close the destination."""


class RotatingFile:
    """The file at PATH, and KEEP older files, of which PATH.1 is the newest.

    A file is rotated before it grows past ROTATE_BYTES. With SYNC, `write` returns when lines are on the
    disk. A lock prevents that other servers write to the file.
    """

    def __init__(self, path: Path, rotate_bytes: int, keep: int, *, sync: bool) -> None:
        """Open the file. Raises OSError, BlockingIOError if another server has the file."""
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
        # A crash may have truncated the last line.
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            write_all(self._file, b"\n")
        self._sync_folder()

    def _reopen_if_moved(self) -> None:
        """Open PATH again if another program has moved or removed the file."""
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
            newer = rotated_path(self.path, number - 1)
            if newer.exists():
                newer.replace(rotated_path(self.path, number))
        self._open()

    def _undo(self, size: int) -> None:
        """Remove partly written lines, and close the file: after a failed sync a new descriptor is needed."""
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


def rotated_path(path: Path, number: int) -> Path:
    """Return PATH for 0, else the path of the older file NUMBER."""
    return path.with_name(f"{path.name}.{number}") if number else path


class StandardOutput:
    """Standard output. A reader that does not read blocks only `write`."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor

    def write(self, lines: bytes) -> None:
        """See `Destination`. Written bytes can't be removed."""
        write_all(self._descriptor, lines)

    def close(self) -> None:
        """Do nothing, because the process still uses standard output."""


class Syslog:
    """The syslog of this machine, at the Unix socket PATH, such as `/dev/log`. Each record is a message."""

    def __init__(self, path: Path) -> None:
        """Connect. Raises OSError."""
        self._path = path
        self._socket = self._connected()

    def write(self, lines: bytes) -> None:
        """See `Destination`. Reconnects if the syslog was restarted."""
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
    """Write all of DATA, by several writes if needed. Raises OSError."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
