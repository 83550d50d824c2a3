"""The file of a Unix socket, which one server holds. Its mode says who may call."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tableadmin_server.listening import ListenError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the socket file PATH, so that no other server can replace it. Raises ListenError.

    gRPC removes an existing socket file, also if another server listens there. Therefore each server first
    locks the file PATH.lock. The lock file is never removed, because it may be another server's lock by then.
    """
    _check_free(path)
    try:
        lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ListenError(f"cannot listen at unix:{path}: {path}.lock: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise ListenError(f"cannot listen at unix:{path}: another server listens there") from error
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def owner_only() -> Iterator[None]:
    """Create files in the context with permissions for the owner only. The caller then sets their mode."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)


def _check_free(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ListenError(f"cannot listen at unix:{path}: the file is not a socket")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ListenError(f"cannot listen at unix:{path}: {error.strerror}") from error
