"""The clients that are committed are what the generators make of the contract and of the asyncio client."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "client" / "generate_sync.py"
METHODS = ROOT / "client" / "generate_methods.py"
CLIENT = ROOT / "client" / "tableadmin"


def test_the_methods_are_generated(tmp_path: Path) -> None:
    """The methods of the asyncio client that `make proto` writes are committed, byte for byte."""
    subprocess.run([sys.executable, METHODS, tmp_path / "aio.py"], check=True)

    generated = (tmp_path / "aio.py").read_bytes()

    assert generated == (CLIENT / "aio.py").read_bytes(), "run make proto"


def test_the_sync_client_is_generated(tmp_path: Path) -> None:
    """What `make sync-client` writes is committed, byte for byte."""
    subprocess.run([sys.executable, GENERATOR, tmp_path / "client.py"], check=True)

    generated = (tmp_path / "client.py").read_bytes()

    assert generated == (CLIENT / "client.py").read_bytes(), "run make sync-client"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param("Each RPC is a method to await.", "Call it.", "no longer says", id="reworded"),
        pytest.param("A method takes", "In asyncio a method takes", "not translated", id="new text"),
        pytest.param("class Client:", "import asyncio\nclass Client:", "not translated", id="new code"),
    ],
)
def test_nothing_asyncio_stays(old: str, new: str, complaint: str, tmp_path: Path) -> None:
    """What the generator has no translation for is refused by name instead of being written."""
    package = tmp_path / "tableadmin"
    package.mkdir()
    script = tmp_path / GENERATOR.name
    script.write_text(GENERATOR.read_text())
    (package / "aio.py").write_text((CLIENT / "aio.py").read_text().replace(old, new))

    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)

    assert complaint in result.stderr
    assert not (package / "client.py").exists()
