"""The standard streams of a process that was started without one of them, as by `>&-` in a shell."""

import os
import sys

_MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}


def replace_closed_streams() -> None:
    """Open the null device in place of each closed standard stream. Python has None for a closed stream.

    Otherwise the next file or socket gets the number of the stream, and output is written into that. Child
    processes inherit the null device.
    """
    for number, (name, mode) in enumerate(_MODES.items()):
        if getattr(sys, name) is None:
            # The stream is open until the process ends.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - see above
            os.set_inheritable(number, True)  # noqa: FBT003 - it takes no keyword
