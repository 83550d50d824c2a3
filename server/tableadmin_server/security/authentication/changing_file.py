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

# Seconds between two looks at the file.
_INTERVAL = 1.0


class ChangingFile(Generic[T]):
    """What READ makes of the file at PATH. A file that READ raises a `FAULT` for leaves the last content."""

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], T],
        fault: type[Exception],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the file; raises what READ raises."""
        self._path, self._read, self._fault, self._clock = path, read, fault, clock
        self._version = self._stat()
        self._content = read(path)
        self._looked = clock()
        # How often the file was read and kept from being used.
        self.loads = Counter(loaded=1, refused=0)

    def content(self, *, now: bool = False) -> T:
        """What is in the file, as of a second ago at most, or NOW."""
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
            found = os.stat(self._path)  # noqa: PTH116  # takes half the time, at each call
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
