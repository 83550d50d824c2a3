"""What the server is told: configuration file, flags and variables, and what comes of a wrong one."""

import re
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from tableadmin import Client, NotFound, Unauthenticated
from tableadmin_server import config
from tableadmin_server.command import command
from tableadmin_server.config import (
    AuditConfig,
    ConfigError,
    EndpointConfig,
    ServerConfig,
    load,
    parse_address,
    single,
)
from tableadmin_server.config.audit import check_audit
from tableadmin_server.dynamodb.client.session import make_client
from tests.server.conftest import write_config
from tests.server.harness.scripted_endpoint import Answer, Seen, Step, answer, serving
from tests.server_process import run_server, running_server

ROLE = "arn:aws:iam::123456789012:role/table-admin"


def loaded(path: Path, text: str) -> ServerConfig:
    """The configuration that the TOML in TEXT is."""
    path.write_text(text)
    return load(path)


def test_the_documented_example(tmp_path: Path) -> None:
    """The example in the module's documentation is a configuration."""
    (example,) = re.findall(r"```toml\n(.*?)```", config.__doc__ or "", re.DOTALL)
    read = loaded(tmp_path / "config.toml", example)
    assert "local" == read.default
    assert EndpointConfig(region="eu-central-1", role_arn=ROLE) == read.endpoints["production"]


def test_defaults(tmp_path: Path) -> None:
    """A file needs to say no more than that there is an endpoint, which then is the default."""
    read = loaded(tmp_path / "config.toml", "[endpoints.aws]")
    assert ("127.0.0.1:50051", 10.0, "aws") == (read.listen, read.grace_period, read.default)
    assert EndpointConfig() == read.endpoints["aws"]


def test_flags_count_before_the_file(tmp_path: Path) -> None:
    """What is given beside the file counts before what the file says."""
    (tmp_path / "config.toml").write_text('listen = "127.0.0.1:1"\n[endpoints.aws]')
    assert "[::1]:2" == load(tmp_path / "config.toml", listen="[::1]:2").listen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "endpoints: is required"),
        ("endpoints = {}", "endpoints: at least one endpoint is required"),
        ("endpoints = 1", "endpoints: Expected `object`, got `int`"),
        ("[endpoints]\nlocal = 1", "endpoints.local: Expected `object`, got `int`"),
        ('[endpoints.local]\nregoin = "x"', "endpoints.local.regoin: unknown key"),
        ("[endpoints.local]\nregion = 1", "endpoints.local.region: Expected `str | null`, got `int`"),
        ("[endpoints.local]\npool_size = 0", "endpoints.local.pool_size: Expected `int` >= 1"),
        ("[endpoints.local]\nread_timeout = nan", "endpoints.local.read_timeout: Expected `float` > 0.0"),
        ('[endpoints.local]\nretry_mode = "never"', "endpoints.local.retry_mode: Invalid enum value 'never'"),
        ("[endpoints.UPPER]", "endpoints.UPPER: a name must have 1 to 63 characters of a-z 0-9 . _ -"),
        ('listne = "x"\n[endpoints.local]', "listne: unknown key"),
        ("listen = 50051\n[endpoints.local]", "listen: Expected `str`, got `int`"),
        ('listen = "localhost"\n[endpoints.local]', "listen: 'localhost' must have the form HOST:PORT"),
        ("grace_period = -1\n[endpoints.local]", "grace_period: Expected `float` >= 0.0"),
        ("[endpoints.one]\n[endpoints.two]", "default_endpoint: must be one of one, two"),
        (
            'default_endpoint = "three"\n[endpoints.one]\n[endpoints.two]',
            "default_endpoint: 'three' is not one of one, two",
        ),
        ("[endpoints.local", "invalid TOML: "),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, expected: str) -> None:
    """What is wrong in a file is said in one line with the path of the file and of the key."""
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError, match=f"^{re.escape(f'{path}: {expected}')}.*$"):
        loaded(path, text)


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    """A file that is not there, or not text, is named."""
    (tmp_path / "binary").write_bytes(b"\xff")
    for name, problem in (
        ("absent", "No such file or directory"),
        ("binary", "invalid TOML"),
        (".", "Is a dir"),
    ):
        with pytest.raises(ConfigError, match=rf"^{re.escape(str(tmp_path / name))}: {problem}"):
            load(tmp_path / name)


