"""The standard streams of a process: what a terminal can show, and streams that are closed."""

import os
import sys
from typing import TextIO

_MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}


def is_terminal(stream: TextIO) -> bool:
    """Whether STREAM is a terminal with cursor control."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def shows_colors(stream: TextIO) -> bool:
    """Whether to write colors to STREAM: it is a terminal, and the variable NO_COLOR is not set."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def replace_closed_streams() -> None:
    """Open the null device in place of each standard stream that is closed, as by `>&-` in a shell.

    Python has None for a closed stream.

    Otherwise the next file or socket gets the number of the stream, and output is written into that. Child
    processes inherit the null device.
    """
    for number, (name, mode) in enumerate(_MODES.items()):
        if getattr(sys, name) is None:
            # The stream is open until the process ends.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - see above
            os.set_inheritable(number, True)  # noqa: FBT003 - it takes no keyword
