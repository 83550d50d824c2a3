"""The command line, tablectl.

`program.py` is the root command and maps command names to modules. `commands/` has a module for each group of
commands. Their imports load only click: grpc and the messages load on the first call, rich when a
terminal shows output.
"""

import gc
import os
import sys

from tableadmin.cli import interrupts

__all__ = ["main"]

# A run creates few objects after loading, and garbage collection while loading takes a tenth of the run.
_COLLECT_AFTER = 200_000


def main() -> None:
    """Run tablectl with the arguments of this process and exit.

    The exit code is 0, 1 for an error of the service, 2 for changes with --exit-code, 64 for usage, 130 after
    Ctrl-C.
    """
    gc.set_threshold(_COLLECT_AFTER)
    try:
        interrupts.install()
        # Imported here, so that Ctrl-C during loading ends without a traceback.
        from tableadmin.cli.app.program import run  # noqa: PLC0415

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        interrupts.end()
    if interrupts.was_interrupted() and code != interrupts.EXIT_CODE:
        interrupts.end()
    # All output is written, and the interpreter's shutdown would take another tenth of the run.
    os._exit(code)
