"""The drop-in where neither boto3 nor botocore is installed: same names, same shapes."""

import subprocess
import sys

from tests.server_process import ServerProcess

_SCRIPT = """
import sys

# What an import of something that is not installed ends in.
sys.modules.update(dict.fromkeys(["boto3", "botocore"]))

import tableadmin.boto3
from tableadmin.boto3 import exceptions, standins

address, name = sys.argv[1:]
assert exceptions.ClientError is standins.ClientError


def raised(call, **params):
    try:
        call(**params)
    except (exceptions.BotoCoreError, exceptions.ClientError) as error:
        return error


with tableadmin.boto3.client(address) as client:
    created = client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 200 and created["ResponseMetadata"]["RequestId"]
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 0.1})
    found = client.describe_table(TableName=name)
    assert created["TableDescription"]["TableArn"] == found["Table"]["TableArn"]

    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1, "MaxItems": 1})
    assert len(pages.build_full_result()["TableNames"]) == 1

    error = raised(client.describe_table, TableName=name + "x")
    assert isinstance(error, client.exceptions.ResourceNotFoundException)
    assert error.response["Error"]["Code"] == type(error).__name__ == "ResourceNotFoundException"
    assert error.operation_name == "DescribeTable"
    print(error)

    for params in ({}, {"TableName": 3}, {"TableNam": name}):
        error = raised(client.describe_table, **params)
        assert type(error) is exceptions.ParamValidationError
        print(error)

    error = raised(client.update_table, TableName=name, BillingMode="FREE")
    assert error.response["Error"]["Code"] == "ValidationException"

    waiter = client.get_waiter("table_not_exists")
    error = raised(waiter.wait, TableName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    assert type(error) is exceptions.WaiterError
    print(error)
    client.delete_table(TableName=name)

with tableadmin.boto3.client("127.0.0.1:1", timeout=60) as nowhere:
    print(raised(nowhere.create_table, TableName=name))

assert not [module for module, loaded in sys.modules.items() if loaded and module.startswith("boto")]
"""


def test_it_works_without_botocore(embedded_server: ServerProcess, table_name: str) -> None:
    """Calls, errors, paginators and waiters work, and errors read as botocore's do."""
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, embedded_server.address, table_name],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout.splitlines() == [
        (
            "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation: "
            f"Requested resource not found: Table: {table_name}x not found"
        ),
        "Parameter validation failed:",
        'Missing required parameter in input: "TableName"',
        "Parameter validation failed:",
        "TableName: must be text, not 3",
        "Parameter validation failed:",
        "TableNam: unknown member of DescribeTableRequest, did you mean 'TableName'?",
        "Waiter TableNotExists failed: Max attempts exceeded",
        'Could not connect to the endpoint URL: "127.0.0.1:1"',
    ]
