"""`tablectl whoami` and `tablectl can`."""

from collections.abc import Iterator

import pytest

from tests.cli.running import Run
from tests.server.security.authorization.guarded import Guarded, guarded, token


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with the policies of `guarded`."""
    with guarded(tmp_path_factory.mktemp("access")) as running:
        yield running


def test_whoami(offline: Run, tablectl: Run, server: Guarded) -> None:
    """A caller sees its principal, how the principal was proved, and what may be permitted where."""
    ran = offline(
        "whoami", "-o", "table", TABLEADMIN_SERVER=server.process.address, TABLEADMIN_TOKEN=token("ana")
    )
    assert 0 == ran.returncode, ran.stderr
    for text in ("User::ci/ana", "ci/music", "token", "production", "staging", "DescribeTable"):
        assert text in ran.stdout
    assert "everything: the service has no policies" in tablectl("whoami", "-o", "table").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("DescribeTable", "music-x"), 0, "yes: operators"),
        (("DisableDeletionProtection", "music-x"), 1, "no: protected"),
        (("DropTable", "music-x"), 1, "DropTable"),
    ],
)
def test_can(offline: Run, server: Guarded, arguments: tuple[str, ...], code: int, text: str) -> None:
    """The answer is yes or no with the policies that decide, and the exit code says the same."""
    environment = {"TABLEADMIN_SERVER": server.process.address, "TABLEADMIN_TOKEN": token("olga")}
    ran = offline("can", *arguments, "-o", "table", **environment)
    assert (code, True) == (ran.returncode, text in ran.stdout + ran.stderr), ran
