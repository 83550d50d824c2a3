"""tablectl connects with TLS, and says what to give where a connection can't be made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Run
from tests.client.transport.tls_servers import TlsServers, tls_servers

LIST = ("table", "list", "-o", "name")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServers]:
    """A listener of each kind."""
    with tls_servers(tmp_path_factory.mktemp("tls")) as started:
        yield started


def test_options_variables_and_contexts(
    offline: Run, servers: TlsServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options, variables and a context say how to connect; a context keeps whole paths."""
    files = ("--tls-ca", servers.ca, "--tls-cert", servers.cert, "--tls-key", servers.key)
    assert "Music\n" == offline(*LIST, "--server", servers.mutual, *files).stdout
    variables = {
        "TABLEADMIN_SERVER": servers.mutual,
        "TABLEADMIN_TLS_CA": servers.ca,
        "TABLEADMIN_TLS_CERT": servers.cert,
        "TABLEADMIN_TLS_KEY": servers.key,
    }
    assert "Music\n" == offline(*LIST, **variables).stdout
    monkeypatch.chdir(Path(servers.ca).parent)
    names = [each if each.startswith("--") else Path(each).name for each in files]
    assert 0 == offline("context", "set", "mutual", "--server", servers.mutual, *names).returncode
    monkeypatch.chdir("/")
    assert "Music\n" == offline(*LIST, "--context", "mutual").stdout


def test_authorities_of_the_machine(
    offline: Run, servers: TlsServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--tls-ca system` trusts whom the machine trusts, also in a context."""
    monkeypatch.setenv("SSL_CERT_FILE", servers.ca)
    at = ("--server", servers.tls, "--tls-ca", "system")
    extra = {"SSL_CERT_FILE": servers.ca}
    assert "Music\n" == offline(*LIST, *at, **extra).stdout
    offline("context", "set", "tls", *at)
    assert "Music\n" == offline(*LIST, "--context", "tls", **extra).stdout


@pytest.mark.parametrize(
    ("server", "files", "hint"),
    [
        ("tls", (), "for TLS, give --tls-ca FILE with the authority of the server, or --tls-ca system"),
        ("plain", ("ca",), "give --server another address, or leave out --tls-ca, --tls-cert and --tls-key"),
        ("mutual", ("ca",), "give a client certificate with --tls-cert FILE and --tls-key FILE"),
        ("mutual", ("ca", "other_cert", "other_key"), "give another client certificate with --tls-cert FILE"),
        (
            "tls",
            ("other_ca",),
            "give --tls-ca FILE with the authority that has issued the server's",
        ),
        ("named", ("ca",), "give --server a name that the certificate has"),
    ],
)
def test_hints(offline: Run, servers: TlsServers, server: str, files: tuple[str, ...], hint: str) -> None:
    """The one line of an error says what to give instead."""
    options = [part for each in files for part in (f"--tls-{each.split('_')[-1]}", getattr(servers, each))]
    refused = offline(*LIST, "--server", getattr(servers, server), *options)
    assert (1, "", 1) == (refused.returncode, refused.stdout, refused.stderr.count("\n"))
    assert hint in refused.stderr
    assert "is the server running" not in refused.stderr


def test_files_that_can_not_be_used(offline: Run, servers: TlsServers) -> None:
    """A file that is not there, and a certificate without its key, are wrong usage."""
    absent = offline(*LIST, "--server", servers.tls, "--tls-ca", "/absent.pem")
    assert (64, "tablectl: /absent.pem: No such file or directory\n") == (absent.returncode, absent.stderr)
    alone = offline(*LIST, "--server", servers.tls, "--tls-cert", servers.cert)
    assert (64, True) == (alone.returncode, "--tls-key" in alone.stderr)