@pytest.mark.parametrize(
    "url",
    ["localhost:8000", "ftp://localhost", "http://", "http://localhost:99999", "http://[::1", "http://x:0"],
)
def test_wrong_endpoint_urls(url: str) -> None:
    """An endpoint_url that boto3 could not call is refused by name."""
    expected = f"endpoints.default.endpoint_url: {url!r} must have the form http(s)://HOST[:PORT]"
    with pytest.raises(ConfigError, match=f"^{re.escape(expected)}$"):
        single("default", {"endpoint_url": url})


@pytest.mark.parametrize("url", ["http://localhost", "https://[::1]:8000", "http://10.0.0.1:8000/path"])
def test_endpoint_urls(url: str) -> None:
    """An endpoint_url has a scheme and a host, and may have a port."""
    assert url == single("default", {"endpoint_url": url}).endpoints["default"].endpoint_url


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:50051", ("127.0.0.1", 50051)),
        ("[::]:0", ("[::]", 0)),
        ("tables.example:65535", ("tables.example", 65535)),
    ],
)
def test_listen(listen: str, expected: tuple[str, int]) -> None:
    """An address is HOST:PORT, an IPv6 host in brackets."""
    assert expected == parse_address(listen)


@pytest.mark.parametrize(
    "listen", ["", "50051", ":50051", "localhost:", "localhost:65536", "localhost:-1", "x:²"]
)
def test_wrong_listen(listen: str) -> None:
    """Anything else is not."""
    with pytest.raises(ConfigError, match=r"^listen: .* must have the form HOST:PORT$"):
        parse_address(listen)


def refused(*flags: str, **env: str) -> tuple[int, str]:
    """Exit code and standard error of a server that does not start."""
    done = run_server(*flags, env=env)
    assert "" == done.stdout
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("flags", "env", "message"),
    [
        (["--config", "absent.toml"], {}, "absent.toml: No such file or directory"),
        ([], {"TABLEADMIN_CONFIG": "absent.toml"}, "absent.toml: No such file or directory"),
        ([], {}, "endpoints.default.region: no region is configured and boto3 found none"),
        (
            ["--region", "us_west!"],
            {},
            "endpoints.default.region: Provided region_name 'us_west!' doesn't match a supported format.",
        ),
        (
            ["--profile", "absent", "--region", "us-west-2"],
            {},
            "endpoints.default.profile: The config profile (absent) could not be found",
        ),
        (
            ["--config", "absent.toml", "--region", "us-west-2"],
            {},
            "--region cannot be used with --config: set it in the file",
        ),
        (["--data-dir", "x"], {}, "--data-dir can only be used with --embedded"),
        (
            ["--embedded", "--endpoint-url", "http://localhost"],
            {},
            "--endpoint-url cannot be used with --embedded",
        ),
        (
            ["--region", "us-west-2", "--role-arn", ROLE],
            {},
            "endpoints.default.role_arn: Unable to locate credentials",
        ),
        (["--listen", "localhost"], {}, "listen: 'localhost' must have the form HOST:PORT"),
        ([], {"TABLEADMIN_POOL_SIZE": "0"}, "endpoints.default.pool_size: Expected `int` >= 1"),
    ],
)
def test_wrong_configuration(flags: list[str], env: Mapping[str, str], message: str) -> None:
    """A configuration that can't be served ends with one line on standard error and exit code 2."""
    assert (2, f"tableadmin-server: {message}\n") == refused(*flags, **env)


@pytest.mark.parametrize(
    ("flags", "env"), [(["--log-level", "loud"], {}), ([], {"TABLEADMIN_LOG_LEVEL": "loud"})]
)
def test_wrong_values(flags: list[str], env: Mapping[str, str]) -> None:
    """A value that a flag or its variable can't have is named in the last line, with exit code 2."""
    code, text = refused(*flags, **env)
    assert (2, "Error: Invalid value for '--log-level': 'loud' is not one of") == (
        code,
        text.splitlines()[-1].partition(" 'debug'")[0],
    )


