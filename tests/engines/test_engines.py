"""The engines themselves: what every other test stands on."""

import hashlib
import subprocess
import sys
import tarfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engines import ENGINES, Engine, EngineUnavailable, dynamodb_local, empty
from tests.engines.cache import IntegrityError, cached, program, unpack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef

_LEASH = Path(__file__).with_name("leash.py")


def _table(name: str, *, protected: bool = False) -> "CreateTableInputTypeDef":
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        "DeletionProtectionEnabled": protected,
    }


def _archive(path: Path) -> Path:
    """Write a .tgz with one file in it."""
    (path / "file").write_text("content")
    with tarfile.open(path / "archive.tgz", "w:gz") as archive:
        archive.add(path / "file", "file")
    return path / "archive.tgz"


def _integrity(archive: Path) -> str:
    return "sha512-" + b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def test_answers(engine: Engine) -> None:
    """Every engine answers ListTables."""
    assert engine.name in ENGINES
    assert isinstance(engine.boto3().list_tables()["TableNames"], list)


def test_is_shared(start_engine: Callable[[str], Engine]) -> None:
    """An engine that is asked for again is the one that runs already."""
    assert start_engine("ministack") is start_engine("ministack")


def test_empty_deletes_protected_and_busy_tables(engine: Engine) -> None:
    """After ``empty`` no table is left: neither one under deletion protection nor one being created."""
    client = engine.boto3()
    client.create_table(**_table("Protected", protected=True))
    client.create_table(**_table("Busy"))
    empty(engine)
    assert client.list_tables()["TableNames"] == []


def test_emptied_names_can_be_used_again(engine: Engine) -> None:
    """A table made under the name of one that ``empty`` deleted stays."""
    client = engine.boto3()
    client.create_table(**_table("Again"))
    empty(engine)
    client.create_table(**_table("Again"))
    time.sleep(0.3)  # longer than dynalite takes to delete: a second deletion would have happened by now
    assert client.list_tables()["TableNames"] == ["Again"]
    empty(engine)


def test_missing_program_says_what_to_install() -> None:
    """A program that is not there makes its engine unavailable, with advice."""
    with pytest.raises(EngineUnavailable, match="no-such-program is not installed: install it"):
        program("no-such-program", "install it")


def test_engine_that_runs_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """DYNAMODB_LOCAL_URL stands for an engine that somebody else has started."""
    monkeypatch.setenv("DYNAMODB_LOCAL_URL", "http://localhost:8000")
    monkeypatch.setenv("PATH", "")
    with dynamodb_local() as running:
        assert running == Engine("dynamodb-local", "http://localhost:8000")


@pytest.mark.parametrize(("ci", "outcome"), [("true", "failed"), ("", "skipped")])
def test_missing_engine_under_pytest(ci: str, outcome: str, tmp_path: Path) -> None:
    """An engine that cannot be had skips its tests with advice, and fails them in CI."""
    test = tmp_path / "test_one.py"
    test.write_text(
        "from tests.engines.fixtures import start_engine\n"
        "def test_one(start_engine): start_engine('dynamodb-local')\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rsE",
            "-p",
            "no:cacheprovider",
            f"--rootdir={tmp_path}",
            test,
        ],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(root), "CI": ci, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"1 {outcome}" in done.stdout
    assert "DynamoDB Local needs a Java 17 runtime" in done.stdout


def test_pinned_archive_is_unpacked(tmp_path: Path) -> None:
    """An archive with the pinned hash is unpacked."""
    archive = _archive(tmp_path)
    unpack(archive, _integrity(archive), into=tmp_path / "into")
    assert (tmp_path / "into" / "file").read_text() == "content"


def test_corrupted_archive_is_refused(tmp_path: Path) -> None:
    """An archive with one byte changed is refused, and nothing of it is unpacked."""
    archive = _archive(tmp_path)
    pinned = _integrity(archive)
    content = bytearray(archive.read_bytes())
    content[-1] ^= 1
    archive.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"archive\.tgz is sha512-.*, not the pinned sha512-"):
        unpack(archive, pinned, into=tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_failed_first_use_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be fetched completely is fetched again the next time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def broken(directory: Path) -> None:
        (directory / "half").touch()
        raise IntegrityError

    with pytest.raises(IntegrityError):
        cached("thing", broken)
    assert list(cached("thing", lambda directory: (directory / "whole").touch()).iterdir()) == [
        tmp_path / "tableadmin-tests" / "thing" / "whole"
    ]


def test_leash_ends_its_command_with_the_parent() -> None:
    """The command of an engine ends when the process that started it lets go of the pipe."""
    with subprocess.Popen([sys.executable, _LEASH, "sleep", "60"], stdin=subprocess.PIPE) as leash:
        assert leash.stdin is not None
        leash.stdin.close()
        assert leash.wait(60) != 0
