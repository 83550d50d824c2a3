"""What docs/security.md says of tokens can be done as it stands there."""

import re
from pathlib import Path

from click.testing import CliRunner

from tableadmin_server.command import command
from tableadmin_server.config import load
from tests.cli.running import runner
from tests.server.listening.test_documentation import blocks
from tests.server.scripted_endpoint import answer, serving
from tests.server_process import clean_environment, running_server


def test_static_tokens(tmp_path: Path) -> None:
    """The token that the command makes gets tablectl in."""
    printed = CliRunner().invoke(command, ["token", "create"]).output
    created = dict(line.split() for line in printed.splitlines())
    tablectl = runner(clean_environment(XDG_CONFIG_HOME=str(tmp_path)))
    (config,) = blocks("Static tokens", "toml")
    (line,) = blocks("Static tokens", "sh")
    (tmp_path / "token.txt").write_text(created["token:"])
    with serving(answer({"TableNames": ["Music"]})) as endpoint:
        text = config.replace("http://localhost:8000", endpoint.url).replace("SHA256", created["sha256:"])
        (tmp_path / "tableadmin.toml").write_text(text)
        with running_server("--config", str(tmp_path / "tableadmin.toml")) as server:
            words = line.replace("token.txt", str(tmp_path / "token.txt")).split()[1:]
            assert "Music" in tablectl(*words, "--server", server.address).stdout
            assert "CREDENTIALS_MISSING" in tablectl("table", "list", "--server", server.address).stderr


def test_json_web_tokens(tmp_path: Path) -> None:
    """The configuration of the issuers is one that the server takes."""
    (config,) = blocks("JSON Web Tokens", "toml")
    (tmp_path / "tableadmin.toml").write_text(f"{config}\n[endpoints.local]\n")
    found = load(tmp_path / "tableadmin.toml").authenticators
    assert ["corp", "cluster", "aws"] == list(found)
    assert re.findall(r"authenticators\.(\w+)", config) == list(found)
