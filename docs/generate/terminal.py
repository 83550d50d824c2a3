"""A real program on a terminal: what the screen shows, and when."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pyte


class Cell(NamedTuple):
    """One character, and how it looks."""

    text: str
    colour: str
    bold: bool


Line = tuple[Cell, ...]


class Frame(NamedTuple):
    """What the screen shows, and for how many SECONDS."""

    lines: tuple[Line, ...]
    seconds: float


class Recorder:
    """A terminal of so many COLUMNS and ROWS, on which commands are typed one after the other."""

    def __init__(self, columns: int, rows: int, environment: Mapping[str, str]) -> None:
        self._size = (rows, columns)
        self._environment = {**environment, "TERM": "xterm-256color", "COLUMNS": str(columns)}
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.frames: list[Frame] = []

    def show(self, text: str, seconds: float) -> None:
        """Write TEXT, and keep the screen for some SECONDS."""
        self._stream.feed(text.encode())
        self._keep(seconds)

    def run(self, command: Sequence[str], longest: float) -> None:
        """Run COMMAND to its end. No pause becomes longer than LONGEST seconds; raises CalledProcessError."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *self._size, 0, 0))
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=self._environment, start_new_session=True
        )
        os.close(slave)
        began = time.monotonic()
        for data in _written(master):
            self._keep(min(time.monotonic() - began, longest))
            began = time.monotonic()
            self._stream.feed(data)
        os.close(master)
        if process.wait() != 0:
            raise subprocess.CalledProcessError(process.returncode, command)

    def _keep(self, seconds: float) -> None:
        lines = tuple(self._line(row) for row in range(self._size[0]))
        if self.frames and self.frames[-1].lines == lines:
            seconds += self.frames.pop().seconds
        self.frames.append(Frame(lines, seconds))

    def _line(self, row: int) -> Line:
        cells = self._screen.buffer[row]
        return tuple(
            Cell(cells[column].data, cells[column].fg, cells[column].bold) for column in range(self._size[1])
        )


def _written(master: int) -> Iterator[bytes]:
    """What is written to the terminal, until its program ends."""
    while True:
        select.select([master], [], [])
        try:
            data = os.read(master, 65_536)
        except OSError:  # what Linux says when nobody has the terminal open any more
            return
        if not data:
            return
        yield data
