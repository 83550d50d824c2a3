"""The types of the stand-in are generated, and stand in for boto3's where those are not installed."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client"

_PROGRAM = """
import tableadmin.boto3

client = tableadmin.boto3.client("127.0.0.1:50051")
client.describe_table(TableName="Music")["Table"]["TableStatus"]
client.describe_table(TableNam="Music")
"""


def test_the_types_are_generated(tmp_path: Path) -> None:
    """What `make proto` writes is committed, byte for byte."""
    generated = tmp_path / "typed.pyi"
    subprocess.run([sys.executable, CLIENT / "generate_boto3_types.py", generated], check=True)
    committed = CLIENT / "tableadmin" / "boto3" / "typed.pyi"
    assert generated.read_bytes() == committed.read_bytes(), "run make proto"


def test_mypy_refuses_what_is_misspelt(tmp_path: Path) -> None:
    """Without any stubs of boto3 mypy takes what is right and refuses a parameter that is misspelt."""
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    options = ["--no-site-packages", "--ignore-missing-imports", "--follow-imports=silent", "--config-file="]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *options, f"--cache-dir={tmp_path / 'cache'}", program],
        env={"MYPYPATH": str(CLIENT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'program.py:6: error: Unexpected keyword argument "TableNam"' in checked.stdout
    # Without grpc's types the stubs of the contract are at fault too.
    assert ["6"] == re.findall(r"^program\.py:(\d+): error", checked.stdout, re.MULTILINE)
