"""What all tables look like: a watch that ends after the snapshots, and boto3 with a call for each table."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import boto3
import grpc
from botocore.config import Config

from tableadmin.v1.watch_pb2 import TablePart, WatchRequest
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tests.engines.engine import REGION, Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COUNT = 1000
THREADS = 16
_ROUNDS = 3
_WATCH = WatchRequest(all_tables=True, snapshot_only=True, parts=[TablePart.TABLE_PART_DESCRIPTION])


@dataclass(frozen=True)
class Inventory:
    """Seconds until what DescribeTable shows of every table was there."""

    service: float
    loop: float
    threads: float


def measure_inventory(engine: Engine, server: str) -> Inventory:
    """Make tables at ENGINE and take stock of them by turns: through the service at SERVER, and by boto3."""
    client = boto3.Session(region_name=REGION).client(
        "dynamodb",
        endpoint_url=engine.url,
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
        config=Config(max_pool_connections=THREADS),
    )
    names = {f"bench-{number:04}" for number in range(COUNT)}
    for name in names:
        _create(client, name)
    with grpc.insecure_channel(server) as channel:
        ways = [
            lambda: _watched(WatchServiceStub(channel)),
            lambda: _looped(client),
            lambda: _threaded(client),
        ]
        # The first round is not counted: connections are made in it.
        rounds = [[_seconds(way, names) for way in ways] for _ in range(_ROUNDS + 1)][1:]
    return Inventory(*(median(seconds) for seconds in zip(*rounds, strict=True)))


def _seconds(way: Callable[[], set[str]], names: set[str]) -> float:
    begin = time.perf_counter()
    found = way()
    seconds = time.perf_counter() - begin
    assert found == names
    return seconds


def _watched(stub: WatchServiceStub) -> set[str]:
    events = [event.table for each in stub.Watch(_WATCH) for event in each.events if event.HasField("table")]
    return {event.state.table.table_name for event in events}


def _looped(client: "DynamoDBClient") -> set[str]:
    return {_described(client, name) for name in _names(client)}


def _threaded(client: "DynamoDBClient") -> set[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        return set(pool.map(lambda name: _described(client, name), _names(client)))


def _names(client: "DynamoDBClient") -> list[str]:
    pages = client.get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


def _described(client: "DynamoDBClient", name: str) -> str:
    return client.describe_table(TableName=name)["Table"]["TableName"]


def _create(client: "DynamoDBClient", name: str) -> None:
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
