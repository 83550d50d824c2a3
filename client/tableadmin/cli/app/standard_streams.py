"""The standard streams of a process that was started without one of them, as by `>&-` in a shell."""

import os
import sys

_MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}


def replace_closed() -> None:
    """Open the null device in place of each closed standard stream. Python has None for a closed stream."""
    for name, mode in _MODES.items():
        if getattr(sys, name) is None:
            # The stream is open until the process ends.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - see above
