"""The CPU time of another process, as Linux counts it."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# In /proc/PID/stat, counted from the state, which follows the name in parentheses.
_USER, _SYSTEM = 11, 12


def cpu_seconds(pid: int) -> float:
    """The seconds of CPU that all threads of the process PID have used, ended ones too; to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
