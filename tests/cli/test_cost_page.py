"""The console blocks of docs/guides/cost.md, run one after the other."""

import json
import os
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tableadmin.cost import read
from tests.cli.running import PROGRAM, Run
from tests.docs.pages import ROOT
from tests.docs.pages import blocks as page_blocks
from tests.server_process import ServerProcess

PAGE = ROOT / "docs" / "guides" / "cost.md"
# The sections whose commands are run, from top to bottom.
SECTIONS = ("Plans", "Drift", "Requests of on-demand tables")
# The section whose command is run where there is a CloudWatch.
ELSEWHERE = "Requests that CloudWatch counted"
REST = "..."


def blocks(language: str) -> list[str]:
    """The blocks of LANGUAGE on the page."""
    return [each.text for each in page_blocks(PAGE) if each.language == language]


def commands() -> list[tuple[str, list[str]]]:
    """The commands of the page, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    shown = [each for each in page_blocks(PAGE) if each.language == "console"]
    assert tuple(dict.fromkeys(each.section for each in shown)) == (*SECTIONS, ELSEWHERE)
    for line in "".join(each.text for each in shown if each.section != ELSEWHERE).splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


def matches(printed: list[str], expected: list[str]) -> bool:
    """Whether PRINTED is EXPECTED, in which `...` stands for any lines."""
    parts = [REST if each == REST else re.escape(each) for each in expected]
    pattern = "\n".join(parts).replace(f"{REST}\n", r"(?:.*\n)*").replace(f"\n{REST}", r"(?:\n.*)*")
    return re.fullmatch(pattern if expected != [REST] else r"(?:.*\n?)*", "\n".join(printed)) is not None


@pytest.fixture
def folder(tmp_path: Path, tablectl: Run) -> "Path":
    """A folder with the spec of the page; the table is not there."""
    tablectl("table", "delete", "Invoices", "--yes", "--wait")
    (tmp_path / "invoices.yaml").write_text(blocks("yaml")[0])
    return tmp_path


def test_the_console_blocks_run(folder: Path, served: dict[str, str], tablectl: Run) -> None:
    """Each command of the page succeeds and prints what the page shows."""
    environment = {**served, "PATH": os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]])}
    try:
        for command, expected in commands():
            ran = subprocess.run(
                command,
                shell=True,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, (command, ran.stderr)
            assert matches(ran.stdout.splitlines(), expected), (command, ran.stdout)
    finally:
        tablectl("table", "delete", "Invoices", "--yes", "--wait")


def test_the_price_file_is_read(tmp_path: Path) -> None:
    """The file of prices on the page is one that tablectl takes."""
    path = tmp_path / "prices.json"
    path.write_text(blocks("json")[0])
    assert read(path).regions["eu-west-1"]["TimedStorage-ByteHrs"] == Decimal("0.283")
    assert json.loads(path.read_text())["date"] == "2026-11-01"


def test_the_python_example_runs(
    embedded_server: ServerProcess,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The example prints the cost before and after, the increase, and what is paid once."""
    monkeypatch.chdir(tmp_path)
    Path("invoices.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    text = blocks("python")[0].replace("127.0.0.1:50051", embedded_server.address)
    exec(compile(text, "cost.md", "exec"), {})
    assert capsys.readouterr().out == "$0.00 at least $57.89 57.88900 $0.00\n"
