"""Records the commands of README into docs/_static/tour.svg; `make recording` runs it.

The commands run on a server with the embedded engine, in an empty folder. Their output is as they wrote it,
and pauses are shortened.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docs.generate.animation import svg
from docs.generate.terminal import Recorder

_ROOT = Path(__file__).parents[2]
_PROGRAMS = Path(sys.executable).parent
_TARGET = _ROOT / "docs" / "_static" / "tour.svg"
_COLUMNS, _ROWS = 96, 30
# Seconds: of a key, before Enter, to read the output, and of the longest pause while a command runs.
_KEY, _ENTER, _READ, _LONGEST = 0.05, 0.4, 3.5, 0.8
_TITLE = "tablectl plans and applies a spec file, and shows the history of the table"


def main() -> None:
    """Record the commands."""
    page = (_ROOT / "README.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, _serving(folder) as address:
        (Path(folder) / "tables.yaml").write_text(spec(page), encoding="utf-8")
        path = os.pathsep.join([str(_PROGRAMS), os.environ["PATH"]])
        environment = {"PATH": path, "HOME": folder, "LANG": "C.UTF-8", "TABLEADMIN_SERVER": address}
        recorder = Recorder(_COLUMNS, _ROWS, environment)
        for number, command in enumerate(commands(page)):
            recorder.show("\r\n" if number else "", 0)
            _type(recorder, command)
            recorder.run(["sh", "-c", f"cd {folder} && exec {command}"], _LONGEST)
            recorder.show("", _READ)
    _TARGET.write_text(svg(recorder.frames, _TITLE), encoding="utf-8")


def commands(page: str) -> list[str]:
    """The commands of PAGE's first console block."""
    block = re.search(r"```console\n(.*?)```", page, re.DOTALL)
    return re.findall(r"^\$ (.+)$", block[1] if block else "", re.MULTILINE)


def spec(page: str) -> str:
    """The spec of PAGE's first YAML block."""
    block = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    return block[1] if block else ""


def _type(recorder: Recorder, command: str) -> None:
    recorder.show("\x1b[32m$\x1b[0m ", _ENTER)
    for word in re.findall(r"\S+\s*", command):
        recorder.show(word, _KEY * len(word))
    recorder.show("", _ENTER)
    recorder.show("\r\n", 0)


@contextmanager
def _serving(folder: str) -> Iterator[str]:
    """The address of a server with the embedded engine, which keeps its audit records in FOLDER."""
    flags = [
        "--embedded",
        "--listen",
        "127.0.0.1:0",
        "--log-level",
        "error",
        "--audit-file",
        f"{folder}/audit",
    ]
    with subprocess.Popen(
        [_PROGRAMS / "tableadmin-server", *flags], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield _address(server)
        finally:
            server.terminate()


def _address(server: "subprocess.Popen[str]") -> str:
    for line in server.stdout or ():
        if found := re.search(r"listening on (\S+)", line):
            return found[1]
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    main()