def test_every_flag_has_its_variable() -> None:
    """Each flag but those that only tell something is the variable TABLEADMIN_ and its name."""
    flags = [param for param in command.params if isinstance(param, click.Option)]
    tell = {"version", "check_config"}
    for flag in flags:
        variable = f"TABLEADMIN_{flag.opts[0].removeprefix('--').upper().replace('-', '_')}"
        value = given(flag)
        context = command.make_context("x", [], auto_envvar_prefix="TABLEADMIN", resilient_parsing=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(variable, value)
            assert (flag.name in tell) == (flag.value_from_envvar(context) is None), variable


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"TABLEADMIN_OPERATIONS_TABLE": ""}, ""),
        ({"TABLEADMIN_OPERATIONS_TABLE": "mine"}, "mine"),
        ({"TABLEADMIN_PROFILE": "", "TABLEADMIN_REGION": ""}, None),
    ],
)
def test_an_empty_operations_table(
    variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty TABLEADMIN_OPERATIONS_TABLE is the empty name; other empty variables count as absent."""
    monkeypatch.delenv("TABLEADMIN_OPERATIONS_TABLE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    params = command.make_context("x", [], auto_envvar_prefix="TABLEADMIN").params

    assert (expected, None, None) == (params["operations_table"], params["profile"], params["region"])


def given(flag: click.Option) -> str:
    """Some value that the flag can have."""
    if isinstance(flag.type, click.Choice):
        return str(flag.type.choices[-1])
    return "1"


def test_variables_reach_the_server() -> None:
    """A server is told by variables what it is told by flags, and empty ones count as absent."""
    with serving(answer({"TableNames": ["Music"]})) as endpoint:
        env = {
            "TABLEADMIN_ENDPOINT_URL": endpoint.url,
            "TABLEADMIN_REGION": "eu-central-1",
            "TABLEADMIN_PROFILE": "",
            "TABLEADMIN_LOG_FORMAT": "console",
            "TABLEADMIN_VERSION": "1.2.3",
        }
        with running_server(env=env) as server, Client(server.address) as client:
            assert ["Music"] == list(client.list_tables().table_names)
            assert not server.log.startswith("{")
        (seen,) = endpoint.seen
    assert "/eu-central-1/dynamodb/" in seen.headers["Authorization"]


def test_endpoints_are_chosen_by_name(tmp_path: Path) -> None:
    """Calls go to the endpoint that they name, or to the default; one that there is not is NOT_FOUND."""
    with serving(answer({"TableNames": ["East"]})) as east, serving(answer({"TableNames": ["West"]})) as west:
        path = write_config(
            tmp_path / "config.toml",
            {
                "east": {"endpoint_url": east.url, "region": "us-east-1"},
                "west": {"endpoint_url": west.url, "region": "us-west-2"},
            },
            default_endpoint="west",
        )
        with running_server("--config", str(path)) as server, Client(server.address) as client:
            for name, expected in (("east", "East"), ("west", "West"), (None, "West")):
                tables = client.with_options(endpoint=name).list_tables().table_names
                assert [expected] == list(tables)
            with pytest.raises(
                NotFound, match="the endpoint 'north' is not configured; configured endpoints: east, west"
            ) as raised:
                client.with_options(endpoint="north").list_tables()
    assert ("tableadmin", "ENDPOINT_NOT_FOUND", "north") == (
        raised.value.domain,
        raised.value.reason,
        raised.value.endpoint,
    )


class Sts:
    """Gives out a role, each time with another key, that is good for `lifetime`."""

    def __init__(self, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self.given = 0

    def __call__(self, seen: Seen) -> Answer:
        """Answer AssumeRole."""
        assert b"Action=AssumeRole" in seen.body
        self.given += 1
        expires = (datetime.now(UTC) + self._lifetime).isoformat()
        body = f"""<AssumeRoleResponse><AssumeRoleResult><Credentials>
            <AccessKeyId>ROLE{self.given}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>token{self.given}</SessionToken><Expiration>{expires}</Expiration>
        </Credentials></AssumeRoleResult></AssumeRoleResponse>"""
        return Answer(body=body.encode(), content_type="text/xml")


# Nobody looks for operations where answers are written down.
ALONE = ("--operations-table", "")


def credentials_used(step: Step, calls: int) -> list[str]:
    """The access keys that a server signs calls with whose role STS answers for with STEP."""
    with serving() as endpoint, serving(step) as sts:
        env = {
            "AWS_ENDPOINT_URL_STS": sts.url,
            "AWS_ACCESS_KEY_ID": "OWN",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--role-arn", ROLE, *ALONE)
        with running_server(*flags, env=env) as server, Client(server.address) as client:
            for _ in range(calls):
                client.list_tables()
        return [re.findall("Credential=(.*?)/", seen.headers["Authorization"])[0] for seen in endpoint.seen]


def test_role_is_assumed_once() -> None:
    """Calls are signed with the role's credentials for as long as they are good."""
    sts = Sts(timedelta(hours=1))
    assert ["ROLE1", "ROLE1"] == credentials_used(sts, calls=2)
    assert 1 == sts.given


def test_role_is_renewed() -> None:
    """Credentials that are about to expire are renewed before a call is signed with them."""
    first, second = credentials_used(Sts(timedelta(seconds=30)), calls=2)
    assert re.fullmatch("ROLE[0-9]", first)
    assert re.fullmatch("ROLE[0-9]", second)
    assert first != second


def test_role_that_is_refused() -> None:
    """A role that STS refuses makes calls UNAUTHENTICATED; why it does is not for the caller."""
    refusal = b"<Response><Error><Code>AccessDenied</Code><Message>OWN may not</Message></Error></Response>"
    with pytest.raises(Unauthenticated) as raised:
        credentials_used(lambda _: Answer(403, refusal, "text/xml"), calls=1)
    assert ("tableadmin", "NO_CREDENTIALS") == (raised.value.domain, raised.value.reason)
    assert "OWN" not in str(raised.value)


def test_endpoints_share_the_service_model() -> None:
    """DynamoDB's service model is read once for all endpoints of a server."""
    one, other = (
        make_client("test", EndpointConfig(endpoint_url=f"http://127.0.0.1:{port}", region="us-west-2"))
        for port in (1, 2)
    )
    with closing(one), closing(other):
        assert one.meta.service_model.metadata is other.meta.service_model.metadata


def test_profile(tmp_path: Path) -> None:
    """A profile's region and credentials are those of the calls."""
    files = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
    (tmp_path / "config").write_text("[profile tables]\nregion = eu-north-1\n")
    (tmp_path / "credentials").write_text(
        "[tables]\naws_access_key_id = PROFILE\naws_secret_access_key = secret\n"
    )
    env = {variable: str(tmp_path / name) for variable, name in files.items()}
    with serving() as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--profile", "tables", *ALONE)
        with running_server(*flags, env=env) as server, Client(server.address) as client:
            client.list_tables()
        (seen,) = endpoint.seen
    assert re.search("Credential=PROFILE/[0-9]+/eu-north-1/", seen.headers["Authorization"])


@pytest.mark.parametrize("syslog", ["udp://logs.example:514", "tcp://10.0.0.1:6514", "logs.example:514", "-"])
def test_no_syslog_of_another_machine(syslog: str) -> None:
    """The audit goes to no syslog over the network, which may lose records; the error says what to do."""
    with pytest.raises(
        ConfigError, match=r"audit\.syslog: .*: have the syslog of this machine forward them$"
    ):
        check_audit(AuditConfig(syslog=syslog))


@pytest.mark.parametrize(
    ("text", "embedded", "problem"),
    [
        ("[endpoints.embedded]", False, "endpoints.embedded: needs the flag --embedded"),
        (
            "[endpoints.embedded]\nprofile = 'x'",
            True,
            "endpoints.embedded.profile: cannot be set with --embedded",
        ),
        ("[endpoints.local]\nregion = 'x'", True, "default_endpoint: must be one of"),
    ],
)
def test_the_endpoint_of_the_embedded_engine(
    tmp_path: Path, text: str, *, embedded: bool, problem: str
) -> None:
    """The endpoint `embedded` is the engine of --embedded, and never AWS."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load(file, embedded=embedded)
    file.write_text("")
    assert ["embedded"] == list(load(file, embedded=True).endpoints)
