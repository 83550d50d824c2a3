"""A program on a pseudo-terminal, as a person has it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable

_SECONDS = 60.0
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


# Gives the program a terminal of its own, so that Ctrl-C reaches the program as it reaches a person's. It is
# not done between fork and exec: gRPC's threads in this process may hold locks that the child would wait for.
_LOGIN = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"


class Terminal:
    """Runs COMMAND on a terminal of so many COLUMNS and ROWS; `screen` is all that it has written so far."""

    def __init__(self, command: list[str], environment: dict[str, str], columns: int, rows: int = 40) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        kept = {name: text for name, text in environment.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LOGIN, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**kept, "TERM": "xterm-256color"},
        )
        os.close(slave)
        self.raw = ""

    @property
    def screen(self) -> str:
        """What it has written, without colours and the like."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    def read_until(self, text: str) -> str:
        """Read until TEXT has been written; the screen."""
        self._read(lambda: text in self.screen)
        assert text in self.screen
        return self.screen

    def type(self, text: str) -> None:
        """Type TEXT, as if on a keyboard."""
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Read until the program ends; its exit code."""
        self._read(lambda: False)
        os.close(self._master)
        return self.process.wait(_SECONDS)

    def _read(self, enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not enough():
            if not select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.process.kill()
                raise TimeoutError(self.screen)
            try:
                data = os.read(self._master, 4096)
            except OSError:  # what Linux says when nobody has the terminal open any more
                return
            if not data:
                return
            self.raw += data.decode(errors="replace")
