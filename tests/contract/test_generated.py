"""The stubs that are committed are what the generator makes of the contract."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / ".venv-proto" / "bin" / "python"
PACKAGE = Path("tableadmin/v1")
WORDS = Path("tableadmin/cli/requests/contract_words.py")


def test_the_stubs_are_generated(tmp_path: Path) -> None:
    """What `make proto` writes is committed, byte for byte, and nothing beside it."""
    assert GENERATOR.exists(), "the generator is not installed: make setup"
    subprocess.run([GENERATOR, ROOT / "proto" / "generate.py", tmp_path], check=True)

    generated, committed = contents(tmp_path / PACKAGE), contents(ROOT / "client" / PACKAGE)

    assert "table_admin_pb2_grpc.py" in generated
    assert generated.keys() == committed.keys()
    assert [] == [name for name, text in generated.items() if text != committed[name]], "run make proto"
    assert (tmp_path / WORDS).read_bytes() == (ROOT / "client" / WORDS).read_bytes(), "run make proto"


def contents(package: Path) -> dict[str, bytes]:
    """The modules and type stubs in PACKAGE."""
    return {path.name: path.read_bytes() for path in package.glob("*.py*") if path.is_file()}
