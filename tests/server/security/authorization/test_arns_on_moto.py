"""ARNs of tables, on an engine that takes them: another's table cannot be reached by its ARN."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tableadmin import errors
from tableadmin.v1 import Tag
from tests.engines import Engine
from tests.server.security.authorization.guarded import REGION, Guarded, guarded

# The account of all of moto's resources.
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with the policies of `guarded`, in front of moto with the tables music-a and films."""
    # Here, or every worker would import moto to collect the tests.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        engine = Engine("moto", f"http://{host}:{port}")
        for name in ("music-a", "films"):
            _create(engine, name)
        with guarded(tmp_path_factory.mktemp("moto"), engine, ACCOUNT) as running:
            yield running
    finally:
        moto.stop()


def _create(engine: Engine, name: str) -> None:
    with closing(engine.boto3(REGION)) as client:
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def arn(table: str, region: str = REGION, account: str = ACCOUNT) -> str:
    """The ARN of TABLE."""
    return f"arn:aws:dynamodb:{region}:{account}:table/{table}"


def test_own_table_by_arn(server: Guarded) -> None:
    """A permitted table is found by its ARN, so that what follows is no accident."""
    with server.client("ana") as client:
        assert "music-a" == client.describe_table(table_name=arn("music-a")).table.table_name
        client.tag_resource(resource_arn=arn("music-a"), tags=[Tag(key="team", value="music")])
    with server.client("olga") as client:
        assert "films" == client.describe_table(table_name=arn("films")).table.table_name


def test_another_table_by_arn(server: Guarded) -> None:
    """A table that is not permitted is not reached by its ARN, whatever the RPC."""
    with server.client("ana") as client:
        for call in (
            lambda: client.describe_table(table_name=arn("films")),
            lambda: client.tag_resource(resource_arn=arn("films"), tags=[Tag(key="owner", value="ana")]),
            lambda: client.list_tags_of_resource(resource_arn=arn("films")),
            lambda: client.update_table(table_name=arn("films"), deletion_protection_enabled=True),
            lambda: client.delete_table(table_name=arn("music-a")),
        ):
            with pytest.raises(errors.PermissionDenied):
                call()
    with server.client("olga") as client:
        assert [] == list(client.list_tags_of_resource(resource_arn=arn("films")).tags)


@pytest.mark.parametrize(
    "name",
    [
        arn("music-a", region="us-east-1"),
        arn("music-a", account="999999999999"),
        f"{arn('music-a')}/../films",
        f"{arn('music-a')}\n",
        f"{arn('music-a')}/index/by-year",
    ],
)
def test_arns_of_elsewhere(server: Guarded, name: str) -> None:
    """An ARN of another region or account, or of no table, is refused before any call, for everybody."""
    with server.client("olga") as client, pytest.raises(errors.InvalidArgument) as raised:
        client.describe_table(table_name=name)
    assert "RESOURCE_NOT_RECOGNIZED" == raised.value.reason


def test_listings_and_backups(server: Guarded) -> None:
    """Listings show what may be seen, and a backup is reached by those alone who may reach its table."""
    with server.client("olga") as client:
        backup = client.create_backup(table_name="films", backup_name="nightly").backup_details.backup_arn
    with server.client("ana") as client:
        assert ["music-a"] == list(client.list_tables().table_names)
        assert [] == list(client.list_backups().backup_summaries)
        with pytest.raises(errors.PermissionDenied):
            client.describe_backup(backup_arn=backup)
        with pytest.raises(errors.PermissionDenied):
            client.restore_table_from_backup(target_table_name="music-b", backup_arn=backup)
    with server.client("olga") as client:
        assert (
            backup == client.describe_backup(backup_arn=backup).backup_description.backup_details.backup_arn
        )
