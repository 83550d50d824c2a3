"""The blocks of docs/guides/replace.md about small tables, run one after the other."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, Run, runner
from tests.docs.pages import ROOT, Block, blocks
from tests.engines import Engine
from tests.server_process import running_server

PAGE = ROOT / "docs" / "guides" / "replace.md"
SECTIONS = ("Copy the items of a small table", "The same name")
_ITEMS = [("Acme", "One"), ("Acme", "Another one"), ("Bold", "Three")]


@pytest.fixture
def engine(start_engine: Callable[[str], Engine]) -> Engine:
    """The embedded engine with the table of the page."""
    engine = start_engine("ministack")
    made = engine.boto3()
    made.create_table(
        TableName="Music",
        AttributeDefinitions=[
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "Title", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "Title", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for artist, title in _ITEMS:
        made.put_item(
            TableName="Music",
            Item={"Artist": {"S": artist}, "Title": {"S": title}, "Year": {"N": "1984"}},
        )
    return engine


@pytest.fixture
def copying(engine: Engine, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """An environment with a server that may copy items, in front of the engine."""
    flags = ("--endpoint-url", engine.url, "--region", "us-west-2", "--copy-max-items", "100000")
    with running_server(*flags) as server:
        path = os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]])
        yield {**environment, "TABLEADMIN_SERVER": server.address, "PATH": path}
    for name in ("Music", "MusicByTitle"):
        if name in engine.boto3().list_tables()["TableNames"]:
            engine.boto3().delete_table(TableName=name)


def test_the_blocks_run(copying: dict[str, str], tmp_path: Path, engine: Engine) -> None:
    """Each command prints what the page shows, and the items are in the table of the old name at the end."""
    for block in blocks(PAGE):
        if block.file:
            (tmp_path / block.file).write_text(block.text)
        elif block.language == "console":
            assert block.section in SECTIONS
            _follow(block, tmp_path, copying)
        elif block.language == "python":
            _run_program(block, tmp_path, copying)
    table = engine.boto3().describe_table(TableName="Music")["Table"]
    assert [each["AttributeName"] for each in table["KeySchema"]] == ["Title"]
    found = engine.boto3().scan(TableName="Music")["Items"]
    assert sorted(each["Title"]["S"] for each in found) == sorted(title for _, title in _ITEMS)


def _follow(block: Block, folder: Path, environment: dict[str, str]) -> None:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *expected = part.splitlines()
        ran = subprocess.run(
            command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, (command, ran.stderr)
        pattern = "".join("(?:.*\n)*" if each == "..." else f"{re.escape(each)}\n" for each in expected)
        assert re.fullmatch(pattern, ran.stdout), (command, ran.stdout, expected)


def _run_program(block: Block, folder: Path, environment: dict[str, str]) -> None:
    program = block.text.replace("127.0.0.1:50051", environment["TABLEADMIN_SERVER"])
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "3"


@pytest.fixture
def tablectl(copying: dict[str, str]) -> Run:
    """Run tablectl against the server."""
    return runner(copying)


def test_items_that_cannot_be_copied(tablectl: Run, engine: Engine) -> None:
    """The problems are listed with their numbers, on standard output, and the exit code is 1."""
    made = engine.boto3()
    made.put_item(TableName="Music", Item={"Artist": {"S": "Cold"}, "Title": {"S": "One"}})
    create = ("table", "create", "MusicByTitle", "--hash-key", "Title:S", "--on-demand", "--wait")
    assert tablectl(*create).returncode == 0
    checked = tablectl("copy-items", "Music", "MusicByTitle", "--dry-run")
    assert (checked.returncode, checked.stdout.splitlines()[-2:]) == (
        1,
        ["ITEMS  PROBLEM", "2      with the same new key as another item"],
    )
    assert checked.stderr.splitlines()[-1] == (
        "tablectl: items of Music cannot be copied: correct the listed problems first"
    )
    copied = tablectl("copy-items", "Music", "MusicByTitle")
    assert (copied.returncode, copied.stdout.splitlines()[-1]) == (1, checked.stdout.splitlines()[-1])
    assert "ITEMS_NOT_COPYABLE" in copied.stderr.splitlines()[-1]
    shown = tablectl("copy-items", "Music", "MusicByTitle", "--dry-run", "-o", "json")
    assert '"DUPLICATE_KEY"' in shown.stdout
