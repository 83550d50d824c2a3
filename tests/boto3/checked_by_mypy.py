"""The types of boto3's stand-in: mypy reads this, and fails if a type is not as it says."""

from typing import assert_type

import mypy_boto3_dynamodb
import types_boto3_dynamodb
from mypy_boto3_dynamodb.type_defs import DescribeTableOutputTypeDef
from mypy_boto3_dynamodb.waiter import TableExistsWaiter

import tableadmin.boto3
from tableadmin.boto3.paginators import Paginator
from tableadmin.boto3.typed import Operations
from tableadmin.boto3.waiters import Waiter


def takes_a_client(client: mypy_boto3_dynamodb.DynamoDBClient) -> None:
    """What is written for boto3."""


def takes_the_other_client(client: types_boto3_dynamodb.DynamoDBClient) -> None:
    """The same, with the other stubs of boto3."""


def standing_in(client: tableadmin.boto3.Client) -> None:
    """The client is taken where boto3's is asked for; what boto3's refuses is refused."""
    takes_a_client(client)
    takes_the_other_client(client)
    assert_type(client.describe_table(TableName="Music"), DescribeTableOutputTypeDef)
    assert_type(client.get_waiter("table_exists"), TableExistsWaiter)
    assert_type(client.get_waiter("index_active"), Waiter)
    assert_type(client.get_paginator("list_imports"), Paginator)
    client.describe_table(TableNam="Music")  # type: ignore[call-arg] # no such parameter
    client.describe_table()  # type: ignore[call-arg] # a table it has to be
    client.get_waiter("table_exist")  # type: ignore[call-overload] # no such waiter
    client.get_paginator("query")  # type: ignore[call-overload] # of items


def on_its_own(operations: Operations) -> None:
    """Without stubs of boto3 the stand-in has types of its own, which refuse the same."""
    assert_type(operations.describe_table(TableName="Music")["Table"]["TableName"], str)
    operations.create_table(
        TableName="Music",
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
        AttributeDefinitions=({"AttributeName": "Artist", "AttributeType": "S"},),
    )
    operations.list_tables()
    operations.describe_table(TableNam="Music")  # type: ignore[call-arg] # no such parameter
    operations.describe_table()  # type: ignore[call-arg] # a table it has to be
    operations.describe_table(TableName=3)  # type: ignore[arg-type] # a name is text
    operations.update_table(TableName="Music", BillingMode="FREE")  # type: ignore[arg-type] # no such mode
