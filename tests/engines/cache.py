"""What tests fetch once and keep outside the tree."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from tests.engines.engine import EngineUnavailable


class IntegrityError(Exception):
    """What was fetched is not what was pinned. Nothing of it was unpacked."""


def cache_directory() -> Path:
    """Return ``$XDG_CACHE_HOME/tableadmin-tests``, by default under ``~/.cache``; it may not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tableadmin-tests"


def cached(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the cached directory of this name; on first use ``fill`` is given an empty one to fill.

    Runs that need it at the same time wait for the first, and a directory appears under its name only when
    it is complete.
    """
    target = cache_directory() / name
    cache_directory().mkdir(parents=True, exist_ok=True)
    with (cache_directory() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache_directory(), prefix=f"{name}.") as scratch:
                fresh = Path(scratch) / "new"
                fresh.mkdir()
                fill(fresh)
                fresh.rename(target)
    return target


def program(name: str, advice: str) -> str:
    """Return the path of a program; raises EngineUnavailable with the advice when it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise EngineUnavailable(f"{name} is not installed: {advice}")
    return path


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm, which fetches from wherever this machine has told it to.

    Raises EngineUnavailable when npm is missing or fails, with the last line of what it said.
    """
    command = [program("npm", "install Node.js 18 or later with npm"), *arguments, "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or "nothing was said").splitlines()[-1]
        raise EngineUnavailable(f"npm {arguments[0]} failed: {said}")


def unpack(archive: Path, integrity: str, into: Path) -> None:
    """Unpack a .tgz whose hash is the given one, written as npm does (``sha512-`` and base64).

    Raises IntegrityError for any other archive, before a byte of it is read as an archive.
    """
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = f"sha512-{b64encode(digest).decode()}"
    if found != integrity:
        raise IntegrityError(f"{archive.name} is {found}, not the pinned {integrity}")
    with tarfile.open(archive) as opened:
        # The safe filter came to Python 3.11 with 3.11.4; the hash has vouched for the archive before that.
        opened.extraction_filter = getattr(tarfile, "data_filter", None)
        opened.extractall(into)
