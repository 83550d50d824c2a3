"""The clock of a server process, which `clock.c` makes wrong."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """A clock that is wrong by what FILE says, which may change while the process runs."""

    # Without a compiler all clocks are right.
    can_be_wrong = shutil.which("cc") is not None

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(timedelta())

    def move(self, offset: timedelta) -> None:
        """Be wrong by OFFSET from now on."""
        # The process has mapped the file: the bytes are replaced, not the file.
        with self._file.open("r+b" if self._file.exists() else "w+b", buffering=0) as file:
            file.write(struct.pack("@l", round(offset.total_seconds())))

    @property
    def environment(self) -> Mapping[str, str]:
        """What has a process use this clock. Its monotonic clock is right, as that of a machine is."""
        if not self.can_be_wrong:
            return {}
        return {"LD_PRELOAD": str(_library(self._file.parent)), "SOAK_CLOCK": str(self._file)}


@cache
def _library(folder: Path) -> Path:
    """The library, built in FOLDER."""
    library = folder / "clock.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, _SOURCE], check=True)
    return library
