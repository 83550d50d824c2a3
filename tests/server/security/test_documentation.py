"""What docs/security.md says of tokens can be done as it stands there."""

import re
from pathlib import Path

from click.testing import CliRunner

from tableadmin_server.command import command
from tableadmin_server.config import load
from tableadmin_server.config.authenticator import TokenConfig
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tests.cli.running import runner
from tests.server.listening.test_documentation import blocks
from tests.server.scripted_endpoint import answer, serving
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
