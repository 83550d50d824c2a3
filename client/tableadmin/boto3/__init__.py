"""A replacement of boto3's DynamoDB client for administering tables through Table Admin.

    import tableadmin.boto3

    dynamodb = tableadmin.boto3.client("127.0.0.1:50051")  # was: boto3.client("dynamodb")
    dynamodb.describe_table(TableName="Music")["Table"]["TableStatus"]

Methods, keyword arguments, responses, errors, paginators and waiters are boto3's. Neither boto3 nor botocore
is required. If botocore is installed, errors are instances of botocore's classes.
"""

from typing import NoReturn

from tableadmin.boto3.drop_in import Client, client

__all__ = ["Client", "client"]

_HINTS = {
    "resource": ": use client(), and get_waiter('table_exists') for Table(...).wait_until_exists()",
    "Session": ": use client(); the service has the credentials and the Region",
}


def __getattr__(name: str) -> NoReturn:
    """Raise AttributeError. For boto3's other entry points, the message names the replacement."""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_HINTS.get(name, '')}", name=name)
