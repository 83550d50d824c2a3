"""The file of a Unix socket: held by one server, with the mode that says who may call."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tableadmin_server.listening import ListenError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the socket file PATH: no other server takes the path away; raises ListenError.

    gRPC removes a socket file that it finds, whether another server listens there or not. So each server
    first locks the file PATH.lock. The lock file stays: a server that removed it could remove another's lock.
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
def for_nobody() -> Iterator[None]:
    """Let nobody but the owner open the files that are made meanwhile; the caller gives them their mode."""
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
