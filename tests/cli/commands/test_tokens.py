"""tablectl proves who calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Run
from tests.server.harness.scripted_endpoint import answer, serving
from tests.server.harness.static_token import TOKEN, config_with_token
from tests.server_process import running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that takes TOKEN, in front of an endpoint with one table."""
    with serving(answer({"TableNames": ["Music"]})) as scripted:
        file = config_with_token(tmp_path_factory.mktemp("tokens"), scripted.url)
        with running_server("--config", str(file)) as process:
            yield process.address


def test_ways_to_the_token(offline: Run, server: str, tmp_path: Path) -> None:
    """The token comes from a file, a command or a variable, by flag, variable or context."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    listing = ("table", "list", "-o", "name")
    at = ("--server", server)
    assert "Music\n" == offline(*listing, *at, "--token-file", str(file)).stdout
    assert "Music\n" == offline(*listing, *at, "--token-command", f"cat {file}").stdout
    assert "Music\n" == offline(*listing, *at, TABLEADMIN_TOKEN_FILE=str(file)).stdout
    assert "Music\n" == offline(*listing, *at, TABLEADMIN_TOKEN=TOKEN).stdout
    assert 0 == offline("context", "set", "ci", *at, "--token-file", str(file)).returncode
    assert "Music\n" == offline(*listing, "--context", "ci").stdout
    assert str(file) in offline("context", "list").stdout


def test_no_token(offline: Run, server: str) -> None:
    """A call without a token says how to pass one."""
    refused = offline("table", "list", "--server", server)
    assert "--token-file" in refused.stderr
    assert "CREDENTIALS_MISSING" in refused.stderr


def test_no_token_over_a_network(offline: Run) -> None:
    """No token is sent over a network in the clear."""
    refused = offline("table", "list", "--server", "admin.internal:50051", TABLEADMIN_TOKEN=TOKEN)
    assert 64 == refused.returncode
    assert "without TLS" in refused.stderr
    assert TOKEN not in refused.stderr


def test_a_token_is_not_shown(offline: Run) -> None:
    """No command shows the token."""
    for command in (("context", "show"), ("context", "show", "-o", "json")):
        shown = offline(*command, TABLEADMIN_TOKEN=TOKEN).stdout
        assert "(hidden)" in shown
        assert TOKEN not in shown
