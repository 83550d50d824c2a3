"""The account of an endpoint at AWS, which a scripted STS tells."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tableadmin import Client, InvalidArgument
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client import account as account_module
from tableadmin_server.dynamodb.client.account import Account
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Step, answer, serving
from tests.server_process import ServerProcess, running_server

ACCOUNT, REGION = "111122223333", "eu-central-1"
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/Music"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
BOTH_WAYS = "set endpoints.production.account .* or let the server call sts:GetCallerIdentity"


def telling(account: str) -> Step:
    """STS, which says that the credentials are of ACCOUNT."""
    text = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>arn:aws:iam::{account}:role/admin</Arn><UserId>AIDA</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return lambda _: Answer(body=text.encode(), content_type="text/xml")


def down(_: object) -> Answer:
    """STS, which refuses."""
    return Answer(403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", "text/xml")


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEndpoint]:
    """The STS of the clients that this process makes."""
    with serving(telling(ACCOUNT)) as endpoint:
        for name, value in environment(endpoint).items():
            monkeypatch.setenv(name, value)
        yield endpoint


def environment(sts: ScriptedEndpoint) -> Mapping[str, str]:
    """The variables with which a process finds STS and credentials."""
    return {**CREDENTIALS, "AWS_ENDPOINT_URL_STS": sts.url}


@contextmanager
def account(configured: str | None = None, *, is_aws: bool = True) -> Iterator[Account]:
    """The account of the endpoint `production`."""
    made = Account("production", EndpointConfig(region=REGION, account=configured), is_aws=is_aws)
    yield made
    made.close()


async def test_sts_is_asked_once(sts: ScriptedEndpoint) -> None:
    """However many calls need the account, STS is asked once, in the region and when one needs it."""
    with account() as asked:
        assert [] == sts.seen
        assert [ACCOUNT] * 20 == await asyncio.gather(*(asked.learned() for _ in range(20)))
        assert ACCOUNT == await asked.learned()
    assert [b"Action=GetCallerIdentity&Version=2011-06-15"] == [seen.body for seen in sts.seen]
    assert f"/{REGION}/sts/" in sts.seen[0].headers["Authorization"]


async def test_the_configuration_wins(sts: ScriptedEndpoint) -> None:
    """The account that is configured is taken, and only AWS has an STS to ask."""
    with account("999988887777") as configured, account(is_aws=False) as engine:
        assert ("999988887777", None) == (await configured.learned(), await engine.learned())
        assert "sts" not in engine.advice
    assert [] == sts.seen


@pytest.mark.parametrize("step", [down, telling("12"), telling(""), answer({})])
async def test_nobody_tells(sts: ScriptedEndpoint, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """While STS does not tell the account, it is asked again after a minute, and the log says so once."""
    sts.step = step
    with account() as asked, capture_logs() as logs:
        assert [None] * 3 == [await asked.learned() for _ in range(3)]
        assert 1 == len(sts.seen)
        monkeypatch.setattr(account_module, "_RETRY", 0.0)
        assert None is await asked.learned()
        sts.step = telling(ACCOUNT)
        assert ACCOUNT == await asked.learned()
    assert ["warning", "info"] == [each["log_level"] for each in logs]


async def test_no_credentials(monkeypatch: pytest.MonkeyPatch, sts: ScriptedEndpoint) -> None:
    """Without credentials the account is not known; nothing is raised."""
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with account() as asked:
        assert None is await asked.learned()
    assert [] == sts.seen


@contextmanager
def at_aws(folder: Path, sts: ScriptedEndpoint, dynamodb: ScriptedEndpoint) -> Iterator[ServerProcess]:
    """A server with policies whose endpoint is AWS, as far as its configuration says."""
    (folder / "main.cedar").write_text(
        '@id("anybody") permit (principal, action, resource) when { resource has name };'
    )
    config = folder / "server.toml"
    config.write_text(
        f'[policies]\nfolder = "{folder}"\n'
        f'[endpoints.production]\nregion = "{REGION}"\noperations_table = ""\nmax_attempts = 1\n'
    )
    env = {**environment(sts), "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url}
    with running_server("--config", str(config), env=env) as server:
        yield server


def test_arns_at_aws(tmp_path: Path) -> None:
    """ARNs are refused with what to do about it, until STS has told the account; names need no STS."""
    with serving(down) as sts, serving(answer({"Table": {"TableName": "Music"}})) as dynamodb:
        with at_aws(tmp_path, sts, dynamodb) as server, Client(server.address) as client:
            assert "Music" == client.describe_table(table_name="Music").table.table_name
            foreign = ARN.replace(REGION, "us-west-2")
            with pytest.raises(InvalidArgument, match="the region and the account of the endpoint"):
                client.describe_table(table_name=foreign)
            assert [] == sts.seen
            with pytest.raises(InvalidArgument, match=BOTH_WAYS):
                client.describe_table(table_name=ARN)
            assert 1 == server.log.count("the account of the endpoint is not known, so ARNs are refused")
        sts.step = telling(ACCOUNT)
        with at_aws(tmp_path, sts, dynamodb) as server, Client(server.address) as client:
            assert "Music" == client.describe_table(table_name=ARN).table.table_name
            with pytest.raises(InvalidArgument, match="the region and the account of the endpoint"):
                client.describe_table(table_name=ARN.replace(ACCOUNT, "999999999999"))
