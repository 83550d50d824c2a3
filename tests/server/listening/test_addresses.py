"""Where the server listens: which addresses a configuration may have, and what they require."""

import re
from pathlib import Path

import pytest

from tableadmin_server.config import ConfigError, ListenerConfig, load
from tests.server_process import run_server

ENDPOINT = "[endpoints.local]\n"
CI = '[authenticators.ci]\nkind = "token"\nprincipals = "Service"\ntokens = []'


def listeners(*tables: str, more: str = "") -> str:
    """A configuration file with these listeners."""
    return f"{more}\n" + "\n".join(f"[[listeners]]\n{each}" for each in tables) + f"\n{ENDPOINT}"


def refusal(folder: Path, text: str) -> str:
    """Why the configuration TEXT is refused."""
    path = folder / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load(path)
    return str(raised.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:1",
        "127.8.9.1:1",
        "localhost:1",
        "LOCALHOST:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
        "unix:/x",
    ],
)
def test_local_addresses(address: str) -> None:
    """An address of this machine alone needs nothing else."""
    assert ListenerConfig(address=address).is_local


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:1",
        "[::]:1",
        "10.0.0.1:1",
        "tables.example:1",
        "localhost.example:1",
        "127.1:1",
        "0:1",
        "2130706433:1",
        "[::ffff:10.0.0.1]:1",
        "[::127.0.0.1]:1",
    ],
)
def test_other_machines(address: str, tmp_path: Path) -> None:
    """An address that others can reach, or may, is refused: what must be configured is named."""
    problem = f"other machines can reach {address}: configure tls, authenticators, [policies]"
    assert f"listeners[1]: {problem}, or set insecure_listen" == refusal(
        tmp_path, listeners('address = "127.0.0.1:1"', f'address = "{address}"')
    )
    assert refusal(tmp_path, f'listen = "{address}"\n{ENDPOINT}').startswith(f"listen: {problem}")


@pytest.mark.parametrize(
    "address",
    [
        "ipv4:127.0.0.1:1",
        "dns:///localhost:1",
        "vsock:2:1",
        "127.0.0.1:1,0.0.0.0:2",
        "127.0.0.1",
        "unix/x:1",
        "[127.0.0.1]x:1",
        "-x:1",
        "local host:1",
        "localhost\\u0000.example:1",
        "[fe80::1%eth0]:1",
    ],
)
def test_no_addresses(address: str, tmp_path: Path) -> None:
    """What gRPC would read as another kind of address, or as several, is not taken for HOST:PORT."""
    problem = refusal(tmp_path, listeners(f'address = "{address}"'))
    assert re.fullmatch(r"listeners\[0\]: '.*' must have the form HOST:PORT", problem)


@pytest.mark.parametrize(
    ("listener", "problem"),
    [
        ('address = "unix-abstract:x"', "an abstract Unix socket is open to all users; use unix:/PATH"),
        ('address = "unix:x"', "'unix:x' must have the form unix:/PATH"),
        ('address = "unix:///x"', "'unix:///x' must have the form unix:/PATH"),
        ('address = "unix:/x\\u0000y"', r"'unix:/x\x00y' must have the form unix:/PATH"),
        (f'address = "unix:/{"ü" * 54}"', "the path of a Unix socket must have at most 107 bytes"),
        ('address = "unix:/x"\nmode = "rw"', "mode 'rw' must have three octal digits, such as 0660"),
        ('address = "unix:/x"\nmode = "4755"', "mode '4755' must have three octal digits, such as 0660"),
        ('address = "127.0.0.1:1"\nmode = "0660"', "mode can only be used with a Unix socket"),
        ('address = "127.0.0.1:1"\nprincipal = "User::a/b"', "principal can only be used with a Unix socket"),
        *(
            (
                f'address = "unix:/x"\nprincipal = "{each}"',
                f"principal '{each}' must have the form Service::local/NAME",
            )
            for each in ("admin", "Service::admin", "Group::local/x", "Service::/x", "Service::l/x y")
        ),
        (
            'address = "unix:/x"\nprincipal = "User::ci/x"',
            "principal 'User::ci/x' has the name of the authenticator ci; choose another",
        ),
        (
            'address = "unix:/x"\nprincipal = "User::none/anonymous"',
            "principal 'User::none/anonymous' has the name of the authenticator none; choose another",
        ),
        (
            'address = "unix:/x"\nprincipal = "User::local/x"\nauthenticators = ["ci"]',
            "principal and authenticators cannot be used together",
        ),
        (
            'address = "unix:/x"\ntls = { cert = "c", key = "k" }',
            "tls cannot be used with a Unix socket; its mode says who may call",
        ),
    ],
)
def test_wrong_listeners(listener: str, problem: str, tmp_path: Path) -> None:
    """A listener that cannot be is named by its place, with what is wrong."""
    assert f"listeners[0]: {problem}" == refusal(tmp_path, f"{listeners(listener)}\n{CI}")


