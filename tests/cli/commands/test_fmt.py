"""`tablectl fmt`: files and folders, standard input, exit codes, and what happens to files."""

import json
import stat
from pathlib import Path

import pytest

from tests.cli.running import Run

ODD = "BillingMode: PAY_PER_REQUEST # why\nTableName:   a\n"
EVEN = "TableName: a\nBillingMode: PAY_PER_REQUEST  # why\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two specs below `tables`, one of them canonical, and a template."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "odd.yaml").write_text(ODD)
    (tmp_path / "tables" / "even.yml").write_text(EVEN.replace("a\n", "b\n"))
    (tmp_path / "tables" / "template.yaml").write_text("Resources:  {}\n")
    return tmp_path


def test_a_folder(offline: Run, folder: Path) -> None:
    """Formatting names the files that it changes. A second run changes none. Other formats are noted."""
    odd = folder / "tables" / "odd.yaml"
    odd.chmod(0o640)
    ran = offline("fmt", "tables/")
    assert (0, "tables/odd.yaml\n") == (ran.returncode, ran.stdout)
    assert "note: left alone, because they are no table specs: tables/template.yaml\n" == ran.stderr
    assert EVEN == odd.read_text()
    assert 0o640 == stat.S_IMODE(odd.stat().st_mode)
    assert "Resources:  {}\n" == (folder / "tables" / "template.yaml").read_text()
    assert ["even.yml", "odd.yaml", "template.yaml"] == sorted(
        each.name for each in (folder / "tables").iterdir()
    )
    assert (0, "") == ((again := offline("fmt", ".")).returncode, again.stdout)


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_nothing_is_written(offline: Run, folder: Path, option: str) -> None:
    """--check exits with 2 if a file would change, and --diff shows how. Neither writes."""
    ran = offline("fmt", option, "tables")
    assert (2 if option == "--check" else 0) == ran.returncode
    assert ODD == (folder / "tables" / "odd.yaml").read_text()
    if option == "--diff":
        assert "-TableName:   a\n+TableName: a\n" in ran.stdout
    else:
        assert "tables/odd.yaml\n" == ran.stdout
    assert 2 == offline("fmt", "--check", "--diff", "tables").returncode
    assert 0 == offline("fmt", "--check", "tables/even.yml").returncode


def test_a_file_of_another_format(offline: Run, folder: Path) -> None:
    """A file that the command line names, and that is no spec, is left alone with its format."""
    del folder
    ran = offline("fmt", "--check", "tables/template.yaml")
    note = "note: tables/template.yaml is in the format CloudFormation; it is left alone\n"
    assert (0, "", note) == (ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize("option", [(), ("--check",)])
def test_a_file_with_crlf(offline: Run, tmp_path: Path, option: tuple[str, ...]) -> None:
    """The line breaks of a file are kept: CRLF alone is canonical, and the canonical form has CRLF."""
    odd, even = tmp_path / "odd.yaml", tmp_path / "even.yaml"
    odd.write_bytes(ODD.replace("\n", "\r\n").encode())
    even.write_bytes(EVEN.replace("\n", "\r\n").encode())
    assert (0, "") == ((ran := offline("fmt", *option, str(even))).returncode, ran.stdout)
    assert (2 if option else 0) == offline("fmt", *option, str(odd)).returncode
    assert (ODD if option else EVEN).replace("\n", "\r\n").encode() == odd.read_bytes()


@pytest.mark.parametrize("content", ["", "# only a comment\n", "---\n# a\n...\n"])
def test_a_file_without_content(offline: Run, folder: Path, content: str) -> None:
    """A file without content is left alone with a note, and the exit code is that of the other files."""
    (folder / "tables" / "none.yaml").write_text(content)
    ran = offline("fmt", "tables/none.yaml", "tables/even.yml", "--check")
    assert (0, "note: tables/none.yaml is empty; it is left alone\n") == (ran.returncode, ran.stderr)
    assert 2 == offline("fmt", "tables", "--check").returncode
    assert content == (folder / "tables" / "none.yaml").read_text()


def test_a_byte_order_mark_is_shown(offline: Run, tmp_path: Path) -> None:
    """--diff shows the byte order mark that the canonical form does not have."""
    file = tmp_path / "mark.yaml"
    file.write_text(EVEN, encoding="utf-8-sig")
    assert "-<U+FEFF>TableName: a\n+TableName: a\n" in offline("fmt", "--diff", str(file)).stdout


def test_standard_input(offline: Run) -> None:
    """With -, fmt prints the result. Other formats come out as they are, and errors without output."""
    assert (0, EVEN, "") == ((ran := offline("fmt", "-", stdin=ODD)).returncode, ran.stdout, ran.stderr)
    assert (2, "standard input\n") == (
        (ran := offline("fmt", "-", "--check", stdin=ODD)).returncode,
        ran.stdout,
    )
    assert "Resources:  {}" == offline("fmt", "-", stdin="Resources:  {}").stdout
    wrong = offline("fmt", "-", stdin="TableName: a\nBilingMode: x\n")
    assert (1, "") == (wrong.returncode, wrong.stdout)
    assert wrong.stderr.startswith("tablectl: standard input:2: table a: BilingMode: unknown member")
    assert 64 == offline("fmt", "-", "a.yaml").returncode


def test_errors(offline: Run, folder: Path) -> None:
    """A file that can't be read does not keep others from being formatted; the exit code is 1."""
    (folder / "tables" / "broken.yaml").write_text("TableName: [\n")
    ran = offline("fmt", "tables", "missing.yaml")
    assert (1, "tables/odd.yaml\n") == (ran.returncode, ran.stdout)
    assert "missing.yaml: No such file or directory\n" in ran.stderr
    assert ran.stderr.endswith("tablectl: 2 of 5 files can't be formatted\n")
    assert EVEN == (folder / "tables" / "odd.yaml").read_text()
    assert 1 == offline("fmt", "--check", "tables").returncode


def test_a_file_that_cannot_be_replaced(offline: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new file can't take the place of the old one, the old one stays whole and alone."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "tables/odd.yaml")

    monkeypatch.setattr(Path, "replace", full)
    ran = offline("fmt", "tables")
    assert (1, "tablectl: tables/odd.yaml: No space left on device\n") == (ran.returncode, ran.stderr)
    assert ODD == (folder / "tables" / "odd.yaml").read_text()
    assert ["even.yml", "odd.yaml", "template.yaml"] == sorted(
        each.name for each in (folder / "tables").iterdir()
    )


def test_as_json(offline: Run, folder: Path) -> None:
    """-o json has each file, and the difference."""
    del folder
    answer = json.loads(offline("fmt", "--check", "tables", "-o", "json").stdout)
    assert ["tables/odd.yaml"] == [each["File"] for each in answer["Changed"]]
    assert "+TableName: a" in answer["Changed"][0]["Diff"]
    assert ["tables/even.yml"] == answer["Unchanged"]
    assert [{"File": "tables/template.yaml", "Reason": "is in the format CloudFormation"}] == answer[
        "LeftAlone"
    ]
