"""What every engine is to a test: a name, an endpoint, a boto3 client, and a way to empty it."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "us-west-2"
_POLL_SECONDS = 0.05
# Threads may not make clients of a session at once.
_SESSION_IN_USE = threading.Lock()


class EngineUnavailable(Exception):
    """This machine cannot run the engine. The text says what to install."""


@dataclass(frozen=True)
class Engine:
    """A running DynamoDB engine: its name in ``ENGINES`` and the URL of its endpoint."""

    name: str
    url: str

    def boto3(self, region: str = REGION) -> "DynamoDBClient":
        """Return a client of this engine with dummy credentials; it does not retry."""
        with _SESSION_IN_USE:
            return _session(region).client(
                "dynamodb",
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30),
            )


@cache
def _session(region: str) -> boto3.Session:
    """A session reads the model of DynamoDB only once, which takes 50 ms."""
    return boto3.Session(region_name=region)


EngineFactory = Callable[[], AbstractContextManager[Engine]]


def empty(engine: Engine, timeout: float = 60.0) -> None:
    """Delete every table of an engine, protected ones too, and wait until they are gone.

    ``timeout`` is in seconds. Raises TimeoutError with the names of the tables that are left.
    """
    client = engine.boto3()
    deadline = time.monotonic() + timeout
    while names := _table_names(client):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{engine.name} still has {', '.join(names)}")
        for name in names:
            _delete(client, name)
        time.sleep(_POLL_SECONDS)


def _table_names(client: "DynamoDBClient") -> list[str]:
    pages = client.get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


def _delete(client: "DynamoDBClient", name: str) -> None:
    """Ask for the deletion of a table, unless it is going already; one that is busy is asked again later.

    dynalite deletes once for each time it was asked, the second time a new table of the same name.
    """
    errors = client.exceptions
    try:
        table = client.describe_table(TableName=name)["Table"]
        if table.get("DeletionProtectionEnabled"):
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
        if table["TableStatus"] != "DELETING":
            client.delete_table(TableName=name)
    except (errors.ResourceInUseException, errors.ResourceNotFoundException):
        return
