"""Reads audit records from their files. All functions block."""

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec

from tableadmin_server.security.audit.destination import rotated_path

_CHUNK = 1_048_576


class _Unmapped(msgspec.Struct):
    endpoint: str = ""
    aws_request_id: str = ""
    operation_id: str = ""
    operation_ids: tuple[str, ...] = ()


class _Record(msgspec.Struct):
    """The members of a record that queries compare."""

    time: int
    status: str
    actor: dict[str, Any]
    api: dict[str, Any]
    resources: list[dict[str, str]] = []
    unmapped: _Unmapped = msgspec.field(default_factory=_Unmapped)


_decode = msgspec.json.Decoder(_Record).decode


@dataclass(frozen=True)
class Query:
    """A filter for records. A record must match every field that is set. Times are Unix times in seconds."""

    since: float | None = None
    until: float | None = None
    principal: str = ""
    name: str = ""
    operation: str = ""
    endpoint: str = ""
    status: str = ""
    id: str = ""

    def matches(self, line: bytes) -> bool:
        """Whether the record LINE matches. A truncated line does not match."""
        try:
            record = _decode(line)
        except msgspec.DecodeError:
            return False
        return self._is_in_time(record) and all(
            not wanted or wanted in found for wanted, found in self._compared(record)
        )

    def _is_in_time(self, record: _Record) -> bool:
        after = self.since is None or record.time >= self.since * 1000
        return after and (self.until is None or record.time < self.until * 1000)

    def _compared(self, record: _Record) -> Iterator[tuple[str, Sequence[str]]]:
        user, unmapped = record.actor.get("user", {}), record.unmapped
        yield self.status, (record.status,)
        yield self.operation, (str(record.api.get("operation")),)
        yield self.principal, (str(user.get("uid")), str(user.get("name")))
        yield self.endpoint, (unmapped.endpoint,)
        yield self.name, [part for each in record.resources for part in _names(each.get("name", ""))]
        uid = str(record.api.get("request", {}).get("uid"))
        yield self.id, (uid, unmapped.aws_request_id, unmapped.operation_id, *unmapped.operation_ids)


def _names(name: str) -> Sequence[str]:
    """NAME, and its table if NAME is an ARN."""
    return (name, *name.partition(":table/")[2].split("/")[:1])


class Reader:
    """Reads the records that match QUERY from PATH and its older files, oldest first, and then new records.

    Rotation loses no records, because the file that is being read stays open.
    """

    def __init__(self, path: Path, query: Query) -> None:
        self._path = path
        self._query = query
        self._files = deque(_opened(path, query))
        self._rest = b""

    def read(self) -> list[str]:
        """Return the next records, [] at the end. A later call may find new records."""
        while self._files:
            chunk = self._files[0].read(_CHUNK)
            if chunk:
                found = self._records(chunk)
                if found:
                    return found
            elif not self._next_file():
                return []
        return []

    def last(self, count: int) -> list[str]:
        """Return the newest COUNT of the existing records."""
        found: deque[str] = deque(maxlen=count)
        while records := self.read():
            found.extend(records)
        return list(found)

    def close(self) -> None:
        """Close the files."""
        while self._files:
            self._files.popleft().close()

    def _records(self, chunk: bytes) -> list[str]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode() for line in lines if line and self._query.matches(line)]

    def _next_file(self) -> bool:
        """Continue with the next newer file. Returns whether there is one."""
        if len(self._files) == 1:
            self._files.extend(self._newer(self._files[0]))
        if len(self._files) == 1:
            return False
        # The server may have written more records after the last read and before the rotation.
        if more := self._files[0].read(_CHUNK):
            self._files[0].seek(-len(more), os.SEEK_CUR)
            return True
        self._files.popleft().close()
        self._rest = b""
        return True

    def _newer(self, file: BufferedReader) -> list[BufferedReader]:
        """The files that are newer than FILE, oldest first."""
        newer: list[BufferedReader] = []
        for number in range(len(_existing(self._path))):
            with contextlib.suppress(OSError):
                candidate = rotated_path(self._path, number).open("rb")
                if os.path.samestat(os.fstat(candidate.fileno()), os.fstat(file.fileno())):
                    candidate.close()
                    break
                newer.insert(0, candidate)
        return newer


def _opened(path: Path, query: Query) -> Iterator[BufferedReader]:
    """The file at PATH and its older files, oldest first, without files that end before the query begins."""
    for each in reversed(_existing(path)):
        with contextlib.suppress(OSError):
            file = each.open("rb")
            if each != path and query.since is not None and os.fstat(file.fileno()).st_mtime < query.since:
                file.close()
            else:
                yield file


def _existing(path: Path) -> list[Path]:
    """The file at PATH and its older files, newest first."""
    files, number = [path], 1
    while (older := rotated_path(path, number)).exists():
        files.append(older)
        number += 1
    return files
