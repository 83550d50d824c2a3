"""`tableadmin-server token`."""

import hashlib

import pytest
from click.testing import CliRunner, Result

from tableadmin_server.command import command

TOKEN = "a-token-of-20-letters"


def ran(*arguments: str, stdin: str = "") -> Result:
    """What `tableadmin-server token ARGUMENTS` does."""
    return CliRunner().invoke(command, ["token", *arguments], input=stdin)


def test_hash() -> None:
    """The hash is that of the token without the end of its line."""
    expected = hashlib.sha256(TOKEN.encode()).hexdigest()
    for stdin in (TOKEN, f"{TOKEN}\n"):
        assert (0, f"{expected}\n") == (ran("hash", stdin=stdin).exit_code, ran("hash", stdin=stdin).output)


@pytest.mark.parametrize(
    "stdin", ["", "short", "two words of more than 20", f"{TOKEN}\n{TOKEN}", f"{TOKEN}ä"]
)
def test_no_token(stdin: str) -> None:
    """What is no token, or can be guessed, has no hash; what was typed is not repeated."""
    result = ran("hash", stdin=stdin)
    assert 2 == result.exit_code
    assert not stdin or stdin not in result.output


def test_create() -> None:
    """A new token comes with the hash that `token hash` prints of it."""
    lines = dict(line.split() for line in ran("create").output.splitlines())
    assert lines["sha256:"] == ran("hash", stdin=lines["token:"]).output.strip()
    assert lines["token:"] != dict(line.split() for line in ran("create").output.splitlines())["token:"]
