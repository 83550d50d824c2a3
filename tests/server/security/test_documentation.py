"""What docs/operate/security.md says can be done as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tableadmin_server.command import command
from tableadmin_server.config import load
from tableadmin_server.config.authenticator import TokenConfig
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tests.cli.running import PROGRAM, runner
from tests.server.harness.scripted_endpoint import answer, serving
from tests.server.listening.test_documentation import blocks
from tests.server_process import clean_environment, running_server


def test_static_tokens(tmp_path: Path) -> None:
    """The token that the command makes gets tablectl in."""
    printed = CliRunner().invoke(command, ["token", "create"]).output
    created = dict(line.split() for line in printed.splitlines())
    tablectl = runner(clean_environment(XDG_CONFIG_HOME=str(tmp_path)))
    config, *_ = blocks("Static tokens", "toml")
    (line,) = blocks("Static tokens", "sh")
    (tmp_path / "token.txt").write_text(created["token:"])
    with serving(answer({"TableNames": ["Music"]})) as endpoint:
        text = config.replace("http://localhost:8000", endpoint.url).replace("SHA256", created["sha256:"])
        (tmp_path / "tableadmin.toml").write_text(text)
        with running_server("--config", str(tmp_path / "tableadmin.toml")) as server:
            words = line.replace("token.txt", str(tmp_path / "token.txt")).split()[1:]
            assert "Music" in tablectl(*words, "--server", server.address).stdout
            assert "CREDENTIALS_MISSING" in tablectl("table", "list", "--server", server.address).stderr


def test_tokens_in_a_file(tmp_path: Path) -> None:
    """The file of tokens is one that the server takes."""
    _, with_file, tokens = blocks("Static tokens", "toml")
    file = tmp_path / "tokens.toml"
    file.write_text(tokens.replace("SHA256", digest_of("secret")))
    text = with_file.replace("/etc/tableadmin/tokens.toml", str(file))
    (tmp_path / "tableadmin.toml").write_text(f"{text}\n[endpoints.local]\n")
    config = load(tmp_path / "tableadmin.toml").authenticators["ci"]
    assert isinstance(config, TokenConfig)
    caller = StaticTokens("ci", config).caller(digest_of("secret"))
    assert caller
    assert "Service::ci/deploy" == str(caller.principal)


def test_json_web_tokens(tmp_path: Path) -> None:
    """The configuration of the issuers is one that the server takes."""
    (config,) = blocks("JSON Web Tokens", "toml")
    (tmp_path / "tableadmin.toml").write_text(f"{config}\n[endpoints.local]\n")
    found = load(tmp_path / "tableadmin.toml").authenticators
    assert ["corp", "cluster", "aws"] == list(found)
    assert re.findall(r"authenticators\.(\w+)", config) == list(found)


def test_first_steps(tmp_path: Path) -> None:
    """From nothing to two principals with different rights and a search of the audit."""
    title = "Two principals with different rights"
    (starting,) = blocks(title, "console")
    certificates, contexts, permitted, denied, search = blocks(title, "sh")
    (program,), (policies,), (config,) = (blocks(title, each) for each in ("python", "cedar", "toml"))
    environment = clean_environment(
        XDG_CONFIG_HOME=str(tmp_path), PATH=f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    )

    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "main.cedar").write_text(policies)
    text = config.replace("/tmp/", f"{tmp_path}/")  # the path on the page
    for port in ("50051", "50052"):
        text = text.replace(f":{port}", ":0")
    for path in ("tls/", "jwks.json", "policies"):
        text = text.replace(f'"{path}', f'"{tmp_path}/{path}')
    (tmp_path / "tableadmin.toml").write_text(text)
    assert 0 == run("sh", "-ec", certificates).returncode
    assert 0 == run(sys.executable, "-c", program).returncode
    check, start = (line.removeprefix("$ tableadmin-server ").split() for line in starting.splitlines())
    assert 0 == CliRunner().invoke(command, [*check[:-1], str(tmp_path / "tableadmin.toml")]).exit_code
    with running_server(*start[:-1], str(tmp_path / "tableadmin.toml"), listen=None) as server:
        for port, address in zip(("50051", "50052"), server.addresses, strict=True):
            contexts = contexts.replace(f"localhost:{port}", address)
        for commands, expected in ((contexts, ""), (permitted, "ACTIVE"), (search, "DeleteTable")):
            done = run("sh", "-ec", commands)
            assert (0, True) == (done.returncode, expected in done.stdout), done
            if commands is permitted:
                assert "User::corp/ana" in done.stdout
                assert "Service::mesh/spiffe://prod.example/ns/music/sa/api" in done.stdout
                refused = run("sh", "-ec", denied)
                assert (1, True) == (refused.returncode, "POLICY_DENIED" in refused.stderr), refused


TABLE = """
TableName: music-albums
BillingMode: PAY_PER_REQUEST
KeySchema: [{AttributeName: id, KeyType: HASH}]
AttributeDefinitions: [{AttributeName: id, AttributeType: S}INDEXED]
"""
INDEX = """
GlobalSecondaryIndexes:
- IndexName: by-genre
  KeySchema: [{AttributeName: genre, KeyType: HASH}]
  Projection: {ProjectionType: ALL}
