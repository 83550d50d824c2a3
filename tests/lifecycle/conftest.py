"""Tables of a test are gone when it ends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tableadmin import Client
from tests.engines import Engine
from tests.lifecycle.tables import deleted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def direct(engine: Engine) -> "DynamoDBClient":
    """boto3 at each engine in turn, past the service."""
    return engine.boto3()


@pytest.fixture
def table_name(table_name: str, client: Client) -> Iterator[str]:
    """A table name of this test's own; the table, if the test makes one, is deleted at the end."""
    yield table_name
    deleted(client, table_name)
