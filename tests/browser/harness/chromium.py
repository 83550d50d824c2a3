"""The browser of the tests: headless Chromium, its fonts and the accessibility checks, from npm.

Chromium, the libraries that it needs beside Debian's, and the fonts are pinned, so a page looks the same on
every machine. Nothing needs root.
"""

import hashlib
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.engines.cache import cached, npm, program
from tests.engines.engine import EngineUnavailable

_NPM = Path(__file__).parents[1] / "npm"
_PINNED_RUNS_ON = ("Linux", "x86_64")
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Chromium:
    """The program, the environment that it needs, and the file of axe-core."""

    program: str
    environment: dict[str, str]
    axe: Path


def chromium() -> Chromium:
    """Return the pinned Chromium where it runs, elsewhere that of ``PATH`` with the machine's fonts.

    Raises EngineUnavailable when neither can be had, and without Node.js and npm on first use.
    """
    here = cached(f"chromium-{_version()}", _fetch)
    axe = here / "node_modules" / "axe-core" / "axe.min.js"
    if not _is_pinned():
        found = next(filter(None, map(shutil.which, _NAMES)), None)
        if found is None:
            raise EngineUnavailable("install Chromium (the pinned one is for Linux on x86-64)")
        return Chromium(found, {}, axe)
    environment = {"LD_LIBRARY_PATH": str(here / "lib"), "FONTCONFIG_FILE": str(here / "fontconfig.conf")}
    return Chromium(str(here / "chromium"), environment, axe)


@contextmanager
def launched(program: Chromium) -> Iterator[Browser]:
    """A browser without windows. No asynchronous code of the same thread can run beside playwright's loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program.program, env={**program.environment})
        yield browser
        browser.close()


def _is_pinned() -> bool:
    return (platform.system(), platform.machine()) == _PINNED_RUNS_ON


def _version() -> str:
    """Name what the files pin: other files are another directory."""
    pinned = b"".join(each.read_bytes() for each in sorted(_NPM.iterdir()) if each.is_file())
    return hashlib.sha256(pinned).hexdigest()[:12]


def _fetch(directory: Path) -> None:
    shutil.copytree(_NPM, directory, dirs_exist_ok=True)
    npm("ci", "--ignore-scripts", cwd=directory)
    if _is_pinned():
        _inflate(directory)


def _inflate(directory: Path) -> None:
    node = program("node", "the browser of the tests needs Node.js 18 or later with npm")
    subprocess.run([node, "inflate.js"], cwd=directory, check=True, capture_output=True)
    for name in ("al2023.tar", "fonts.tar"):
        with tarfile.open(directory / name) as opened:
            # The safe filter came to Python 3.11 with 3.11.4; npm has checked the hash of the package.
            opened.extraction_filter = getattr(tarfile, "data_filter", None)
            opened.extractall(directory)
        (directory / name).unlink()
    (directory / "chromium").chmod(0o755)
    # The packed files are as large again.
    shutil.rmtree(directory / "node_modules" / "@sparticuz")