"""


def test_approval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana's change waits until Bert approves it, by the commands of the page."""
    monkeypatch.chdir(tmp_path)
    (config,) = blocks("Approval", "toml")
    (policies,) = blocks("Approval", "cedar")
    asking, approving = blocks("Approval", "sh")
    for name in ("ana", "bert"):
        printed = CliRunner().invoke(command, ["token", "create"]).output
        created = dict(line.split() for line in printed.splitlines())
        (tmp_path / f"{name}.txt").write_text(created["token:"])
        config = config.replace(f"HASH-OF-{name.upper()}", created["sha256:"])
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "music.cedar").write_text(policies)
    (tmp_path / "tableadmin.toml").write_text(config.replace('"policies"', f'"{tmp_path}/policies"'))
    spec = tmp_path / "tables.yaml"
    spec.write_text(TABLE.replace("INDEXED", ", {AttributeName: genre, AttributeType: S}") + INDEX)
    with running_server("--embedded", "--config", str(tmp_path / "tableadmin.toml")) as server:
        environment = clean_environment(XDG_CONFIG_HOME=str(tmp_path), TABLEADMIN_SERVER=server.address)
        tablectl = runner(environment)

        def run(line: str) -> str:
            ran = tablectl(*shlex.split(line)[1:])
            assert 0 == ran.returncode, ran.stderr
            return ran.stdout + ran.stderr

        run("tablectl apply -f tables.yaml --yes --token-file bert.txt")
        spec.write_text(TABLE.replace("INDEXED", ""))
        plan, apply = asking.strip().splitlines()
        assert "needs approval by a member of corp/platform (policy music-destroy)" in run(plan)
        assert "waits for approval by a member of corp/platform" in run(apply)
        listing, show, approve = approving.strip().splitlines()
        (operation_id,) = re.findall(r"^(\S+-\S+) +music-albums", run(listing), re.MULTILINE)
        assert "UpdateTable" in run(show.replace("OPERATION", operation_id))
        assert "is approved" in run(approve.replace("OPERATION", operation_id))
        run(f"tablectl operation watch {operation_id} --token-file ana.txt")
        assert "as agreed" in run(show.replace("OPERATION", operation_id))


def test_policies_about_costs(tmp_path: Path) -> None:
    """The policies about costs are valid, and decide as the page says."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "costs.cedar").write_text(blocks("Costs", "cedar")[0])
    config = tmp_path / "tableadmin.toml"
    config.write_text(
        '[policies]\nfolder = "policies"\n[endpoints.staging]\nregion = "us-east-1"\n'
        '[authenticators.corp]\nkind = "token"\nprincipals = "User"\n'
        f'tokens = [{{name = "ana", sha256 = "{digest_of("secret")}", groups = ["music", "platform"]}}]\n'
    )
    cases = tmp_path / "cases.toml"
    cases.write_text(
        "".join(
            f'[[cases]]\nname = "{name}"\nprincipal = "User::corp/ana"\ngroups = ["corp/music"]\n'
            f'endpoint = "staging"\nrpc = "UpdateTable"\nrequest = {{ table_name = "music" }}\n{members}'
            f'expect = "{expected}"\n'
            for name, members, expected in (
                ("cheap", "planned = true\nmonthly_cost_increase = 500\n", "allow"),
                ("costly", "planned = true\nmonthly_cost_increase = 600\n", "approval"),
                ("unknown", "planned = true\n", "allow"),
                ("direct", "", "deny"),
            )
        )
    )
    words = ["policy", "test", "--config", str(config), "--folder", str(folder), str(cases)]
    tested = CliRunner().invoke(command, words)
    assert (0, "4 of 4 cases are decided as expected\n") == (tested.exit_code, tested.output)
