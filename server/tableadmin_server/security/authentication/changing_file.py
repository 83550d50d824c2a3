"""A file that is read again when it has changed."""

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

T = TypeVar("T")

_log = structlog.get_logger()

# Seconds between checks of the file.
_INTERVAL = 1.0


class ChangingFile(Generic[T]):
    """The result of READ for the file at PATH. If READ raises FAULT, the last content stays in use."""

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], T],
        fault: type[Exception],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the file. Raises the exceptions of READ."""
        self._path, self._read, self._fault, self._clock = path, read, fault, clock
        self._version = self._stat()
        self._content = read(path)
        self._looked = clock()
        # The numbers of times that the file was loaded and refused.
        self.loads = Counter(loaded=1, refused=0)

    def content(self, *, now: bool = False) -> T:
        """Return the content of the file, at most one second old. With NOW, the file is checked now."""
        if now or self._clock() - self._looked >= _INTERVAL:
            self._looked = self._clock()
            version = self._stat()
            if version != self._version:
                self._version = version
                self._reread()
        return self._content

    def _reread(self) -> None:
        try:
            self._content = self._read(self._path)
        except self._fault as error:
            self.loads["refused"] += 1
            _log.error("file could not be read", file=str(self._path), problem=str(error))
        else:
            self.loads["loaded"] += 1
            _log.info("file was read", file=str(self._path))

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116  # takes half the time of Path.stat
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