def test_what_is_missing(tmp_path: Path) -> None:
    """What a listener has that other machines can reach is not named among what is missing."""
    problem = refusal(tmp_path, listeners('address = "0.0.0.0:1"\ntls = { cert = "c", key = "k" }'))
    text = "other machines can reach 0.0.0.0:1: configure authenticators, [policies], or set insecure_listen"
    assert f"listeners[0]: {text}" == problem


def test_an_authenticator_that_there_is_not(tmp_path: Path) -> None:
    """A listener can't name an authenticator that is not configured."""
    assert "listeners[0].authenticators: 'corp' is not configured in [authenticators]" == refusal(
        tmp_path, listeners('address = "127.0.0.1:1"\nauthenticators = ["corp"]')
    )


def test_certificates_that_no_client_shows(tmp_path: Path) -> None:
    """An authenticator of client certificates is refused where no client has one."""
    mesh = '[authenticators.mesh]\nkind = "certificate"\nprincipals = "Service"\ncommon_name = ".+"'
    for listener in ("", '\ntls = { cert = "c", key = "k" }'):
        text = listeners(f'address = "127.0.0.1:1"\nauthenticators = ["mesh"]{listener}')
        assert "listeners[0].authenticators: 'mesh' needs client certificates: set tls.client_ca" == refusal(
            tmp_path, f"{text}\n{mesh}"
        )


def test_keys_of_tls(tmp_path: Path) -> None:
    """TLS needs a certificate and its key, and has no other key than client_ca."""
    assert "listeners[0].tls.key: is required" == refusal(
        tmp_path, listeners('address = "127.0.0.1:1"\ntls = { cert = "c" }')
    )
    assert "listeners[0].tls.ca: unknown key" == refusal(
        tmp_path, listeners('address = "127.0.0.1:1"\ntls = { cert = "c", key = "k", ca = "a" }')
    )


def test_keys_of_listeners(tmp_path: Path) -> None:
    """A key that a listener has not, and one that it lacks, are named by their place."""
    assert "listeners[0].address: is required" == refusal(tmp_path, listeners('mode = "0600"'))
    assert "listeners[1].adress: unknown key" == refusal(
        tmp_path, listeners('address = "127.0.0.1:1"', 'adress = "127.0.0.1:1"')
    )


def test_listen_and_listeners(tmp_path: Path) -> None:
    """The short form and the long one exclude each other, also where a flag gives the short one."""
    problem = "listen: cannot be used with listeners"
    path = tmp_path / "config.toml"
    path.write_text(listeners('address = "127.0.0.1:1"'))
    assert problem == refusal(tmp_path, listeners('address = "127.0.0.1:1"', more='listen = "127.0.0.1:2"'))
    path.write_text(listeners('address = "127.0.0.1:1"'))
    with pytest.raises(ConfigError, match=problem):
        load(path, listen="127.0.0.1:2")


def test_health_address(tmp_path: Path) -> None:
    """Health checks may be answered to other machines; a flag counts before the file."""
    path = tmp_path / "config.toml"
    path.write_text(f'[health]\naddress = "0.0.0.0:1"\n{ENDPOINT}')
    assert "0.0.0.0:1" == load(path).health.address
    assert "0.0.0.0:2" == load(path, health={"address": "0.0.0.0:2"}).health.address
    problem = "health.address: 'x' must have the form HOST:PORT"
    assert problem == refusal(tmp_path, f'[health]\naddress = "x"\n{ENDPOINT}')


def test_the_server_refuses_to_start() -> None:
    """A server that other machines could reach does not start: one line, exit code 2."""
    done = run_server("--region", "us-west-2", env={"TABLEADMIN_LISTEN": "0.0.0.0:0"})
    line = (
        "tableadmin-server: listen: other machines can reach 0.0.0.0:0: configure tls, "
        "authenticators, [policies], or set insecure_listen\n"
    )
    assert (2, line) == (done.returncode, done.stderr)
