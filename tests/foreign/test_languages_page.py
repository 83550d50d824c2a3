"""docs/guides/languages.md: its commands and its Node.js program run as they stand there."""

import os
import shlex
import subprocess
from pathlib import Path

import google.rpc.status_pb2
import pytest

from tableadmin import Client
from tests.docs.pages import ROOT, Block, blocks
from tests.server_process import ServerProcess

_BLOCKS = list(blocks(ROOT / "docs/guides/languages.md"))
_ADDRESS = "127.0.0.1:50051"
_GOOGLE = Path(google.rpc.status_pb2.__file__).parents[2]


def _one(section: str, language: str) -> Block:
    return next(each for each in _BLOCKS if (each.section, each.language) == (section, language))


def test_reflection(grpcurl_program: str, empty_server: ServerProcess) -> None:
    """Grpcurl lists, describes and calls what the server describes."""
    listing, describing, calling = _one("By reflection", "console").commands.splitlines()

    def run(line: str) -> "subprocess.CompletedProcess[str]":
        _, *words = shlex.split(line.replace(_ADDRESS, empty_server.address))
        return subprocess.run([grpcurl_program, *words], capture_output=True, text=True, check=False)

    assert "tableadmin.v1.TableAdmin" in run(listing).stdout
    assert "optional string table_name" in run(describing).stdout
    assert "NotFound" in run(calling).stderr


@pytest.mark.parametrize("outcome", ["Concerts TABLE_STATUS_", "ALREADY_EXISTS"])
def test_node(
    node_program: tuple[str, Path], empty_server: ServerProcess, tmp_path: Path, outcome: str
) -> None:
    """The program makes a table, and reads the error if the table is there."""
    program, packages = node_program
    (tmp_path / "proto").symlink_to(ROOT / "proto")
    (tmp_path / "googleapis").symlink_to(_GOOGLE)
    text = _one("Node.js", "javascript").text.replace(_ADDRESS, empty_server.address)

    def run() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, "-e", text],
            cwd=tmp_path,
            env={**os.environ, "NODE_PATH": str(packages)},
            capture_output=True,
            text=True,
            check=False,
        )

    first = run()
    done = run() if outcome == "ALREADY_EXISTS" else first
    with Client(empty_server.address) as client:
        client.delete_table(table_name="Concerts")
    assert outcome in done.stdout + done.stderr
