"""The hooks for repositories of others run as pre-commit runs them: entry, arguments, names of files."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cli.running import PROGRAM

ROOT = Path(__file__).parents[2]
HOOKS = {each["id"]: each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
SPEC = """\
BillingMode: PAY_PER_REQUEST
TableName: orders
AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
CONFIG = '[policies]\nfolder = "policies"\n[endpoints.home]\nregion = "eu-west-1"\n'
POLICY = '@id("all")\npermit (principal, action, resource);\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The files of a repository with a spec and a policy."""
    files = {"tables/orders.yaml": SPEC, "tableadmin.toml": CONFIG, "policies/all.cedar": POLICY}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def _run(hook: str, repository: Path, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    said = HOOKS[hook]
    names = ["tables/orders.yaml"] if said.get("pass_filenames", True) else []
    return subprocess.run(
        [*shlex.split(said["entry"]), *said.get("args", []), *names],
        cwd=repository,
        env={**environment, "PATH": os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_fmt(repository: Path, environment: dict[str, str]) -> None:
    """The hook rewrites the files of the commit, by which pre-commit sees that the commit has to wait."""
    file = repository / "tables" / "orders.yaml"
    assert "tables/orders.yaml\n" == _run("tablectl-fmt", repository, environment).stdout
    assert file.read_text().startswith("TableName: orders\n")
    again = _run("tablectl-fmt", repository, environment)
    assert (0, "", "") == (again.returncode, again.stdout, again.stderr)


def test_validate(repository: Path, served: dict[str, str]) -> None:
    """The hook fails with the violations of the folder."""
    assert 0 == _run("tablectl-validate", repository, served).returncode
    (repository / "tables" / "bad.yaml").write_text("TableName: x\n")
    ran = _run("tablectl-validate", repository, served)
    assert 1 == ran.returncode
    assert "x" in ran.stdout + ran.stderr


def test_policy_check(repository: Path, environment: dict[str, str]) -> None:
    """The hook fails with the place of a mistake in a policy."""
    ran = _run("tableadmin-policy-check", repository, environment)
    assert 0 == ran.returncode, ran.stderr
    (repository / "policies" / "wrong.cedar").write_text("permit (principal, action, resource)")
    ran = _run("tableadmin-policy-check", repository, environment)
    assert 1 == ran.returncode
    assert "wrong.cedar" in ran.stderr


def test_the_hooks_are_documented(tmp_path: Path) -> None:
    """The manifest is valid, and so is the configuration in the guide, which has each hook."""
    page = (ROOT / "docs" / "guides" / "pull-requests.md").read_text(encoding="utf-8")
    (documented,) = re.findall(r"```yaml\n(repos:.*?)```", page, re.DOTALL)
    config = tmp_path / "config.yaml"
    config.write_text(documented)
    assert [*HOOKS] == [each["id"] for each in yaml.safe_load(documented)["repos"][0]["hooks"]]
    for check, file in (("validate-manifest", ROOT / ".pre-commit-hooks.yaml"), ("validate-config", config)):
        subprocess.run([PROGRAM.parent / "pre-commit", check, file], check=True)
