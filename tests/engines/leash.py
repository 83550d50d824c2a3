"""Run a command that ends when standard input closes: ``python leash.py COMMAND [ARGUMENT...]``.

The kernel closes the other end of that pipe however the parent ends, so an interrupted or killed test
run leaves no engine behind, on Linux and on macOS.
"""

import os
import subprocess
import sys
import threading


def _end_with_parent(process: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)
    process.kill()


def main() -> int:
    """Run the command of the arguments and return its exit code."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_parent, args=(process,), daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
