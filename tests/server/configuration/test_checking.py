"""`tableadmin-server --check-config` says what is wrong with a configuration, and starts nothing."""

from pathlib import Path

import pytest

from tests.server_process import run_server

ENDPOINT = '[endpoints.e]\nregion = "us-west-2"\n'
TLS = '[[listeners]]\naddress = "127.0.0.1:0"\ntls = {certificate = "absent.pem", key = "absent.key"}\n'
TOKENS = '[authenticators.a]\nkind = "token"\nprincipals = "User"\ntokens_file = "absent.toml"\n'


def test_a_valid_configuration(tmp_path: Path) -> None:
    """It says where the server would listen, and ends with 0."""
    config = tmp_path / "config.toml"
    config.write_text(f'listen = "127.0.0.1:50051"\n[health]\naddress = "127.0.0.1:50050"\n{ENDPOINT}')
    done = run_server("--config", str(config), "--check-config")
    assert (0, "") == (done.returncode, done.stderr)
    assert [
        "configuration is valid",
        "would listen on 127.0.0.1:50051: no TLS, no authenticator, no policies",
        "would answer health checks on 127.0.0.1:50050",
    ] == done.stdout.splitlines()


def test_flags() -> None:
    """Flags are checked too, and no engine is started."""
    assert 0 == run_server("--embedded", "--check-config").returncode
    done = run_server("--region", "us west", "--check-config")
    assert (2, True) == (done.returncode, "endpoints.default.region: " in done.stderr)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TLS + ENDPOINT, "listeners[0].tls."),
        (TOKENS + ENDPOINT, "absent.toml"),
        ('[policies]\nfolder = "absent"\n' + ENDPOINT, "policies.folder: "),
        (
            '[policies]\nprice_files = ["absent.json"]\n' + ENDPOINT,
            "policies.price_files: absent.json: No such",
        ),
        ('[audit]\nfile = "/absent/audit"\n' + ENDPOINT, "audit.file: /absent/audit: cannot be written"),
        ('[audit]\nsyslog = "/absent"\n' + ENDPOINT, "audit.syslog: /absent: No such file"),
        ('[endpoints.e]\nprofile = "absent"\n', "endpoints.e.profile: "),
        ("nonsense = 1\n" + ENDPOINT, "nonsense: unknown key"),
    ],
)
def test_what_is_wrong(text: str, problem: str, tmp_path: Path) -> None:
    """It names the key, and ends with 2."""
    config = tmp_path / "config.toml"
    config.write_text(text)
    done = run_server("--config", str(config), "--check-config")
    assert (2, True) == (done.returncode, problem in done.stderr), done.stderr
