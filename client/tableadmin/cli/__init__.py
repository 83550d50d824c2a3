"""The command line, tablectl.

`program.py` is the root and says which module holds which command; `commands/` has one module for each
group of commands. Importing any of them costs click alone: grpc and the messages load when a call is made,
rich when something is drawn on a terminal.
"""

import gc
import os
import sys

__all__ = ["main"]

# A run makes few objects after it has loaded, and collecting while it loads takes a tenth of its time.
_COLLECT_AFTER = 200_000


def main() -> None:
    """Run tablectl with the arguments of this process and exit.

    The exit code is 0, 1 for an error of the service, 2 for changes with --exit-code, 64 for usage, 130 after
    Ctrl-C.
    """
    gc.set_threshold(_COLLECT_AFTER)
    try:
        # Here, so that even Ctrl-C while loading ends without a traceback.
        from tableadmin.cli.app.program import run  # noqa: PLC0415

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("\n")  # past the ^C
        code = 130
    # All is written by now; taking the interpreter apart would take another tenth.
    os._exit(code)
